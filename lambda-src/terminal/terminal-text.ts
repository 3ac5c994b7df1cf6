// Text on a terminal: how many columns it takes, and cut to fit.

/** Scripts and signs that take two columns, but for their half-width forms. https://www.unicode.org/reports/tr11/ */
const wideCharacter =
  /^(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f/u;

const printableAscii = /^[\x20-\x7e]*$/;

let segmenter: Intl.Segmenter | undefined;

/** A segmenter takes 7 ms to make, at the start of every command, and most texts need none. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en');
  return segmenter.segment(text);
}

/** Columns that a text without control characters takes. */
export function displayWidth(text: string): number {
  if (printableAscii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += columnsOf(segment);
  return width;
}

/** The text, if it takes at most so many columns; else as much of its beginning as leaves room for an ellipsis. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = 0;
  for (const { segment } of graphemesOf(text)) {
    width += columnsOf(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text, filled with spaces up to so many columns. */
export function padToWidth(text: string, columns: number, side: 'left' | 'right'): string {
  const spaces = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return side === 'left' ? spaces + text : text + spaces;
}

function columnsOf(grapheme: string): number {
  return wideCharacter.test(grapheme) ? 2 : 1;
}
