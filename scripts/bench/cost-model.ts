// Models the cost of indexing in AWS Lambda, from measured CPU seconds and an assumed network speed.
//
//   seconds    = the longer of  GiB / network  and  CPU seconds / processors that can be kept busy
//   GB-seconds = seconds x memory / 1024

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const megabytesPerProcessor = 1769;

export interface MeasuredWork {
  /** For the whole flow, per GiB of compressed layers. */
  readonly cpuSecondsPerGib: number;
  /** Processors kept busy if there are enough: CPU time divided by wall time. */
  readonly parallelism: number;
  /** Whether it processes while it downloads, or only afterwards. */
  readonly overlapsDownload: boolean;
}

export interface LambdaSetting {
  readonly memoryMegabytes: number;
  /** Download rate of one function from the registry, in MB/s. */
  readonly networkMegabytesPerSecond: number;
}

export interface LambdaCost {
  readonly secondsPerGib: number;
  readonly gbSecondsPerGib: number;
}

const gibInMegabytes = 1024 ** 3 / 1e6;

export function modelLambdaCost(work: MeasuredWork, setting: LambdaSetting): LambdaCost {
  const processors = Math.min(setting.memoryMegabytes / megabytesPerProcessor, work.parallelism);
  const networkSeconds = gibInMegabytes / setting.networkMegabytesPerSecond;
  const cpuSeconds = work.cpuSecondsPerGib / processors;
  const secondsPerGib = work.overlapsDownload
    ? Math.max(networkSeconds, cpuSeconds)
    : networkSeconds + cpuSeconds;
  return { secondsPerGib, gbSecondsPerGib: (secondsPerGib * setting.memoryMegabytes) / 1024 };
}

/**
 * The memory in MB with which the CPU keeps up with the network. With less memory, time grows and cost stays the same; with
 * more, time stays the same and cost grows. Infinity if no memory is enough.
 */
export function findBalancedMemory(work: MeasuredWork, networkMegabytesPerSecond: number): number {
  const processors = (work.cpuSecondsPerGib * networkMegabytesPerSecond) / gibInMegabytes;
  return processors > work.parallelism ? Infinity : processors * megabytesPerProcessor;
}
