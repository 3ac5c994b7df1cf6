// Looks for secrets in what a program has printed, in every form in which one can leak.

/** The forms of a secret in a text: itself, in base64, in hexadecimal, as a part of a URL or of a JSON string. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // In base64 a text looks otherwise behind one or two other bytes; what depends on its neighbours is cut off.
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

/** Those of the secrets that the text gives away. */
export function findSecrets(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)));
}
