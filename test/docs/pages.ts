// Reads the project's Markdown pages for the tests: their code blocks with marks, links and headings.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const projectFolder = join(__dirname, '..', '..');

export interface Page {
  /** Relative to the project's folder: `docs/module.md`. */
  readonly path: string;
  readonly text: string;
}

/** Folders in which all Markdown files, at any depth, are for readers. */
const deepFolders = ['docs', 'examples', 'modules'];

/** Every page for readers, sorted by path. */
export function readPages(): readonly Page[] {
  const paths = [
    ...readdirSync(projectFolder),
    ...deepFolders.flatMap((folder) =>
      readdirSync(join(projectFolder, folder), { recursive: true, encoding: 'utf8' }).map(
        (path) => `${folder}/${path}`,
      ),
    ),
  ];
  return paths
    .filter((path) => path.endsWith('.md') && !path.includes('.terraform'))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(projectFolder, path), 'utf8') }));
}

/** A fenced code block. */
export interface CodeBlock {
  /** The page's path. */
  readonly path: string;
  /** The line of the opening fence. */
  readonly line: number;
  /** For example `sh`; empty if the block names no language. */
  readonly language: string;
  /** The HTML comments in the lines right before the block, such as `needs AWS`. */
  readonly marks: readonly string[];
  readonly text: string;
}

const fence = /^```(\w*)$/;
const comment = /^<!-- (.+) -->$/;

export function findCodeBlocks({ path, text }: Page): readonly CodeBlock[] {
  const lines = text.split('\n');
  const blocks: CodeBlock[] = [];
  for (let start = 0; start < lines.length; start++) {
    const language = fence.exec(lines[start]!)?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', start + 1);
    if (end === -1) throw new Error(`${path}:${start + 1}: the code block is not closed`);
    const marks: string[] = [];
    for (let line = start - 1; comment.test(lines[line] ?? ''); line--) {
      marks.push(comment.exec(lines[line]!)![1]!);
    }
    blocks.push({ path, line: start + 1, language, marks, text: lines.slice(start + 1, end).join('\n') });
    start = end;
  }
  return blocks;
}

/** The text without code blocks and inline code. The rest keeps its position. */
export function withoutCode(text: string): string {
  return text
    .replace(/^```[^]*?^```$/gm, (block) => block.replace(/[^\n]/g, ''))
    .replace(/`[^`\n]+`/g, (code) => ' '.repeat(code.length));
}

/** The inline code, such as `lambda-src/core`. */
export function findInlineCode({ text }: Page): readonly string[] {
  const prose = text.replace(/^```[^]*?^```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

/** The targets of links, images, and pictures of both color schemes. */
export function findLinks({ text }: Page): readonly string[] {
  const prose = withoutCode(text);
  return [
    ...[...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target!),
    ...[...prose.matchAll(/<(?:img|source|a)\s[^>]*?(?:src|srcset|href)="([^"]+)"/g)].map(
      ([, target]) => target!,
    ),
  ];
}

/** The anchors that GitHub makes for a page's headings. */
export function findAnchors({ text }: Page): ReadonlySet<string> {
  const anchors = new Set<string>();
  const prose = text.replace(/^```[^]*?^```$/gm, '');
  for (const [, heading] of prose.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
