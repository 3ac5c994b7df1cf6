// `ztoc-worker.ts?program` is the text of a program for a thread, with that file as its entry point. scripts/bundles.ts bundles
// it separately and embeds it in the programs that start such threads.
declare module '*?program' {
  const text: string;
  export default text;
}

// `main.ts?browser` and `report.css?browser` are the texts of a script and a style sheet for a page, also bundled separately.
declare module '*?browser' {
  const text: string;
  export default text;
}
