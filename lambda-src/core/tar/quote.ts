// Quotes bytes of an archive in a sentence. Names and fields are untrusted, so control characters are escaped, and long
// texts are shortened.
import { escapeUnprintable } from '../printable-text.ts';

const shownBytes = 100;

/** The bytes as quoted text; invalid UTF-8 becomes U+FFFD. */
export function quoteBytes(bytes: Uint8Array): string {
  const text = escapeUnprintable(JSON.stringify(new TextDecoder().decode(bytes.subarray(0, shownBytes))));
  return bytes.length > shownBytes ? `${text}…` : text;
}
