// Text from outside, made fit for a message: bounded, on one line, and without characters that a terminal obeys.

const maximumCharacters = 100;

/** The text in double quotes, in printable ASCII; of a long one the beginning. */
export function quoteText(text: string): string {
  const shown = text.length > maximumCharacters ? `${text.slice(0, maximumCharacters)}…` : text;
  return JSON.stringify(shown).replace(
    /[^\x20-\x7e…]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
