// Bytes of an archive as they may stand in a sentence. Names and fields come from strangers: control characters are
// escaped, and a long one is cut.
import { escapeUnprintable } from '../printable-text.ts';

const shownBytes = 100;

/** The bytes as quoted text; what is no UTF-8 shows as U+FFFD. */
export function quoteBytes(bytes: Uint8Array): string {
  const text = escapeUnprintable(JSON.stringify(new TextDecoder().decode(bytes.subarray(0, shownBytes))));
  return bytes.length > shownBytes ? `${text}…` : text;
}
