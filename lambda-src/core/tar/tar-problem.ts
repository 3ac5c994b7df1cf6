// Error messages for an invalid tar. The AssemblyScript returns a code and leaves details in its memory (tar-problem-layout.ts).
import { FormatError } from '../errors.ts';
import type { WasmInstance } from '../wasm-module.ts';
import { entryTypes } from './entry.ts';
import * as layout from './tar-problem-layout.ts';
import { quoteBytes } from './quote.ts';

/** The names of header fields, by their codes in tar-problem-layout.ts. */
const headerFields: Readonly<Record<number, string>> = {
  [layout.fieldSize]: 'size',
  [layout.fieldMode]: 'mode',
  [layout.fieldUid]: 'uid',
  [layout.fieldGid]: 'gid',
  [layout.fieldMtime]: 'mtime',
  [layout.fieldDeviceMajor]: 'devmajor',
  [layout.fieldDeviceMinor]: 'devminor',
  [layout.fieldAtime]: 'atime',
  [layout.fieldCtime]: 'ctime',
};

/** The details for a message. */
interface Evidence {
  readonly name: string;
  readonly text: string;
  readonly key: string;
  readonly numbers: readonly bigint[];
}

type Sentence = (evidence: Evidence) => string;

function ofEntry(problem: Sentence): Sentence {
  return (evidence) => `entry ${evidence.name}: ${problem(evidence)}`;
}

function ofRecord(problem: string): Sentence {
  return ({ text }) => `PAX record ${text} ${problem}`;
}

function ofSparseMap(problem: Sentence): Sentence {
  return ofEntry((evidence) => `its sparse map is invalid: ${problem(evidence)}`);
}

const sentences: ReadonlyMap<number, Sentence> = new Map<number, Sentence>([
  [
    layout.wrongChecksum,
    ({ text, numbers: [sum] }) =>
      `not a tar header: its checksum field is ${text}, but its bytes add up to ${sum!} (octal ${sum!.toString(8)})`,
  ],
  [
    layout.wrongField,
    ofEntry(
      ({ text, numbers: [field] }) => `its ${headerFields[Number(field)]} field is not a number: ${text}`,
    ),
  ],
  [layout.negativeSize, ofEntry(({ numbers: [size] }) => `its size is ${size!}`)],
  [
    layout.metadataTooLong,
    ofEntry(({ numbers: [bytes, longest] }) => `${bytes!} bytes of metadata exceed the limit of ${longest!}`),
  ],
  [layout.recordWithoutLength, ofRecord('does not begin with its length')],
  [layout.recordLengthImpossible, ofRecord('has an impossible length')],
  [layout.recordWithoutNewline, ofRecord('does not end with a newline at its stated length')],
  [layout.recordWithoutEqualsSign, ofRecord('has no equals sign')],
  [layout.recordWithoutKey, ofRecord('has no key')],
  [layout.recordWithNul, ofRecord('contains a NUL')],
  [layout.sparseRecordOutOfPlace, ({ key, text }) => `PAX record ${key}=${text} is out of place`],
  [layout.wrongRecordValue, ofEntry(({ key, text }) => `its PAX record ${key} is invalid: ${text}`)],
  [
    layout.typeNotDescribable,
    ofEntry(({ numbers: [type] }) => `a SOCI index cannot describe ${describeTypeFlag(Number(type))}`),
  ],
  [
    layout.sparseOfOtherType,
    ofEntry(
      ({ numbers: [type] }) => `it is of type ${entryTypes[Number(type)]}, but has records of a sparse file`,
    ),
  ],
  [layout.sparseSizeNoNumber, ofSparseMap(({ text }) => `its real size is not a number: ${text}`)],
  [
    layout.sparseNumbersMiscounted,
    ofSparseMap(({ text, numbers: [count] }) => `${count!} numbers for ${text} fragments`),
  ],
  [layout.sparseMapTooLong, ofSparseMap(({ numbers: [longest] }) => `more than ${longest!} bytes`)],
  [layout.sparseCountNoNumber, ofSparseMap(({ text }) => `${text} is not a valid number of fragments`)],
  [layout.sparseFileSizeNegative, ofSparseMap(({ numbers: [size] }) => `the file's size is ${size!}`)],
  [
    layout.sparseFragmentIncomplete,
    ofSparseMap(({ numbers: [fragment] }) => `fragment ${fragment!} has no offset or no length`),
  ],
  [
    layout.sparseFragmentMisplaced,
    ofSparseMap(
      ({ numbers: [fragment, length, start, size] }) =>
        `fragment ${fragment!}, ${length!} bytes at ${start!}, is out of order or not within the file's ${size!} bytes`,
    ),
  ],
  [layout.sparseMapCutOff, ofEntry(() => 'its data ends before its sparse map does')],
  [
    layout.loneZeroBlock,
    () => 'a single block of zeros is followed by more data, but an archive ends with two',
  ],
  [
    layout.dataCutOff,
    ofEntry(({ numbers: [found, bytes] }) => `the archive ends after ${found!} of its ${bytes!} bytes`),
  ],
  [layout.headerCutOff, ({ numbers: [found] }) => `the archive ends after ${found!} bytes of a header block`],
]);

/** The error that the reader of `instance` has just found. */
export function readProblem({ exports, memory, view }: WasmInstance, code: number): FormatError {
  const problem = exports.problemAddress();
  const bytesAt = (field: number) => {
    const start = view.getUint32(problem + field, true);
    return memory.subarray(start, start + view.getUint32(problem + field + 4, true));
  };
  const evidence: Evidence = {
    name: quoteBytes(bytesAt(layout.problemNameAt)),
    text: quoteBytes(bytesAt(layout.problemTextAt)),
    key: Buffer.from(bytesAt(layout.problemKeyAt)).toString('latin1'),
    numbers: Array.from({ length: layout.problemNumbers }, (_, index) =>
      view.getBigInt64(problem + layout.problemNumbersAt + 8 * index, true),
    ),
  };
  const offset = Number(view.getBigUint64(problem + layout.problemOffsetAt, true));
  const sentence = sentences.get(code)!(evidence);
  const isGlobalHeader =
    code === layout.typeNotDescribable && evidence.numbers[0] === BigInt(globalHeaderType);
  return isGlobalHeader
    ? new GlobalHeaderError('tar', sentence, offset)
    : new FormatError('tar', sentence, offset);
}

/** The tar has a PAX global header. A zTOC cannot describe it, but programs that unpack the tar ignore it. */
class GlobalHeaderError extends FormatError {}

/** Whether containerd cannot unpack the tar either: it uses Go's archive/tar, whose rules our reader follows. */
export function isRefusedByContainerd(error: FormatError): boolean {
  return error.format === 'tar' && !(error instanceof GlobalHeaderError);
}

/** The letter g. */
const globalHeaderType = 0x67;

function describeTypeFlag(typeFlag: number): string {
  switch (typeFlag) {
    case globalHeaderType:
      return "a PAX global header (type 'g', as `git archive` writes it)";
    case 0x53:
      return "a sparse file in the old GNU format (type 'S')";
    default:
      return `an entry of type ${quoteBytes(Uint8Array.of(typeFlag))}`;
  }
}
