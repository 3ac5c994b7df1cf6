// The fuzz targets: everything that reads untrusted input. A target takes any bytes. It throws if the code under test
// throws anything but its own errors, or if its results contradict each other.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, FormatError } from '../../lambda-src/core/errors.ts';
import { GzipDecoder } from '../../lambda-src/core/inflate/gzip-decoder.ts';
import { judgeStack } from '../../lambda-src/core/fidelity/stack-judgement.ts';
import type { LayerJudgement } from '../../lambda-src/core/fidelity/stack-judgement.ts';
import { parseConfigPlatform } from '../../lambda-src/core/oci/image-config.ts';
import {
  encodeIndex,
  encodeManifest,
  parseIndex,
  parseManifest,
} from '../../lambda-src/core/oci/manifest.ts';
import {
  formatPlatform,
  normalizePlatform,
  parsePlatform,
  platformKey,
} from '../../lambda-src/core/oci/platform.ts';
import { formatReference, parseReference } from '../../lambda-src/core/oci/reference.ts';
import { choosePlatforms } from '../../lambda-src/core/soci/platform-choice.ts';
import { parseSociIndex } from '../../lambda-src/core/soci/soci-index.ts';
import { TarReader } from '../../lambda-src/core/tar/tar-reader.ts';
import type { PackedEntries } from '../../lambda-src/core/tar/packed-entries.ts';
import { createZtocBuilder } from '../../lambda-src/core/ztoc/ztoc-builder.ts';
import { decodeZtoc } from '../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../../lambda-src/core/ztoc/ztoc-encoder.ts';
import { parseEcrEvent } from '../../lambda-src/events/ecr-push-event.ts';
import { findMatchingFilter, parseImageFilters } from '../../lambda-src/events/image-filters.ts';
import { InvalidEventError } from '../../lambda-src/events/invalid-event-error.ts';
import { parseChallenges } from '../../lambda-src/registry/challenge.ts';
import { dockerCredentials, podmanCredentials } from '../../lambda-src/registry/credentials.ts';
import { layerOf, readLayer, unscreened } from '../helpers/fidelity-layers.ts';
import { repairChecksum } from '../helpers/tar-writer.ts';
import { inflateWithZlib } from '../helpers/zlib-blocks.ts';
import { sociIndexTypes } from '../../lambda-src/core/soci-names.ts';

export interface FuzzTarget {
  run(input: Uint8Array): void | Promise<void>;
  /** Tokens of the format. */
  readonly dictionary: readonly string[];
  /** Modifies a mutated input in place so that it passes a check that it would nearly always fail. */
  readonly repair?: (input: Uint8Array) => void;
}

/** Only this much of a gzip stream is also inflated by zlib in JavaScript, which is slow. */
const maximumComparedBytes = 2_000;

const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:filter';

const jsonWords = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  'null',
  'true',
  '-1',
  '1e9',
  '9007199254740993',
  '\\u0000',
];
const manifestWords = [
  ...jsonWords,
  ...['"schemaVersion":2', '"mediaType":', '"config":', '"layers":', '"manifests":', '"subject":'],
  ...['"annotations":{', '"artifactType":', '"urls":["file:///etc/passwd"]', '"data":"e30="', '"size":'],
  ...['"digest":"sha256:', 'a'.repeat(64), '"platform":{"architecture":"amd64","os":"linux"}', '"variant":'],
  ...['application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.index.v1+json'],
  ...['application/vnd.oci.image.layer.v1.tar+gzip', 'application/vnd.oci.image.config.v1+json'],
  ...['application/octet-stream', 'com.amazon.soci.image-layer-digest', 'com.amazon.soci.span-size'],
  ...['vnd.docker.reference.type', 'attestation-manifest', '__proto__', ...Object.values(sociIndexTypes)],
];

/**
 * Writes the correct checksum into every block that has digits in the checksum field, and is therefore meant as a header.
 */
