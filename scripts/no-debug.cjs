// For bundles: the package debug for programs that print nothing by it.
module.exports = () => () => {};
