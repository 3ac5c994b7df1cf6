// JSON in a script element. It must not contain anything that looks like the end of the element or a comment.
// https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements

export function jsonInHtml(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** Bytes of a text as `jsonInHtml` writes it, without quotes. */
export function jsonInHtmlBytes(text: string): number {
  return Buffer.byteLength(jsonInHtml(text)) - 2;
}
