// Finds the arguments of resources and data sources in a Terraform file that `terraform fmt` has formatted: the content
// of a block is indented by two more spaces, and a closing line is indented like its opening line.

/** A block of a resource or data source, or a block nested in one. */
export interface BlockArguments {
  readonly kind: 'resource' | 'data';
  readonly type: string;
  /** The blocks around it: `['destination_config', 'on_failure']`. */
  readonly path: readonly string[];
  /** The arguments and blocks in it. */
  readonly names: readonly string[];
}

/** Terraform's own meta-arguments, which any resource may have. */
const metaArguments = new Set(['count', 'for_each', 'depends_on', 'provider', 'lifecycle']);

export function readArguments(source: string): readonly BlockArguments[] {
  return [...source.matchAll(/^(resource|data) "(aws_\w+)" "\w+" \{(?:\}|\n([\s\S]*?)^\})/gm)].flatMap(
    ([, kind, type, body = '']) => readBlock(kind as 'resource' | 'data', type!, [], body.split('\n')),
  );
}

function readBlock(
  kind: BlockArguments['kind'],
  type: string,
  path: readonly string[],
  lines: readonly string[],
): readonly BlockArguments[] {
  const names: string[] = [];
  const inner: BlockArguments[] = [];
  const indentation = lines.find((line) => line.trim() !== '')?.search(/\S/) ?? 0;
  for (let position = 0; position < lines.length; position++) {
    const line = lines[position]!;
    if (line.search(/\S/) !== indentation) continue; // inside a multi-line value
    const argument = /^\s*(\w+)\s*= /.exec(line)?.[1];
    if (argument !== undefined && !metaArguments.has(argument)) names.push(argument);
    const block = /^\s*(?:dynamic "(\w+)"|(\w+)) \{$/.exec(line);
    if (block === null) continue;
    const end = lines.findIndex((other, index) => index > position && other.search(/\S/) === indentation);
    const body = lines.slice(position + 1, end);
    position = end;
    const name = block[1] ?? block[2]!;
    if (metaArguments.has(name)) continue;
    names.push(name);
    const isDynamic = block[1] !== undefined;
    inner.push(...readBlock(kind, type, [...path, name], isDynamic ? contentOf(body) : body));
  }
  return [{ kind, type, path, names }, ...inner];
}

/** The content of a dynamic block. */
function contentOf(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex((line) => /^\s*content \{$/.test(line));
  const indentation = lines[start]!.search(/\S/);
  const end = lines.findIndex((line, index) => index > start && line.search(/\S/) === indentation);
  return lines.slice(start + 1, end);
}
