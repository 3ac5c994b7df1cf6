// Measures all contestants on one layer, in turn, so that other load on the machine affects all of them equally.
import type { Contestant } from './contestants.ts';
import { type Measurement, measureCommand, medianOf } from './measured-command.ts';
import type { SampleLayer } from './sample-layers.ts';

export interface LayerComparison {
  readonly layer: SampleLayer;
  readonly rounds: number;
  readonly medians: readonly { readonly contestant: Contestant; readonly median: Measurement }[];
}

/** Slow contestants take part in every third round, starting with the first. */
const slowEvery = 3;

export async function compareOnLayer(
  layer: SampleLayer,
  contestants: readonly Contestant[],
  rounds: number,
): Promise<LayerComparison> {
  const measurements = new Map<Contestant, Measurement[]>(contestants.map((one) => [one, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [contestant, soFar] of measurements) {
      if (contestant.slow === true && round % slowEvery !== 0) continue;
      soFar.push(await measureCommand(await contestant.prepare(layer)));
    }
  }
  const medians = [...measurements].map(([contestant, all]) => ({ contestant, median: medianOf(all) }));
  return { layer, rounds, medians };
}
