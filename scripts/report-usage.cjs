// Benchmarks and tests load this before a program (node --require). When the process exits, it writes its resource usage to file
// descriptor 3, as JSON: cpuSeconds, peakMemoryMebibytes.
const { readFileSync, writeSync } = require('node:fs');

/** Peak memory in KiB. On Linux, this is the kernel's high-water mark, because getrusage includes the memory of the parent process. */
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
