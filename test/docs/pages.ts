// The project's pages of Markdown, as its tests read them: code blocks with what is said of them, links, headings.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const projectFolder = join(__dirname, '..', '..');

export interface Page {
  /** From the project's folder: `docs/module.md`. */
  readonly path: string;
  readonly text: string;
}

/** Folders in which all Markdown is a reader's, with what lies in them. */
const deepFolders = ['docs', 'examples', 'modules'];

/** Every page that a reader may come to, in the order of their paths. */
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

/** A fenced block of code. */
export interface CodeBlock {
  /** Of the page. */
  readonly path: string;
  /** Of the fence that opens it. */
  readonly line: number;
  /** `sh`; empty where none is named. */
  readonly language: string;
  /** What HTML comments in the lines right before it say: `needs AWS`. */
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
    if (end === -1) throw new Error(`${path}:${start + 1}: a block of code without an end`);
    const marks: string[] = [];
    for (let line = start - 1; comment.test(lines[line] ?? ''); line--) {
      marks.push(comment.exec(lines[line]!)![1]!);
    }
    blocks.push({ path, line: start + 1, language, marks, text: lines.slice(start + 1, end).join('\n') });
    start = end;
  }
  return blocks;
}

/** The text without code, in blocks and in lines; what is left has its place. */
export function withoutCode(text: string): string {
  return text
    .replace(/^```[^]*?^```$/gm, (block) => block.replace(/[^\n]/g, ''))
    .replace(/`[^`\n]+`/g, (code) => ' '.repeat(code.length));
}

/** The code in lines: `lambda-src/core`. */
export function findInlineCode({ text }: Page): readonly string[] {
  const prose = text.replace(/^```[^]*?^```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

/** Where a page points to: links, images, and pictures of either colour scheme. */
export function findLinks({ text }: Page): readonly string[] {
  const prose = withoutCode(text);
  return [
    ...[...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target!),
    ...[...prose.matchAll(/<(?:img|source|a)\s[^>]*?(?:src|srcset|href)="([^"]+)"/g)].map(
      ([, target]) => target!,
    ),
  ];
}

/** The anchors that GitHub makes of a page's headings. */
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
