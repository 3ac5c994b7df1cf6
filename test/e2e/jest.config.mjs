// The slow tests, with third-party tools, whole stacks and long fuzzing: npm run test:e2e
import fast from '../../jest.config.mjs';

export default {
  ...fast,
  rootDir: '../..',
  roots: ['<rootDir>/test/e2e'],
  testPathIgnorePatterns: [],
  testTimeout: 20 * 60 * 1000,
  // Each test may use all processors and a lot of memory.
  maxWorkers: 1,
};
