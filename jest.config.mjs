// Tests run on the sources: esbuild transforms TypeScript, and the decoder's wasm is compiled first if its sources have changed.
export default {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/e2e/', '<rootDir>/test/peers/'],
  globalSetup: '<rootDir>/scripts/jest-setup.mjs',
  transform: {
    '\\.(ts|mjs|wasm)$': '<rootDir>/scripts/jest-transform.cjs',
    // Packages that consist only of ES modules, in files named .js.
    '/node_modules/(agent-base|proxy-from-env|https?-proxy-agent|proxy-agent-negotiate)/.*\\.js$':
      '<rootDir>/scripts/jest-transform.cjs',
  },
  transformIgnorePatterns: [],
  // Use every processor. By default, jest leaves one unused, which halves the speed of a machine with two.
  maxWorkers: '100%',
  // Far longer than any test takes. Only a test that waits forever reaches it.
  testTimeout: 120_000,
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'wasm'],
  extensionsToTreatAsEsm: [],
};
