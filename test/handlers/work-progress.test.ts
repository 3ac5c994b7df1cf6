import { describe, expect, test } from '@jest/globals';
import { type Descriptor, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { TooSlowError } from '../../lambda-src/handlers/hand-over.ts';
import { WorkProgress } from '../../lambda-src/handlers/work-progress.ts';

function layerOf(name: string, size: number): Descriptor {
  return {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(Buffer.from(name)),
    size,
  };
}

const other = layerOf('other', 1000);

describe('a layer that cannot be read within one invocation', () => {
  const layer = layerOf('layer', 1000);

  function progressAt(milliseconds: { now: number }): WorkProgress {
    return new WorkProgress(1000, () => milliseconds.now);
  }

  test('is given up as soon as its pace is known', () => {
    const clock = { now: 0 };
    const progress = progressAt(clock);
    progress.onBytes(layer, 1);
    clock.now = 90;
    progress.onBytes(layer, 1);
    clock.now = 100;
    expect(() => {
      progress.onBytes(layer, 1);
    }).toThrow(TooSlowError);
  });

  test('is given up at a pace that needs 1.2 times the time of an invocation', () => {
    const read = (bytes: number) => {
      const clock = { now: 0 };
      const progress = progressAt(clock);
      progress.onBytes(layer, 1);
      clock.now = 120;
      progress.onBytes(layer, bytes - 1);
    };
    expect(() => {
      read(100);
    }).toThrow(TooSlowError);
    expect(() => {
      read(101);
    }).not.toThrow();
  });

  test('is named with its pace', () => {
    const clock = { now: 5_000 };
    const progress = new WorkProgress(900_000, () => clock.now);
    progress.onBytes(layer, 10);
    clock.now += 100_400;
    expect(() => {
      progress.onBytes(layer, 10);
    }).toThrow(
      `layer ${layer.digest} (1000 bytes) cannot be read in one invocation of 900 s: 20 bytes took 100 s, so the whole layer would take 5020 s`,
    );
  });

  test('is read on while it may still finish, and while others are read at the same time', () => {
    const clock = { now: 0 };
    const progress = progressAt(clock);
    progress.onBytes(layer, 1);
    clock.now = 200;
    progress.onBytes(other, 1);
    progress.onBytes(layer, 10);
    progress.onLayerDone(other);
    // 211 of 1000 bytes in a fifth of the time.
    progress.onBytes(layer, 200);
    clock.now = 300;
    expect(() => {
      progress.onBytes(layer, 1);
    }).toThrow(/layer sha256:.* \(1000 bytes\) cannot be read .*: 212 bytes took 0 s/);
  });
});

test('the progress is described by layers and bytes', () => {
  const progress = new WorkProgress(1000, () => 0);
  expect(progress.describe()).toBe('no layer has been read yet');
  const layers = [layerOf('a', 100), layerOf('b', 200)];
  progress.onStart(layers);
  expect(progress.describe()).toBe('0 of 2 layers are done, 0 of 300 bytes have been read');
  progress.onBytes(layers[0]!, 100);
  progress.onBytes(layers[1]!, 30);
  progress.onLayerDone(layers[0]!);
  expect(progress.describe()).toBe('1 of 2 layers are done, 130 of 300 bytes have been read');
});
