// Third-party checks of the module that take minutes to install or build; run manually: npm run test:peers
import slow from '../e2e/jest.config.mjs';

export default {
  ...slow,
  roots: ['<rootDir>/test/peers'],
  // OpenTofu is compiled first.
  testTimeout: 60 * 60 * 1000,
};
