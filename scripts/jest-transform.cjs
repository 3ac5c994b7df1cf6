// Lets jest load TypeScript and, as bytes, .wasm files. esbuild transforms TypeScript without checking types, which `npm run
// typecheck` does.
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const esbuild = require('esbuild');

const ownSource = readFileSync(__filename);

module.exports = {
  getCacheKey(source, path, options) {
    return createHash('sha256')
      .update(ownSource)
      .update(path)
      .update(path.endsWith('.wasm') ? readFileSync(path) : source)
      .update(options.configString)
      .digest('hex');
  },
  process(source, path) {
    if (path.endsWith('.wasm')) {
      const base64 = readFileSync(path).toString('base64');
      return { code: `module.exports = new Uint8Array(Buffer.from('${base64}', 'base64'));` };
    }
    return esbuild.transformSync(source, {
      loader: path.endsWith('.ts') ? 'ts' : 'js',
      format: 'cjs',
      target: 'node20',
      sourcefile: path,
      sourcemap: 'inline',
      // In the sources, `import()` becomes `require`, so that jest controls it. In the setup files (.mjs), it must stay, because they
      // import ES modules that `require` cannot load.
      supported: { 'dynamic-import': path.endsWith('.mjs') },
    });
  },
};
