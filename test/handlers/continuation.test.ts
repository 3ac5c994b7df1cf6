import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { explain } from '../../lambda-src/core/reasons.ts';
import { continueEvent, parseContinuation } from '../../lambda-src/handlers/continuation.ts';
import type { KnownLayer } from '../../lambda-src/indexer/outcome.ts';
import { faultsOf } from '../helpers/faults-of.ts';
import { pushEvent } from './lambda-invocation.ts';

const hopsField = 'soci-index-builder-continuation';

describe('the continuation of an event', () => {
  const digest = digestOf(new Uint8Array(1));
  const event = pushEvent();
  const notIndexable = explain('not-indexable', 'x');

  test('is read back as it was written', () => {
    const finished: readonly KnownLayer[] = [
      { digest, ztoc: { digest: digestOf(new Uint8Array(2)), size: 33_000 } },
      { digest: digestOf(new Uint8Array(3)), ...explain('not-indexable', 'tar: no') },
    ];
    const travelled: unknown = JSON.parse(JSON.stringify(continueEvent(event, { hops: 3, finished })));
    expect(parseContinuation(travelled)).toEqual({ hops: 3, finished });
    expect(parseContinuation(event)).toEqual({ hops: 0, finished: [] });
  });

  test('fits into an asynchronous invocation with as many layers as an image may have', () => {
    const withZtoc: KnownLayer = { digest, ztoc: { digest, size: 2 ** 31 - 1 } };
    const withReason: KnownLayer = { digest, ...explain('not-indexable', '層"'.repeat(5000)) };
    for (const everySecond of [withZtoc, withReason]) {
      const finished = Array.from({ length: 1000 }, (_, index) =>
        index % 2 === 0 ? everySecond : withReason,
      );
      const text = JSON.stringify(continueEvent(event, { hops: 10, finished }));
      expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024);
      expect(parseContinuation(JSON.parse(text)).finished).toHaveLength(1000);
    }
  });

  test('keeps a message of ordinary length whole, and truncates a very long one', () => {
    const message = explain('not-indexable', 'x'.repeat(300)).message;
    const travel = (length: number) => {
      const layer: KnownLayer = { digest, ...explain('not-indexable', 'x'.repeat(length)) };
      const { finished } = parseContinuation(continueEvent(event, { hops: 1, finished: [layer] }));
      return finished;
    };
    expect(travel(300)).toEqual([{ digest, reason: 'not-indexable', message }]);
    expect(travel(5000)).toEqual([
      {
        digest,
        reason: 'not-indexable',
        message: expect.stringMatching(/^SOCI cannot .*x{300,390}$/) as unknown,
      },
    ]);
  });

  test('has longer messages if fewer layers have one', () => {
    const layerOf = (index: number) => digestOf(Buffer.from(`${index}`));
    const plain = (index: number): KnownLayer => ({ digest: layerOf(index), ztoc: { digest, size: 1 } });
    const differing = (index: number): KnownLayer => ({ ...plain(index), differs: 'x'.repeat(500) });
    const refused = (index: number): KnownLayer => ({
      digest: layerOf(index),
      reason: 'not-indexable',
      message: 'x'.repeat(500),
    });
    /** The lengths of messages, as JSON. */
    const lengths = (makers: readonly ((index: number) => KnownLayer)[]) => {
      const written = continueEvent(event, { hops: 1, finished: makers.map((make, index) => make(index)) });
      const { finished } = parseContinuation(JSON.parse(JSON.stringify(written)));
      expect(finished.map((layer) => layer.digest)).toEqual(makers.map((_, index) => layerOf(index)));
      return new Set(
        finished.flatMap((layer) => {
          const message = 'reason' in layer ? layer.message : layer.differs;
          return message === undefined ? [] : [message.length + 2];
        }),
      );
    };
    const times = (count: number, make: (index: number) => KnownLayer) =>
      Array.from({ length: count }, () => make);
    expect(lengths([...times(100, plain), ...times(75, differing), ...times(75, refused)])).toEqual(
      new Set([400]),
    );
    expect(lengths([...times(100, plain), ...times(75, differing), ...times(76, refused)])).toEqual(
      new Set([397]),
    );
    expect(lengths([...times(600, refused)])).toEqual(new Set([100]));
  });

  test.each<KnownLayer>([
    { digest, ztoc: { digest, size: 1 } },
    { digest, ztoc: { digest, size: 2 ** 31 - 1 } },
    { digest, ztoc: { digest, size: 1 }, differs: 'a device' },
    { digest, reason: 'reads-differently', message: 'a device' },
    { digest, reason: 'not-indexable', message: 'x'.repeat(398) },
  ])('keeps a layer as it is: %j', (layer) => {
    for (const hops of [1, 10]) {
      const written = continueEvent(event, { hops, finished: [layer] });
      expect(parseContinuation(JSON.parse(JSON.stringify(written)))).toEqual({ hops, finished: [layer] });
    }
  });

  test('cuts a message at the character that no longer fits', () => {
    const layer: KnownLayer = { digest, reason: 'not-indexable', message: '"'.repeat(500) };
    const { finished } = parseContinuation(continueEvent(event, { hops: 1, finished: [layer] }));
    // Two bytes each as JSON, and two quotation marks around them.
    expect(finished).toEqual([{ ...layer, message: '"'.repeat(199) }]);
  });

  test.each([0, 1.5, '5', 2 ** 31])('is rejected with a zTOC of %j bytes', (size) => {
    const layer = { digest, ztoc: { digest, size } };
    expect(() => parseContinuation({ ...event, [hopsField]: { hops: 1, finished: [layer] } })).toThrow(
      hopsField,
    );
  });

  test('may have messages of up to 400 characters', () => {
    const read = (length: number) => {
      const layer = { digest, reason: 'not-indexable', message: 'x'.repeat(length) };
      return parseContinuation({ ...event, [hopsField]: { hops: 1, finished: [layer] } });
    };
    expect(read(400).finished).toHaveLength(1);
    expect(() => read(401)).toThrow(hopsField);
  });

  test('is rejected with every fault, in the order of its fields', () => {
    const layer = `expected a layer's digest, and its zTOC or a reason`;
    const finished = [{}, ...Array.from({ length: 999 }, () => ({ digest, ...notIndexable })), 'x', 'y'];
    expect(
      faultsOf(() =>
        parseContinuation({ ...event, [hopsField]: { hops: '1', finished, hasChanged: 'yes' } }),
      ),
    ).toEqual([
      `${hopsField}.hops: expected a whole number from 1 to 10`,
      `${hopsField}.finished: expected a list of at most 1000 layers`,
      `${hopsField}.hasChanged: expected true or false`,
      `${hopsField}.finished[0]: ${layer}`,
    ]);
    expect(
      faultsOf(() => parseContinuation({ ...event, [hopsField]: { hops: 1, finished: ['x', 'y'] } })),
    ).toEqual([`${hopsField}.finished[0]: ${layer}`, `${hopsField}.finished[1]: ${layer}`]);
    expect(
      faultsOf(() =>
        parseContinuation({ ...event, [hopsField]: { hops: 1, finished: [], hasChanged: 'yes' } }),
      ),
    ).toEqual([`${hopsField}.hasChanged: expected true or false`]);
  });

  test.each<readonly [string, unknown]>([
    ['if it is not an object', 'x'],
    ['without any field', {}],
    ['with no hops', { hops: 0, finished: [] }],
    ['with too many hops', { hops: 11, finished: [] }],
    ['with half a hop', { hops: 1.5, finished: [] }],
    ['with an invalid list', { hops: 1, finished: {} }],
    [
      'with more layers than an image may have',
      { hops: 1, finished: Array.from({ length: 1001 }, () => ({ digest, ...notIndexable })) },
    ],
    [
      'with a path instead of a digest',
      { hops: 1, finished: [{ digest: 'sha256:../../x', ...notIndexable }] },
    ],
    ['with neither a zTOC nor a reason', { hops: 1, finished: [{ digest }] }],
    [
      'with both a zTOC and a reason',
      { hops: 1, finished: [{ digest, ...notIndexable, ztoc: { digest, size: 1 } }] },
    ],
    [
      'with a reason that is evident from a descriptor',
      { hops: 1, finished: [{ digest, ...explain('too-small') }] },
    ],
    ['with an unknown reason', { hops: 1, finished: [{ digest, reason: 'toString', message: 'x' }] }],
    ['with a reason but no message', { hops: 1, finished: [{ digest, reason: 'not-indexable' }] }],
    ['with an invalid size', { hops: 1, finished: [{ digest, ztoc: { digest, size: -1 } }] }],
    [
      'with a size larger than any zTOC',
      { hops: 1, finished: [{ digest, ztoc: { digest, size: 2 ** 40 } }] },
    ],
    [
      'with a message that is too long',
      { hops: 1, finished: [{ digest, ...explain('not-indexable', 'x'.repeat(1000)) }] },
    ],
  ])('is rejected %s', (_, value) => {
    expect(() => parseContinuation({ ...event, [hopsField]: value })).toThrow(hopsField);
  });
});

test.each([{ hasChanged: true as const }, {}])(
  'a continuation remembers whether an invocation has changed anything: %j',
  (change) => {
    const event = continueEvent({ id: 'an-event' }, { hops: 1, finished: [], ...change });
    expect(event).toMatchObject({ id: 'an-event' });
    expect(parseContinuation(event)).toEqual({ hops: 1, finished: [], ...change });
  },
);
