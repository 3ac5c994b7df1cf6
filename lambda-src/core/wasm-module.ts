// The compiled AssemblyScript (wasm/) and its instances.
import { randomBytes } from 'node:crypto';
import coreWasm from './core.wasm';

/** The exports of wasm/index.ts, documented there. Addresses and sizes are in bytes of the memory. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  updateCrc32(crc: number, address: number, length: number): number;

  hashKeysAddress(): number;

  // wasm/inflate/inflater.ts
  resetInflater(spanSizeBytes: number): void;
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

  // wasm/tar/screening.ts
  resetScreening(): void;
  screenChunk(bytes: number): void;
  screeningResult(): number;

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
  writeTarZinfo(spanSizeBytes: number, layerBytes: number): void;
}

/**
 * An instance. Its memory grows while a tar with many names is read, which detaches existing views. Obtain them again after
 * each call that reads entries.
 */
export class WasmInstance {
  readonly exports: WasmExports;
  #memory: Uint8Array;
  #view: DataView;

  constructor(module: WebAssembly.Module) {
    this.exports = new WebAssembly.Instance(module).exports as unknown as WasmExports;
    const { buffer } = this.exports.memory;
    this.#memory = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#memory.set(randomBytes(hashKeysBytes), this.exports.hashKeysAddress());
  }

  get memory(): Uint8Array {
    this.#renewViews();
    return this.#memory;
  }

  get view(): DataView {
    this.#renewViews();
    return this.#view;
  }

  #renewViews(): void {
    if (this.#memory.length > 0) return;
    const { buffer } = this.exports.memory;
    this.#memory = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }
}

const hashKeysBytes = 24;

/** An instance with more memory, for example after a tar with half a million names, is not kept. */
const maximumIdleBytes = 64 * 1024 * 1024;

let compiledModule: WebAssembly.Module | undefined;
const idleInstances: WasmInstance[] = [];

/** An instance for exclusive use, until it is released. */
export function takeInstance(): WasmInstance {
  const idle = idleInstances.pop();
  if (idle !== undefined) return idle;
  compiledModule ??= new WebAssembly.Module(coreWasm);
  return new WasmInstance(compiledModule);
}

/**
 * Each instance reserves gigabytes of address space, so instances are reused instead of being left to the garbage collector.
 */
export function giveBackInstance(instance: WasmInstance): void {
  if (instance.memory.length <= maximumIdleBytes) idleInstances.push(instance);
}
