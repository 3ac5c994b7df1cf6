// The tag of an image that is indexed with V2. It comes from a template, such as `{tag}-soci`, in which `{tag}` is the pushed
// tag. With `{tag}` alone, the pushed tag itself moves to the indexed image.
import { ConfigError } from '../errors.ts';
import { quoteText } from '../oci/quotation.ts';
import { isTag } from '../oci/reference.ts';

export interface TargetTagTemplate {
  readonly prefix: string;
  readonly suffix: string;
}

const templatePattern = /^([A-Za-z0-9_.-]*)\{tag\}([A-Za-z0-9_.-]*)$/;

/** @throws ConfigError if the template cannot result in a valid tag. */
export function parseTargetTagTemplate(text: string): TargetTagTemplate {
  const [, prefix = '', suffix = ''] = templatePattern.exec(text) ?? [];
  // Checked with the shortest tag, which has one character.
  if (!templatePattern.test(text) || !isTag(`${prefix}t${suffix}`)) {
    throw new ConfigError([
      `target tag ${quoteText(text)}: expected {tag} once, with at most 127 letters, digits, _, . or - around it, ` +
        'and no . or - at the start',
    ]);
  }
  return { prefix, suffix };
}

/** The target tag for a pushed tag, or undefined if it would exceed 128 characters. */
export function makeTargetTag({ prefix, suffix }: TargetTagTemplate, tag: string): string | undefined {
  const target = `${prefix}${tag}${suffix}`;
  return isTag(target) ? target : undefined;
}

/**
 * Whether the tag has the form of the template, so that the push is most likely our own. Always false for `{tag}` alone.
 */
export function isTargetTag(template: TargetTagTemplate, tag: string): boolean {
  return template.prefix.length + template.suffix.length > 0 && couldBeTargetTag(template, tag);
}

/** Whether the tag has the form of the template. Always true for `{tag}` alone. */
export function couldBeTargetTag({ prefix, suffix }: TargetTagTemplate, tag: string): boolean {
  return tag.length > prefix.length + suffix.length && tag.startsWith(prefix) && tag.endsWith(suffix);
}
