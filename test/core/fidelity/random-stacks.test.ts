// Properties that must hold for every stack of random layers.
import { expect, test } from '@jest/globals';
import { judgeStack } from '../../../lambda-src/core/fidelity/stack-judgement.ts';
import type { StackJudgement } from '../../../lambda-src/core/fidelity/stack-judgement.ts';
import { kindsOf, layerOf, readLayer, tarOf, unscreened } from '../../helpers/fidelity-layers.ts';
import type { ShortEntry } from '../../helpers/fidelity-layers.ts';
import { createRandom } from '../../helpers/random.ts';
import type { Random } from '../../helpers/random.ts';

const runs = 40;
const names = ['a', 'b', 'c', 'd'];

/** Judges every layer in detail, whatever the result of the screening. */
function judgeByMachines(layers: readonly (readonly ShortEntry[])[]): StackJudgement {
  return judgeStack(
    layers.map((entries) => layerOf({ ...readLayer(tarOf(entries)), screening: unscreened })),
  );
}

function judgeScreened(layers: readonly (readonly ShortEntry[])[]): StackJudgement {
  return judgeStack(layers.map((entries) => layerOf(readLayer(tarOf(entries)))));
}

/** Entries as an ordinary archiver writes them: each path once, parents first. With `leavesOut`, some parents are missing. */
function ordinaryLayer(random: Random, leavesOut: boolean): ShortEntry[] {
  const entries: ShortEntry[] = [];
  const files: string[] = [];
  const fill = (parent: string, depth: number): void => {
    for (const name of names) {
      const path = parent + name;
      const kind = random.below(depth > 2 ? 4 : 8);
      if (kind === 0) continue;
      if (kind === 1) {
        entries.push(['symlink', path, { linkName: random.pick(['../a', '/b', 'nowhere']) }]);
      } else if (kind === 2 && files.length > 0) {
        entries.push(['link', path, { linkName: random.pick(files) }]);
      } else if (kind <= 3) {
        files.push(path);
        entries.push(['file', path]);
      } else {
        if (!leavesOut || random.below(2) === 0) {
          const mode = random.pick([0o755, 0o700, 0o1777, 0o2755]);
          entries.push(['dir', `${path}/`, { mode, uid: random.pick([0, 5]), gid: random.pick([0, 5]) }]);
        }
        fill(`${path}/`, depth + 1);
      }
    }
  };
  fill('', 0);
  return entries;
}

/** Arbitrary entries: paths through symbolic links, repeated names, whiteouts, odd numbers. */
function hostileLayer(random: Random): ShortEntry[] {
  return Array.from({ length: random.below(14) }, (): ShortEntry => {
    const parts = Array.from({ length: 1 + random.below(3) }, () => random.pick(names));
    if (random.below(8) === 0) parts.push(random.pick(['.wh.a', '.wh..wh..opq', '.wh..wh.b', '..', '']));
    const name = parts.join('/');
    const fields = {
      mode: random.pick([0o755, 0o2755, 0o140644]),
      uid: random.pick([0, 5, 0xffff_ffff]),
      mtime: random.pick([0, 1_700_000_000, -1n]),
      linkName: random.pick(['a', 'b/c', '../a', '/', '.']),
    };
    return [random.pick(['file', 'dir', 'dir', 'symlink', 'link', 'char'] as const), name, fields];
  });
}

function bottomOf(random: Random): ShortEntry[][] {
  return Array.from({ length: 1 + random.below(3) }, () => ordinaryLayer(random, false));
}

test('a stack of ordinary layers never differs', () => {
  for (let seed = 0; seed < runs; seed++) {
    const stack = bottomOf(createRandom(seed));
    const kinds = kindsOf(judgeByMachines(stack));
    expect({ seed, kinds }).toEqual({ seed, kinds: stack.map(() => 'faithful') });
    const { differs, dependsOnLowers } = readLayer(tarOf(stack[0]!)).screening;
    expect({ seed, differs, dependsOnLowers }).toEqual({ seed, differs: false, dependsOnLowers: false });
  }
});

