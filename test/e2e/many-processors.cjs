// Preloaded with node --require: makes the program believe that the machine has 16 processors.
const { syncBuiltinESMExports } = require('node:module');
const os = require('node:os');

os.availableParallelism = () => 16;
syncBuiltinESMExports();
