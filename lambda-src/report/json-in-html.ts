// JSON within a script element: nothing in it may look like the end of the element, or like a comment.
// https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements

export function jsonInHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** Bytes of a text in `jsonInHtml`, without its quotes. */
export function jsonInHtmlBytes(text: string): number {
  return Buffer.byteLength(jsonInHtml(text)) - 2;
}
