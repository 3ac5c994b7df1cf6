// For bundles: node:assert, which takes some 5 ms to load, at the time when the agents of a proxy need it.
module.exports = require('node:assert');
