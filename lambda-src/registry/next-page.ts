// Finds the next page of a paginated list.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
import { parseLocation } from './redirect.ts';
import type { RegistryAnswer } from './registry-client.ts';

/** The URL of the next page, which must be on the registry's own origin. */
export function nextPage(answer: RegistryAnswer): URL | undefined {
  const link = answer.headers['link'];
  // https://www.rfc-editor.org/rfc/rfc8288#section-3
  const target = /<([^<>]*)>\s*;[^<]*\brel\s*=\s*"?next"?(?![\w-])/i.exec(
    typeof link === 'string' ? link : '',
  )?.[1];
  const next = parseLocation(target, answer.url);
  return next?.origin === answer.url.origin ? next : undefined;
}
