// Loaded before a program by scripts/bench.ts: at the end writes to file descriptor 3 what the process has used.
const { writeSync } = require('node:fs');

process.on('exit', () => {
  writeSync(3, JSON.stringify(process.resourceUsage()));
});
