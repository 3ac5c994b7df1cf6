// Generates the tables of the module's inputs and outputs from variables.tf and outputs.tf. Run it in the project's folder:
//   npx tsx scripts/terraform-tables.ts           writes the tables between the markers in the documents
//   npx tsx scripts/terraform-tables.ts --check   exits with code 1 if a document is out of date
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const documents = ['docs/module.md', 'README.md'];

/** One block of a formatted Terraform file: its name, and the source text of its attributes. */
interface Block {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * Reads the top-level blocks of one type. `terraform fmt` puts a block's closing brace into the first column and indents
 * its attributes by two spaces, so no HCL parser is needed.
 */
function readBlocks(source: string, type: 'variable' | 'output'): readonly Block[] {
  return [...source.matchAll(new RegExp(`^${type} "(\\w+)" \\{\\n([\\s\\S]*?)^\\}`, 'gm'))].map(
    ([, name, body]) => {
      const attributes = new Map<string, string>();
      let current = '';
      for (const line of body!.split('\n')) {
        const start = /^ {2}(\w+)\s*= (.*)$/.exec(line);
        if (start !== null) {
          current = start[1]!;
          attributes.set(current, start[2]!);
        } else if (/^ {2}\S/.test(line) && !/^ {2}[})\]E]/.test(line)) {
          current = ''; // a nested block, or a comment
        } else if (current !== '') {
          attributes.set(current, `${attributes.get(current)!}\n${line}`);
        }
      }
      return { name: name!, attributes };
    },
  );
}

/** The text of a quoted string or heredoc, on one line, with list items after a line break. */
function renderDescription(source: string): string {
  const text = source.startsWith('<<')
    ? source
        .split('\n')
        .slice(1, -1)
        .join('\n')
        .replace(/\n\s*EOT\s*$/, '')
    : (JSON.parse(source.trim()) as string);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => line.trim());
  return lines
    .reduce((whole, line) => `${whole}${line.startsWith('- ') ? '<br>' : ' '}${line.replace(/^- /, '• ')}`)
    .replaceAll('|', '\\|');
}

/** An object's attributes with types and defaults, or the source of any other type and default. */
function renderDefault(attributes: ReadonlyMap<string, string>): string {
  const value = attributes.get('default')?.trim();
  if (value === undefined) return 'required';
  const optional = [
    ...(attributes.get('type') ?? '').matchAll(/^\s+(\w+)\s*= optional\((\w+)(?:, (.*))?\)$/gm),
  ];
  if (value !== '{}' || optional.length === 0) return `\`${value}\``;
  return optional.map(([, name, , fallback]) => `\`${name!} = ${fallback ?? 'null'}\``).join('<br>');
}

function renderType(source: string): string {
  return source.startsWith('object') ? '`object`' : `\`${source.trim()}\``;
}

/** The table for `variables.tf`. */
export function renderInputs(source: string): string {
  const rows = readBlocks(source, 'variable').map(
    ({ name, attributes }) =>
      `| \`${name}\` | ${renderDescription(attributes.get('description')!)} | ${renderType(attributes.get('type')!)} | ${renderDefault(attributes)} |`,
  );
  return ['| Input | Description | Type | Default |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The table for `outputs.tf`. */
export function renderOutputs(source: string): string {
  const rows = readBlocks(source, 'output').map(
    ({ name, attributes }) => `| \`${name}\` | ${renderDescription(attributes.get('description')!)} |`,
  );
  return ['| Output | Description |', '| --- | --- |', ...rows].join('\n');
}

/** `markdown` with the text between its markers replaced; unchanged without markers. */
export function replaceTables(
  markdown: string,
  tables: Readonly<Record<'inputs' | 'outputs', string>>,
): string {
  return Object.entries(tables).reduce(
    (text, [name, table]) =>
      text.replace(
        new RegExp(`(<!-- ${name}:begin -->\\n)[\\s\\S]*?(<!-- ${name}:end -->)`),
        (_, begin: string, end: string) => `${begin}${table}\n${end}`,
      ),
    markdown,
  );
}

/** The documents of the project in `folder` whose tables are out of date, with the correct text. */
export function findStaleDocuments(folder: string): ReadonlyMap<string, string> {
  const tables = {
    inputs: renderInputs(readFileSync(join(folder, 'variables.tf'), 'utf8')),
    outputs: renderOutputs(readFileSync(join(folder, 'outputs.tf'), 'utf8')),
  };
  const stale = new Map<string, string>();
  for (const document of documents.filter((path) => existsSync(join(folder, path)))) {
    const written = readFileSync(join(folder, document), 'utf8');
    const text = replaceTables(written, tables);
    if (text !== written) stale.set(document, text);
  }
  return stale;
}

if (process.argv[1]?.endsWith('terraform-tables.ts') === true) {
  const stale = findStaleDocuments('.');
  if (process.argv.includes('--check')) {
    for (const document of stale.keys()) {
      process.stderr.write(`${document} is out of date: run npx tsx scripts/terraform-tables.ts\n`);
    }
    process.exitCode = stale.size === 0 ? 0 : 1;
  } else {
    for (const [document, text] of stale) writeFileSync(document, text);
  }
}
