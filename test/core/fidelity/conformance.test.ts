// Layers that were mounted both ways are judged as they were measured: see test/fixtures/README.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { judgeStack } from '../../../lambda-src/core/fidelity/stack-judgement.ts';
import type { LayerJudgement } from '../../../lambda-src/core/fidelity/stack-judgement.ts';
import { readFidelityCases } from '../../helpers/fidelity-cases.ts';
import { layerOf, readLayer, unscreened } from '../../helpers/fidelity-layers.ts';

const cases = readFidelityCases();

/** Differs in the kind that the case is named for, but for one case that is an example of two. */
const kindOfAnother = new Set(['hardlink-target-file-through-symlink']);

function pathsOf(judgement: LayerJudgement): readonly string[] {
  if (!('differences' in judgement)) return [];
  const { differences } = judgement;
  const all = [...differences.kept('breaks'), ...differences.kept('metadata')];
  return [...new Set(all.map(({ path }) => Buffer.from(path).toString()))].sort();
}

test('there are 179 images', () => {
  expect(cases.length).toBe(179);
});

describe.each(cases.map((one) => [one.name, one] as const))('%s', (name, fidelityCase) => {
  const layers = fidelityCase.layers.map(({ tar }) => readLayer(tar));
  const expectedKinds = fidelityCase.layers.map((layer) =>
    layer.class === 'none' ? (layer.lazy ? 'faithful' : 'refused') : layer.class,
  );

  test.each([
    ['by its machines', false],
    ['after the screening', true],
  ])('is judged as measured, %s', (_, isScreened) => {
    const stack = layers.map((layer) => layerOf(isScreened ? layer : { ...layer, screening: unscreened }));
    const judgement = judgeStack(stack);
    if (judgement.kind !== 'judged') throw new Error('nothing is unread');
    expect(judgement.layers.map(({ kind }) => kind)).toEqual(expectedKinds);
    expect(judgement.isNotUnpackable).toBe(false);
    // Metadata is not a reason to leave a layer out, and so nothing is unpacked for it.
    const breaks = expectedKinds.includes('breaks');
    expect(judgement.remaining.length > 0).toBe(fidelityCase.stillDiffers && breaks);
    for (const [place, layer] of judgement.layers.entries()) {
      // What was measured holds the consequences too: the files of a directory that is missing.
      const paths = pathsOf(layer);
      const measured = (fidelityCase.layers[place]!.at ?? []).map((path) => (path === '/' ? '' : path));
      expect(measured).toEqual(expect.arrayContaining([...paths]));
      expect(paths.length > 0).toBe(measured.length > 0);
      if (!('differences' in layer) || kindOfAnother.has(name)) continue;
      const kinds = [...layer.differences.kept('breaks'), ...layer.differences.kept('metadata')];
      expect(kinds.map(({ kind }) => kind)).toContain(fidelityCase.kind);
    }
  });
});

/** `path: field class`, of every difference, as it was reviewed once. The measured cases have paths only. */
test('each image differs in the fields that were reviewed', () => {
  const found = Object.fromEntries(
    cases.map(({ name, layers }) => {
      const stack = layers.map(({ tar }) => layerOf({ ...readLayer(tar), screening: unscreened }));
      const judgement = judgeStack(stack);
      const judged = judgement.kind === 'judged' ? judgement.layers : [];
      return [name, judged.flatMap((layer, place) => fieldsOf(layer).map((field) => `${place} ${field}`))];
    }),
  );
  const reviewed = join(__dirname, '..', '..', 'fixtures', 'fidelity', 'fields.json');
  expect(found).toEqual(JSON.parse(readFileSync(reviewed, 'utf8')));
});

function fieldsOf(judgement: LayerJudgement): readonly string[] {
  if (!('differences' in judgement)) return [];
  const { differences } = judgement;
  return [...differences.kept('breaks'), ...differences.kept('metadata')]
    .map(({ path, field, kind, class: of }) => `${Buffer.from(path).toString()}: ${field} ${kind} ${of}`)
    .sort();
}

test('an ordinary layer is passed by the screening alone', () => {
  const ordinary = cases.filter(({ kind }) => kind === 'ordinary').flatMap((one) => one.layers);
  const mustRun = ordinary.filter(({ tar }) => readLayer(tar).screening.differs);
  expect(ordinary.length).toBe(14);
  // The one with every spelling of names.
  expect(mustRun.length).toBe(1);
});
