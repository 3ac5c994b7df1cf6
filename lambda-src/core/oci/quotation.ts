// Makes external text safe for a message, with limited length, on one line, and without control characters.

/** Enough for a reference to an image in Amazon ECR with its digest. */
const maximumCharacters = 200;

/** The text in double quotes, in printable ASCII; a long one is shortened, with an ellipsis after the quotes. */
export function quoteText(text: string): string {
  return `"${escape(text)}"${ellipsisOf(text)}`;
}

/** Like `quoteText`, but without quotes, for text that is usually a single word. */
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
