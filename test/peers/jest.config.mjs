// Other people's judges of the module that take minutes to install or to build. npm run test:peers, by hand.
import slow from '../e2e/jest.config.mjs';

export default {
  ...slow,
  roots: ['<rootDir>/test/peers'],
  // OpenTofu is compiled first.
  testTimeout: 60 * 60 * 1000,
};
