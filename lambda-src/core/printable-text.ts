// Text from outside that a person will read: without the characters that a terminal or a log viewer obeys instead of
// showing. Control characters move the cursor, format characters reverse the text, and separators break the line.

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const unprintableRun = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** The text on one line, with a question mark for each unprintable character: as wide as it was. */
export function hideUnprintable(text: string): string {
  return text.replace(unprintable, '?');
}

/** The text on one line, with `\u{…}` for each unprintable character: nothing is lost. */
export function escapeUnprintable(text: string): string {
  return text.replace(unprintable, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** The text on one line, with a space for each run of unprintable characters, as between the lines of a message. */
export function joinLines(text: string): string {
  return text.replace(unprintableRun, ' ').trim();
}
