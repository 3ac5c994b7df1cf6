// Measures CPU time relative to a fixed piece of work on the same machine at the same time, so that neither a slow nor a
// busy machine makes work cost more.

/** User and system time that `work` takes in this process. */
export function cpuSecondsOf(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

const steps = 20_000_000;
// Read once, because jest intercepts each access to a global, which costs fifty times what is measured.
const { imul } = Math;

/** About 0.1 s on a shared vCPU of 2024. */
export function cpuUnitSeconds(): number {
  let state = 1;
  const seconds = cpuSecondsOf(() => {
    for (let step = 0; step < steps; step++) state = imul(state, 1_664_525) + 1_013_904_223;
  });
  if (state === 0) throw new Error('unreachable; uses the result, so that the loop is not optimized away');
  return seconds;
}

/** @returns CPU time in units of `cpuUnitSeconds`. */
export function cpuCostOf(work: () => void): number {
  return cpuSecondsOf(work) / cpuUnitSeconds();
}
