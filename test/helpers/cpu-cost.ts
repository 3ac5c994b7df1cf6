// CPU time in what a fixed piece of work takes on the same machine at the same time: neither a slow machine nor a busy one
// makes work cost more.

/** User and system time of this process. */
export function cpuSecondsOf(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

const steps = 20_000_000;
// Taken once: jest looks each global up through an interceptor, which costs fifty times what is to be measured.
const { imul } = Math;

/** Some 0.1 s on a shared vCPU of 2024. */
export function cpuUnitSeconds(): number {
  let state = 1;
  const seconds = cpuSecondsOf(() => {
    for (let step = 0; step < steps; step++) state = imul(state, 1_664_525) + 1_013_904_223;
  });
  if (state === 0) throw new Error('this keeps the loop from being left out');
  return seconds;
}

/** @returns CPU time in units of `cpuUnitSeconds`. */
export function cpuCostOf(work: () => void): number {
  return cpuSecondsOf(work) / cpuUnitSeconds();
}
