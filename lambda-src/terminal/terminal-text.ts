// The width of text on a terminal, and text cut to a width.

/** Characters that take two columns, except for half-width forms. https://www.unicode.org/reports/tr11/ */
const wideCharacter =
  /^(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f/u;

const printableAscii = /^[\x20-\x7e]*$/;

let segmenter: Intl.Segmenter | undefined;

/** Creating a segmenter takes 7 ms, and most texts do not need one. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en');
  return segmenter.segment(text);
}

/** Width in columns of a text without control characters. */
export function displayWidth(text: string): number {
  if (printableAscii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += columnsOf(segment);
  return width;
}

/** The text if it fits; otherwise its beginning and an ellipsis. */
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

/** The text, padded with spaces to a width. */
export function padToWidth(text: string, columns: number, side: 'left' | 'right'): string {
  const spaces = ' '.repeat(Math.max(0, columns - displayWidth(text)));
  return side === 'left' ? spaces + text : text + spaces;
}

function columnsOf(grapheme: string): number {
  return wideCharacter.test(grapheme) ? 2 : 1;
}
