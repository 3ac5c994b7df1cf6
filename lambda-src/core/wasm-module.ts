// The compiled AssemblyScript (wasm/) and its instances.
import coreWasm from './core.wasm';

/** The exports of wasm/index.ts; what each means is said there. Addresses and sizes are bytes of the memory. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  updateCrc32(crc: number, address: number, length: number): number;

  // wasm/inflate/inflater.ts
  resetInflater(spanSize: number): void;
  resumeAtCheckpoint(bits: number, previousByte: number): void;
  limitNames(bytes: number): void;
  inputCapacity(): number;
  inputAddress(): number;
  acceptInput(bytes: number): void;
  decode(): number;
  unreadAddress(): number;
  unreadOffset(): number;
  unreadBits(): number;
  mayEnd(): number;
  windowAddress(): number;
  outputStart(): number;
  outputEnd(): number;
  releaseOutput(): void;
  trailerCrc(): number;
  trailerLength(): number;

  // wasm/tar/tar-reader.ts
  resetTar(): void;
  tarPosition(): number;
  hasTarEnded(): number;
  skippableBytes(): number;
  skipTar(bytes: number): void;
  readTar(from: number, to: number): number;
  finishTar(): number;
  entriesStart(): number;
  entriesEnd(): number;
  packedEntryCount(): number;
  releaseEntries(): void;
  totalEntryCount(): number;
  totalPaxRecordCount(): number;
  totalEntryBytes(): number;
  entryPeculiarities(): number;
  problemAddress(): number;

  // wasm/ztoc/ztoc-writer.ts
  resetZtocWriter(): void;
  writtenStart(): number;
  writtenEnd(): number;
  releaseWritten(otherBytes: number): void;
  chunkAddress(): number;
  chunkCapacity(): number;
  offsetsAddress(): number;
  offsetsCapacity(): number;
  writeText(bytes: number): number;
  beginEntries(bytes: number): number;
  writeEntries(): number;
  beginVector(count: number): void;
  writeReferences(count: number): void;
  endVector(count: number): number;
  beginByteVector(bytes: number): void;
  writeToc(metadata: number): number;
  writeCompressionInfo(
    algorithm: number,
    maxSpanId: number,
    spanDigests: number,
    checkpoints: number,
  ): number;
  writeZtoc(
    version: number,
    buildToolIdentifier: number,
    toc: number,
    compressionInfo: number,
    compressedSize: number,
    uncompressedSize: number,
  ): void;
  writeTarZinfo(spanSize: number, layerBytes: number): void;
}

/** An instance. Its memory never grows, so that these views of it stay valid. */
export interface WasmInstance {
  readonly exports: WasmExports;
  readonly memory: Uint8Array;
  readonly view: DataView;
}

let compiledModule: WebAssembly.Module | undefined;
const idleInstances: WasmInstance[] = [];

/** An instance that nobody else uses until it is given back. */
export function takeInstance(): WasmInstance {
  const idle = idleInstances.pop();
  if (idle !== undefined) return idle;
  compiledModule ??= new WebAssembly.Module(coreWasm);
  const exports = new WebAssembly.Instance(compiledModule).exports as unknown as WasmExports;
  const { buffer } = exports.memory;
  return { exports, memory: new Uint8Array(buffer), view: new DataView(buffer) };
}

/** Each instance's memory reserves gigabytes of address space: they are used again instead of left to the collector. */
export function giveBackInstance(instance: WasmInstance): void {
  idleInstances.push(instance);
}
