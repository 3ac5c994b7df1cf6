// Makes external text safe to display by replacing characters that a terminal or log viewer interprets instead of displaying.
// Control characters move the cursor, format characters change the direction, and separators break the line.

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const unprintableRun = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** One line, with a question mark for each unprintable character, so the width stays the same. */
export function hideUnprintable(text: string): string {
  return text.replace(unprintable, '?');
}

/** One line, with `\u{…}` for each unprintable character, so no information is lost. */
export function escapeUnprintable(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** One line, with a space for each run of unprintable characters, as between the lines of a message. */
export function joinLines(text: string): string {
  return text.replace(unprintableRun, ' ').trim();
}
