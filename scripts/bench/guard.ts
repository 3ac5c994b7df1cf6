// The performance check of CI: measures soci-index and Node's own gunzip on one layer, in pairs. Machines differ and are noisy,
// but the ratio of the two in one run varies little, so it is compared with the recorded ratio.
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
/** The recorded wall ratio applies to two or more processors. With only one, nothing runs in parallel. */
const processorsOnRecord = 2;
/**
 * Node's gunzip takes about as long as its CPU time. If it takes much longer, other programs have used the machine, and our
 * two threads did not have two processors, so wall times are not judged.
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
 * The exceeded limits, as sentences.
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
        `${kind} time is ${ratios[kind].toFixed(2)} times that of Node's gunzip; the limit is ${limit.toFixed(2)} times, ` +
          `a fifth more than the recorded ${record[kind].toFixed(2)}`,
      );
    }
  }
  if (peakMebibytes > maximumPeakMebibytes) {
    faults.push(`peak memory is ${peakMebibytes.toFixed(0)} MiB; the limit is ${maximumPeakMebibytes} MiB`);
  }
  return faults;
}
