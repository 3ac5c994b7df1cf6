// Tests run on the sources: TypeScript through esbuild, the decoder's wasm compiled first if its sources changed.
export default {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/e2e/', '<rootDir>/test/peers/'],
  globalSetup: '<rootDir>/scripts/jest-setup.mjs',
  transform: {
    '\\.(ts|mjs|wasm)$': '<rootDir>/scripts/jest-transform.cjs',
    // Packages of ES modules alone, with .js for their files.
    '/node_modules/(agent-base|proxy-from-env|https?-proxy-agent|proxy-agent-negotiate)/.*\\.js$':
      '<rootDir>/scripts/jest-transform.cjs',
  },
  transformIgnorePatterns: [],
  // Every processor: jest leaves one to itself, which on two halves the speed.
  maxWorkers: '100%',
  // Far beyond what any test takes: it is there for one that waits for something that never comes.
  testTimeout: 120_000,
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'wasm'],
  extensionsToTreatAsEsm: [],
};