/** Mode and owner of each directory after unpacking, by path. The nearest layer that has an entry decides them. */
function directoriesOf(stack: readonly (readonly ShortEntry[])[]): Map<string, ShortEntry> {
  const directories = new Map<string, ShortEntry>();
  for (const layer of stack) {
    for (const entry of layer) {
      const path = entry[1].replace(/\/$/, '');
      // Another type of file removes the directory that it replaces; a later directory at that path has its own mode and owner.
      if (entry[0] === 'dir') directories.set(path, ['dir', `${path}/`, entry[2] ?? {}]);
      else
        for (const known of [...directories.keys()])
          if (known === path || known.startsWith(`${path}/`)) directories.delete(known);
    }
  }
  return directories;
}

test('adding entries for missing parents, with their unpacked mode and owner, makes a layer faithful', () => {
  let mended = 0;
  for (let seed = 0; seed < runs; seed++) {
    const random = createRandom(seed);
    const below = [ordinaryLayer(random, false)];
    const upper = ordinaryLayer(random, true);
    const before = kindsOf(judgeByMachines([...below, upper]));
    const known = directoriesOf(below);
    const seen = new Set(upper.filter(([type]) => type === 'dir').map(([, name]) => name));
    const complete: ShortEntry[] = [];
    const owners = new Map(upper.map((entry) => [entry[1], entry[2]]));
    for (const entry of upper) {
      const parts = entry[1].replace(/\/$/, '').split('/').slice(0, -1);
      for (let depth = 1; depth <= parts.length; depth++) {
        const path = `${parts.slice(0, depth).join('/')}/`;
        if (seen.has(path)) continue;
        seen.add(path);
        const parent = owners.get(`${parts.slice(0, depth - 1).join('/')}/`);
        const hasSetgid = parent !== undefined && (Number(parent.mode) & 0o2000) !== 0;
        const made: ShortEntry = known.get(path.slice(0, -1)) ?? [
          'dir',
          path,
          hasSetgid ? { gid: parent.gid ?? 0 } : {},
        ];
        owners.set(path, made[2]);
        complete.push(made);
      }
      complete.push(entry);
    }
    const after = kindsOf(judgeByMachines([...below, complete]));
    expect({ seed, after }).toEqual({ seed, after: ['faithful', 'faithful'] });
    if (before[1] === 'breaks') mended++;
  }
  expect(mended).toBeGreaterThan(2);
});

test('the order of unrelated entries does not matter', () => {
  let breaking = 0;
  for (let seed = 0; seed < runs; seed++) {
    const random = createRandom(seed);
    const [below, one, other] = [ordinaryLayer(random, false), hostileLayer(random), hostileLayer(random)];
    // Moves the entries below one directory, and drops links and `..`, which could lead outside it.
    const move = (entries: readonly ShortEntry[], to: string): ShortEntry[] =>
      entries.flatMap(([type, name, fields]): ShortEntry[] => {
        if (type === 'symlink' || type === 'link' || name.includes('..')) return [];
        return [[type, `${to}/${name}`, fields ?? {}]];
      });
    const [left, right] = [move(one, 'left'), move(other, 'right')];
    const first = judgeByMachines([below, [...left, ...right]]);
    const second = judgeByMachines([below, [...right, ...left]]);
    expect({ seed, kinds: kindsOf(second) }).toEqual({ seed, kinds: kindsOf(first) });
    if (kindsOf(first)[1] === 'breaks') breaking++;
  }
  expect(breaking).toBeGreaterThan(2);
});

test('judges a stack the same with and without the screening', () => {
  let passed = 0;
  for (let seed = 0; seed < 4 * runs; seed++) {
    const random = createRandom(seed);
    const stack = [
      ordinaryLayer(random, false),
      random.below(2) === 0 ? ordinaryLayer(random, true) : hostileLayer(random),
    ];
    const screened = judgeScreened(stack);
    expect({ seed, judgement: kindsOf(screened) }).toEqual({
      seed,
      judgement: kindsOf(judgeByMachines(stack)),
    });
    if (kindsOf(screened)[1] === 'faithful') passed++;
  }
  expect(passed).toBeGreaterThan(2);
});
