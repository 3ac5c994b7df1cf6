// Searches the output of a program for secrets, in every form in which one can leak.

/**
 * Forms in which a secret can occur in a text: plain, in base64, in hexadecimal, as part of a URL, and in a JSON string.
 */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // The base64 form depends on the number of bytes before the text, so there are three. Digits that depend on neighboring
  // bytes are cut off.
  const shifted = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(before === 0 ? 0 : before + 1, bytes.length % 3 === 0 ? undefined : -1);
  });
  const forms = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('base64url'),
    ...shifted,
  ];
  return forms.filter((form) => form.length >= 6);
}

/** The secrets that the text reveals. */
export function findSecrets(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
}
