// Text from outside, made fit for a message: bounded, on one line, and without characters that a terminal obeys.

/** Enough for a reference to an image in Amazon ECR, with its digest. */
const maximumCharacters = 200;

/** The text in double quotes, in printable ASCII; of a long one the beginning, and an ellipsis after the quotes. */
export function quoteText(text: string): string {
  return `"${escape(text)}"${ellipsisOf(text)}`;
}

/** The same without quotes, for what is a word in nearly every case. */
export function escapeText(text: string): string {
  return escape(text) + ellipsisOf(text);
}

function escape(text: string): string {
  const quoted = JSON.stringify(text.slice(0, maximumCharacters)).slice(1, -1);
  return quoted.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function ellipsisOf(text: string): string {
  return text.length > maximumCharacters ? '…' : '';
}
