// The slow tests: other people's tools, whole stacks, long fuzzing. npm run test:e2e
import fast from '../../jest.config.mjs';

export default {
  ...fast,
  rootDir: '../..',
  roots: ['<rootDir>/test/e2e'],
  testPathIgnorePatterns: [],
  testTimeout: 20 * 60 * 1000,
  // Each of them may use all processors and much memory.
  maxWorkers: 1,
};
