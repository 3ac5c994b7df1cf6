// The compiled decoder (decoder/, AssemblyScript) and its instances.
import decoderWasm from './decoder.wasm';

/** The exports of decoder/index.ts; what each means is said there. Addresses and sizes are bytes of `memory`. */
export interface DecoderExports {
  readonly memory: WebAssembly.Memory;
  reset(spanSize: number): void;
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
  updateCrc32(crc: number, address: number, length: number): number;
}

let compiledModule: WebAssembly.Module | undefined;
const idleInstances: DecoderExports[] = [];

/** An instance that nobody else uses until it is given back. Its memory never grows, so views of it stay valid. */
export function takeDecoder(): DecoderExports {
  const idle = idleInstances.pop();
  if (idle !== undefined) return idle;
  compiledModule ??= new WebAssembly.Module(decoderWasm);
  return new WebAssembly.Instance(compiledModule).exports as unknown as DecoderExports;
}

/** Each instance's memory reserves gigabytes of address space: they are used again instead of left to the collector. */
export function giveBackDecoder(decoder: DecoderExports): void {
  idleInstances.push(decoder);
}
