// The inputs of the GitHub Action, as the runner passes them in the environment, and the resulting command line. action.yml
// documents them for users.
import { ConfigError } from '../core/errors.ts';
import { quoteText } from '../core/oci/quotation.ts';

/** How the value of an input becomes command-line arguments. */
type Kind =
  | { readonly kind: 'value'; readonly option: string }
  /** Separated by commas or line breaks; the option is repeated for each. */
  | { readonly kind: 'list'; readonly option: string }
  /** The option is added if the input equals `when`. */
  | { readonly kind: 'boolean'; readonly option: string; readonly when: boolean };

/** Keyed by the names in action.yml, without `image`, which becomes the argument. */
export const inputOptions: Readonly<Record<string, Kind>> = {
  'index-version': { kind: 'value', option: '--index-version' },
  platforms: { kind: 'list', option: '--platform' },
  'target-tag': { kind: 'value', option: '--target-tag' },
  'tag-suffix': { kind: 'value', option: '--tag-suffix' },
  'min-layer-size': { kind: 'value', option: '--min-layer-size' },
  'span-size': { kind: 'value', option: '--span-size' },
  'build-tool-identifier': { kind: 'value', option: '--build-tool-identifier' },
  'prefetch-files': { kind: 'list', option: '--prefetch-file' },
  'prefetch-files-json': { kind: 'value', option: '--prefetch-files-json' },
  prefetch: { kind: 'boolean', option: '--no-prefetch', when: false },
  output: { kind: 'value', option: '--output' },
  reuse: { kind: 'boolean', option: '--no-reuse', when: false },
  'max-ztoc-ratio': { kind: 'value', option: '--max-ztoc-ratio' },
  force: { kind: 'boolean', option: '--force', when: true },
  'dry-run': { kind: 'boolean', option: '--dry-run', when: true },
  tls: { kind: 'boolean', option: '--tls', when: true },
  'plain-http': { kind: 'boolean', option: '--plain-http', when: true },
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** The three spellings that YAML 1.2 has for each value. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['false', 'False', 'FALSE'].map((text) => [text, false] as const),
]);

export interface Inputs {
  readonly image: string;
  /** Arguments for `soci-index index`, without the image. */
  readonly options: readonly string[];
}

/** @throws ConfigError that lists every invalid input. */
export function readInputs(environment: Environment): Inputs {
  const faults: string[] = [];
  const image = readInput(environment, 'image');
  if (image === '')
    faults.push(
      'the input image is missing: expected REGISTRY/REPO[:TAG][@DIGEST], oci:DIR or oci-archive:FILE',
    );
  const options: string[] = [];
  for (const [name, input] of Object.entries(inputOptions)) {
    const value = readInput(environment, name);
    if (value === '') continue;
    // With an equals sign, so that a value with a leading dash is not read as an option.
    if (input.kind === 'value') options.push(`${input.option}=${value}`);
    if (input.kind === 'list') {
      const words = value.split(/[,\n]/).map((word) => word.trim());
      options.push(...words.filter((word) => word !== '').map((word) => `${input.option}=${word}`));
    }
    if (input.kind === 'boolean') {
      const given = booleans.get(value);
      if (given === undefined)
        faults.push(`the input ${name} is ${quoteText(value)}: expected true or false`);
      if (given === input.when) options.push(input.option);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return { image, options };
}

/** The runner converts names to upper case, keeps their hyphens, and passes missing inputs as empty strings. */
function readInput(environment: Environment, name: string): string {
  return (environment[`INPUT_${name.toUpperCase()}`] ?? '').trim();
}
