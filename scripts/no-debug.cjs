// Replaces the package `debug` in bundles. It prints nothing.
module.exports = () => () => {};
