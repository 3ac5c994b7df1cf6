// Replaces node:assert in bundles. It takes about 5 ms to load, so it is loaded only when a proxy agent needs it.
module.exports = require('node:assert');
