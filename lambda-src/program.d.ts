// `ztoc-worker.ts?program` is the text of the program that begins in that file, for a thread to run: scripts/bundles.ts bundles
// it by itself, and puts it into the programs that start such threads.
declare module '*?program' {
  const text: string;
  export default text;
}
