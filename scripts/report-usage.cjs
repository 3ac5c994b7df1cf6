// Loaded before a program (node --require) by benchmarks and tests: at its end writes to file descriptor 3 what the
// process has used, as JSON: cpuSeconds, peakMemoryMebibytes.
const { readFileSync, writeSync } = require('node:fs');

/** In KiB. On Linux the kernel's own high-water mark: getrusage counts the memory of the process that forked, too. */
function readPeakMemory(usage) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return usage.maxRSS;
  }
}

process.on('exit', () => {
  const usage = process.resourceUsage();
  const cpuSeconds = (usage.userCPUTime + usage.systemCPUTime) / 1e6;
  writeSync(3, JSON.stringify({ cpuSeconds, peakMemoryMebibytes: readPeakMemory(usage) / 1024 }));
});
