// Tests run on the sources: TypeScript through esbuild, the decoder's wasm compiled first if its sources changed.
export default {
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/e2e/', '<rootDir>/test/peers/'],
  globalSetup: '<rootDir>/scripts/jest-setup.mjs',
  transform: { '\\.(ts|mjs|wasm)$': '<rootDir>/scripts/jest-transform.cjs' },
  transformIgnorePatterns: [],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'cjs', 'json', 'wasm'],
  extensionsToTreatAsEsm: [],
};
