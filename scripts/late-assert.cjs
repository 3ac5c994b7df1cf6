// Loads node:assert in bundles only when a proxy agent needs it, because loading takes about 5 ms.
module.exports = require('node:assert');