function repairHeaders(input: Uint8Array): void {
  for (let offset = 0; offset + 512 <= input.length; offset += 512) {
    const isHeader = (input[offset + 148]! & 0xf8) === 0x30 && input[offset + 154] === 0;
    if (isHeader) repairChecksum(input, offset);
  }
}

export const fuzzTargets = {
  gzip: {
    dictionary: [
      '\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff',
      '\x1f\x8b\x08\x1f',
      '\x01\x00\x00\xff\xff',
      '\x03\x00',
    ],
    run(input) {
      const spanSizeBytes = input[0] ?? 0;
      const stream = input.subarray(1);
      const decoded = unlessRefused([FormatError], () => inflate(stream, spanSizeBytes, stream.length));
      const bytewise = unlessRefused([FormatError], () =>
        inflate(stream, spanSizeBytes, 1 + (spanSizeBytes % 7)),
      );
      requireEqual(bytewise, decoded, 'in pieces');
      if (stream.length > maximumComparedBytes) return;
      const oracle = inflateWithZlib(stream, spanSizeBytes);
      requireEqual(oracle && describe(oracle.output.length, oracle.checkpoints), decoded, 'as zlib');
    },
  },
  layer: {
    dictionary: ['\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff', '\x00\x05\x00\xfa\xff', '\x01\x00\x00\xff\xff'],
    run(input) {
      const bytes = unlessRefused([FormatError], () => {
        const compression = (input[0] ?? 0) % 2 === 0 ? 'gzip' : 'uncompressed';
        const options = {
          compression,
          spanSizeBytes: 1 + (input[1] ?? 0) * 64,
          buildToolIdentifier: 'fuzz',
        } as const;
        const builder = createZtocBuilder({ ...options, maximumZtocBytes: 16_000_000 });
        try {
          builder.push(input.subarray(2));
          return encodeZtoc(builder.finish());
        } finally {
          builder.discard();
        }
      });
      if (bytes !== undefined) requireEqual(encodeZtoc(decodeZtoc(bytes)), bytes, 'when read back');
    },
  },
  tar: {
    dictionary: [
      ...['ustar\x0000', 'ustar  \0', 'tar\0', '././@LongLink', 'x', 'L', 'K', 'S', 'g', '5', '2', '1'],
      ...[
        '30 mtime=1700000000.123456789\n',
        '20 path=aaaaaaaaaaaa',
        '22 GNU.sparse.major=1\n',
        '22 GNU.sparse.minor=0\n',
      ],
      ...[
        '25 GNU.sparse.name=abcdef\n',
        '19 GNU.sparse.map=0,',
        '25 GNU.sparse.numblocks=1\n',
        '14 size=777777\n',
      ],
      ...[
        '\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff',
        '\xff\xff\xff\xff\xff\xff\xff\xff',
        '777777777777',
        '\0'.repeat(1024),
      ],
    ],
    repair: repairHeaders,
    run(input) {
      const whole = unlessRefused([FormatError], () => readTar(input, input.length));
      requireEqual(
        unlessRefused([FormatError], () => readTar(input, 97)),
        whole,
        'in pieces',
      );
    },
  },
  fidelity: {
    dictionary: [
      ...[
        'ustar\x0000',
        'x',
        '0',
        '1',
        '2',
        '3',
        '5',
        '.wh.',
        '.wh..wh..opq',
        '.soci-snapshotter',
        '../',
        './',
        'a/',
        'b/',
      ],
      ...['30 SCHILY.xattr.user.note=abc\n', '33 SCHILY.xattr.trusted.note=ab\n', '40755', '2755', '1777'],
    ],
    repair: repairHeaders,
    run(input) {
      const layer = unlessRefused([FormatError], () => readLayer(input));
      if (layer === undefined) return;
      const machines = layerOf({ ...layer, screening: unscreened });
      for (const [screened, judged] of [
        [[layerOf(layer)], [machines]],
        [
          [layerOf(layer), layerOf(layer)],
          [machines, machines],
        ],
      ] as const) {
        const byMachines = judgeStack(judged);
        const byScreening = judgeStack(screened);
        if (byMachines.kind !== 'judged' || byScreening.kind !== 'judged')
          throw new Error('all layers must be read');
        const words = (layers: readonly LayerJudgement[]) => layers.map(({ kind }) => kind).join();
        // A layer that the screening accepts must be faithful. An image that cannot be unpacked has nothing to protect.
        if (!byMachines.isNotUnpackable && words(byMachines.layers) !== words(byScreening.layers)) {
          throw new Error(
            `${words(byScreening.layers)} with the screening, ${words(byMachines.layers)} without it`,
          );
        }
      }
    },
  },
  ztoc: {
    dictionary: [
      '0.9',
      'reg',
      'dir',
      'symlink',
      'hardlink',
      'char',
      'block',
      'fifo',
      `sha256:${'0'.repeat(64)}`,
    ],
    run(input) {
      const ztoc = unlessRefused([FormatError], () => decodeZtoc(input));
      if (ztoc === undefined) return;
      // A zTOC must take memory in proportion to its size.
      if (ztoc.contents.stringBytes > input.length) throw new Error('more strings than bytes');
      const encoded = encodeZtoc(ztoc);
      requireEqual(encodeZtoc(decodeZtoc(encoded)), encoded, 'when read back');
    },
  },
  manifest: {
    dictionary: manifestWords,
    run(input) {
      const manifest = unlessRefused([FormatError], () => parseManifest(input));
      unlessRefused([FormatError], () => parseSociIndex(input));
      if (manifest === undefined) return;
      const { bytes } = encodeManifest(manifest);
      requireEqual(encodeManifest(parseManifest(bytes)).bytes, bytes, 'when read back');
    },
  },
  index: {
    dictionary: manifestWords,
    run(input) {
      const index = unlessRefused([FormatError], () => parseIndex(input));
      if (index === undefined) return;
      const { bytes } = encodeIndex(index);
      requireEqual(encodeIndex(parseIndex(bytes)).bytes, bytes, 'when read back');
      unlessRefused([FormatError], () => choosePlatforms(index));
    },
  },
  config: {
    dictionary: [...jsonWords, '"architecture":', '"os":', '"os.version":', '"os.features":[', '"variant":'],
    run(input) {
      const platform = unlessRefused([FormatError], () => parseConfigPlatform(input));
      if (platform !== undefined)
        requireEqual(platformKey(normalizePlatform(platform)), platformKey(platform), 'normalised again');
    },
  },
  event: {
    dictionary: [
      ...jsonWords,
      ...[
        '"source":"aws.ecr"',
        '"detail-type":"ECR Image Action"',
        '"account":"111122223333"',
        '"region":"eu-west-1"',
      ],
      ...[
        '"detail":{',
        '"action-type":"PUSH"',
        '"result":"SUCCESS"',
        '"repository-name":',
        '"image-digest":"sha256:',
      ],
      ...[
        'a'.repeat(64),
        '"image-tag":',
        '"artifact-media-type":',
        '"proxyEndpoint":',
        '"url":',
        '__proto__',
      ],
    ],
    run(input) {
      let event: unknown;
      try {
        event = JSON.parse(textOf(input));
      } catch {
        event = textOf(input);
      }
      const push = unlessRefused([InvalidEventError], () => parseEcrEvent(event, functionArn));
      if (push !== undefined && !('ignored' in push))
        parseReference(`registry.example/${push.repository}:${push.tag ?? 'x'}@${push.digest}`);
    },
  },
  filters: {
    dictionary: [
      '*',
      '**',
      ':',
      ',',
      '/',
      '.',
      '__',
      '-',
      'prod',
      'latest',
      '?',
      '[',
      '{a,b}',
      '!',
      '#',
      '+(a)',
      ' ',
    ],
    run(input) {
      const [text = '', repository = '', tag = ''] = textOf(input).split('\n');
      const filters = unlessRefused([ConfigError], () => parseImageFilters(text));
      if (filters === undefined) return;
      const name = `${repository}:${tag}`;
      const expected = filters.find((filter) => matchesFilter(filter.pattern, name))?.pattern;
      // The result is only defined for names that are valid in ECR.
      if (/^[a-z0-9/._-]*:[A-Za-z0-9._-]*$/.test(name)) {
        requireEqual(findMatchingFilter(filters, repository, tag), expected, 'matched by hand');
      }
    },
  },
  reference: {
    dictionary: [
      'oci:',
      '://',
      ':',
      '@',
      '@sha256:',
      'a'.repeat(64),
      '/',
      '..',
      'localhost:5000',
      '[::1]',
      '.',
      '-',
      '__',
    ],
    run(input) {
      const reference = unlessRefused([ConfigError], () => parseReference(textOf(input)));
      if (reference !== undefined) {
        requireEqual(parseReference(formatReference(reference)), reference, 'when written and read');
      }
    },
  },
  platform: {
    dictionary: [
      'linux',
      'windows',
      'macos',
      'amd64',
      'arm64',
      'x86_64',
      'aarch64',
      'arm',
      'v7',
      'v8',
      '/',
      '8',
      'armhf',
    ],
    run(input) {
      const platform = unlessRefused([ConfigError], () => parsePlatform(textOf(input)));
      if (platform !== undefined) {
        requireEqual(platformKey(parsePlatform(formatPlatform(platform))), platformKey(platform), 'written');
      }
    },
  },
  challenge: {
    dictionary: [
      'Basic',
      'Bearer',
      'realm=',
      'scope=',
      'service=',
      '"',
      '\\"',
      ',',
      '=',
      ' ',
      '==',
      'repository:a:pull,push',
    ],
    run(input) {
      const header = textOf(input);
      let characters = 0;
      for (const { scheme, parameters } of parseChallenges(header)) {
        characters += scheme.length;
        for (const [name, value] of parameters) characters += name.length + value.length;
      }
      if (characters > header.length) throw new Error('the output is longer than the input');
    },
  },
  dockerConfig: {
    dictionary: [
      ...jsonWords,
      ...[
        '"auths":{',
        '"registry.example":{',
        '"auth":"dXNlcjpwYXNz"',
        '"identitytoken":"t"',
        '"credsStore":',
      ],
      ...[
        '"credHelpers":{',
        '"ecr-login"',
        '"username":"u"',
        '"password":"p"',
        '"toString":null',
        '__proto__',
      ],
    ],
    async run(input) {
      const directory = mkdtempSync(join(tmpdir(), 'soci-fuzz-'));
      try {
        writeFileSync(join(directory, 'config.json'), input);
        // The search path contains no helper, so none is run.
        const environment = { DOCKER_CONFIG: directory, PATH: directory };
        await dockerCredentials(environment, directory)('registry.example', 'app');
        await podmanCredentials({ ...environment, REGISTRY_AUTH_FILE: join(directory, 'config.json') })(
          'registry.example',
          'app',
        );
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  },
  /** Not a real target: finding an error behind five correct bytes proves that the fuzzer follows coverage. */
  planted: {
    dictionary: [],
    run(input) {
      if (input[0] !== 0x42) return;
      if (input[1] !== 0x55) return;
      if (input[2] !== 0x47) return;
      if (input[3] !== 0x21) return;
      if (input[4] === 0x21) throw new TypeError('a planted fault');
    },
  },
} as const satisfies Record<string, FuzzTarget>;

export type FuzzTargetName = keyof typeof fuzzTargets;

/** Maximum number of characters in an error message: a few sentences, whatever the input. */
const maximumMessageCharacters = 8_000;

/**
 * Returns the result of `work`, or undefined if it throws an error of one of these kinds with a message that is safe for
 * a log and a terminal. Any other error is a finding.
 */
function unlessRefused<Result>(
  kinds: readonly (abstract new (...args: never[]) => Error)[],
  work: () => Result,
): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
    const { message } = error as Error;
    // Faults in settings are listed one per line, and there may be as many as there are settings.
    const isSetting = error instanceof ConfigError;
    if (message.length > maximumMessageCharacters && !isSetting) {
      throw new Error(`an error message of ${message.length} characters`, { cause: error });
    }
    if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(isSetting ? message.replaceAll('\n', '') : message)) {
      throw new Error(`an error message with control characters: ${JSON.stringify(message)}`, {
        cause: error,
      });
    }
    return undefined;
  }
}

