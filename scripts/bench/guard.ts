// The guard of CI: soci-index and Node's own gunzip on one layer, in pairs. Machines differ and are noisy; the ratio of
// both in one run varies little, and is compared with the recorded one.
import { availableParallelism } from 'node:os';
import { findBestGunzipChunk, gunzip, soci } from './contestants.ts';
import { type Measurement, measureCommand } from './measured-command.ts';
import type { SampleLayer } from './sample-layers.ts';
import { median } from './statistics.ts';

/** The ratio of `soci-index ztoc` to Node's gunzip. */
export interface Ratios {
  readonly cpu: number;
  readonly wall: number;
}

/** A ratio may exceed the recorded one by a fifth. */
const tolerance = 1.2;
/** With one processor, nothing runs in parallel: the recorded wall ratio applies to two and more. */
const processorsOnRecord = 2;
/**
 * Node's gunzip takes about as long as its CPU time. If it takes much longer, other programs have used the machine, and our
 * two threads did not have two processors: wall times are then not judged.
 */
const maximumDisturbance = 1.15;
const maximumPeakMebibytes = 160;
const pairs = 7;

export interface GuardMeasurement {
  readonly ratios: Ratios;
  readonly peakMebibytes: number;
  /** Wall time of Node's gunzip divided by its CPU time. */
  readonly disturbance: number;
}

export async function measureRatios(layer: SampleLayer, commandLine: string): Promise<GuardMeasurement> {
  const other = gunzip(await findBestGunzipChunk(layer));
  const ours = soci(commandLine);
  const measured: { readonly ours: Measurement; readonly gunzip: Measurement }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    measured.push({
      ours: await measureCommand(await ours.prepare(layer)),
      gunzip: await measureCommand(await other.prepare(layer)),
    });
  }
  return {
    ratios: {
      cpu: median(measured.map((pair) => pair.ours.cpuSeconds / pair.gunzip.cpuSeconds)),
      wall: median(measured.map((pair) => pair.ours.wallSeconds / pair.gunzip.wallSeconds)),
    },
    peakMebibytes: median(measured.map((pair) => pair.ours.peakMemoryMebibytes ?? 0)),
    disturbance: median(measured.map((pair) => pair.gunzip.wallSeconds / pair.gunzip.cpuSeconds)),
  };
}

/** Whether wall times can be judged. */
export function isUndisturbed({ disturbance }: GuardMeasurement): boolean {
  return disturbance <= maximumDisturbance;
}

/**
 * Which limits were exceeded, as sentences.
 *
 * @param processors Number of processors of the machine.
 */
export function judge(
  measured: GuardMeasurement,
  record: Ratios,
  processors: number = availableParallelism(),
): readonly string[] {
  const { ratios, peakMebibytes } = measured;
  const judgesWall = processors >= processorsOnRecord && isUndisturbed(measured);
  const faults: string[] = [];
  for (const kind of judgesWall ? (['cpu', 'wall'] as const) : (['cpu'] as const)) {
    const limit = record[kind] * tolerance;
    if (ratios[kind] > limit) {
      faults.push(
        `${kind} time is ${ratios[kind].toFixed(2)} times that of Node's gunzip, and may be ${limit.toFixed(2)} times: ` +
          `a fifth more than the ${record[kind].toFixed(2)} on record`,
      );
    }
  }
  if (peakMebibytes > maximumPeakMebibytes) {
    faults.push(`peak memory is ${peakMebibytes.toFixed(0)} MiB, and may be ${maximumPeakMebibytes} MiB`);
  }
  return faults;
}
