// Lets jest load TypeScript (through esbuild, types are checked by `npm run typecheck`) and .wasm files as bytes.
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
      // In the sources jest has to see it, as it sees require. What sets jest up may import what only import() can.
      supported: { 'dynamic-import': path.endsWith('.mjs') },
    });
  },
};