function requireEqual(actual: unknown, expected: unknown, circumstances: string): void {
  const isSame =
    actual instanceof Uint8Array && expected instanceof Uint8Array
      ? Buffer.from(actual).equals(expected)
      : JSON.stringify(actual) === JSON.stringify(expected);
  if (!isSame) {
    throw new Error(
      `a different result ${circumstances}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`,
    );
  }
}

type Place = readonly [compressedOffset: number, uncompressedOffset: number, bits: number];

interface Inflated {
  readonly bytes: number;
  readonly places: readonly Place[];
}

function describe(
  bytes: number,
  checkpoints: readonly { compressedOffset: number; uncompressedOffset: number; bits: number }[],
): Inflated {
  const places = checkpoints.map(({ compressedOffset, uncompressedOffset, bits }): Place => [
    compressedOffset,
    uncompressedOffset,
    bits,
  ]);
  return { bytes, places };
}

/** Keeps no windows, because a stream can require any number of them. */
function inflate(stream: Uint8Array, spanSizeBytes: number, pieceBytes: number): Inflated {
  let bytes = 0;
  const places: Place[] = [];
  const decoder = new GzipDecoder(spanSizeBytes, {
    onOutput: (output) => {
      bytes += output.length;
    },
    onCheckpoint: ({ compressedOffset, uncompressedOffset, bits }) => {
      places.push([compressedOffset, uncompressedOffset, bits]);
    },
  });
  try {
    decoder.allowLongNames();
    for (let start = 0; start < stream.length; start += pieceBytes) {
      decoder.push(stream.subarray(start, start + pieceBytes));
    }
    decoder.finish();
  } finally {
    decoder.release();
  }
  return { bytes, places };
}

