// Layers that were mounted both unpacked and lazily must be judged as measured: see test/fixtures/README.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { judgeStack } from '../../../lambda-src/core/fidelity/stack-judgement.ts';
import type { LayerJudgement } from '../../../lambda-src/core/fidelity/stack-judgement.ts';
import { readFidelityCases } from '../../helpers/fidelity-cases.ts';
import { layerOf, readLayer, unscreened } from '../../helpers/fidelity-layers.ts';

const cases = readFidelityCases();

/** Every case differs in the kind that it is named for, except this one, which is an example of two kinds. */
const kindOfAnother = new Set(['hardlink-target-file-through-symlink']);

function pathsOf(judgement: LayerJudgement): readonly string[] {
  if (!('differences' in judgement)) return [];
  const { differences } = judgement;
  const all = [...differences.kept('breaks'), ...differences.kept('metadata')];
  return [...new Set(all.map(({ path }) => Buffer.from(path).toString()))].sort();
}

test('reads 179 images', () => {
  expect(cases.length).toBe(179);
});

describe.each(cases.map((one) => [one.name, one] as const))('%s', (name, fidelityCase) => {
  const layers = fidelityCase.layers.map(({ tar }) => readLayer(tar));
  const expectedKinds = fidelityCase.layers.map((layer) =>
    layer.class === 'none' ? (layer.lazy ? 'faithful' : 'refused') : layer.class,
  );

  test.each([
    ['without the screening', false],
    ['with the screening', true],
  ])('is judged as measured, %s', (_, isScreened) => {
    const stack = layers.map((layer) => layerOf(isScreened ? layer : { ...layer, screening: unscreened }));
    const judgement = judgeStack(stack);
    if (judgement.kind !== 'judged') throw new Error('expected all layers to be read');
    expect(judgement.layers.map(({ kind }) => kind)).toEqual(expectedKinds);
    expect(judgement.isNotUnpackable).toBe(false);
    // A difference in metadata alone does not leave a layer out, so nothing remains to be compared.
    const breaks = expectedKinds.includes('breaks');
    expect(judgement.remaining.length > 0).toBe(fidelityCase.stillDiffers && breaks);
    for (const [place, layer] of judgement.layers.entries()) {
      // The measured paths include the consequences, such as the files of a missing directory.
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

/** Every difference as `LAYER PATH: FIELD KIND CLASS`, reviewed once. The measured cases have only paths. */
test('each image differs in exactly the reviewed fields', () => {
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

test('the screening alone passes 13 of 14 ordinary layers', () => {
  const ordinary = cases.filter(({ kind }) => kind === 'ordinary').flatMap((one) => one.layers);
  const mustRun = ordinary.filter(({ tar }) => readLayer(tar).screening.differs);
  expect(ordinary.length).toBe(14);
  // The layer with every spelling of a name.
  expect(mustRun.length).toBe(1);
});
