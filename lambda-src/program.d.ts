// `ztoc-worker.ts?program` is the text of the program that begins in that file, for a thread to run: scripts/bundles.ts bundles
// it by itself, and puts it into the programs that start such threads.
declare module '*?program' {
  const text: string;
  export default text;
}

// `main.ts?browser` and `report.css?browser` are the texts of a script and a style sheet for a page, bundled by themselves, too.
declare module '*?browser' {
  const text: string;
  export default text;
}