function readTar(input: Uint8Array, pieceBytes: number): readonly string[] {
  const reader = new TarReader();
  try {
    for (let start = 0; start < input.length; start += pieceBytes) {
      reader.push(input.subarray(start, start + pieceBytes));
    }
    const { entries, end } = reader.finish();
    if (end > input.length) throw new Error(`the archive ends at ${end}, beyond its ${input.length} bytes`);
    return describeEntries(entries);
  } finally {
    reader.release();
  }
}

function describeEntries(entries: PackedEntries): readonly string[] {
  return [...entries].map(({ name, uncompressedOffset, uncompressedSize, modificationTime, paxRecords }) =>
    [
      Buffer.from(name).toString('hex'),
      uncompressedOffset,
      uncompressedSize,
      modificationTime,
      paxRecords.length,
    ].join(),
  );
}

/** Whether the filter matches, by the simplest possible rule: a star is any run of characters. */
function matchesFilter(filter: string, name: string): boolean {
  let reached = new Set([0]);
  for (const character of name) {
    const next = new Set<number>();
    for (const at of skipStars(filter, reached)) {
      if (filter[at] === '*') next.add(at);
      else if (filter[at] === character) next.add(at + 1);
    }
    reached = next;
  }
  return skipStars(filter, reached).has(filter.length);
}

function skipStars(filter: string, places: ReadonlySet<number>): Set<number> {
  const all = new Set(places);
  for (const at of all) if (filter[at] === '*') all.add(at + 1);
  return all;
}

function textOf(input: Uint8Array): string {
  return Buffer.from(input).toString('utf8');
}
