// Each picture exists in a light and a dark color scheme. The page shows the one that the reader's system uses.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from './pages.ts';

const folder = join(projectFolder, 'docs', 'images');
const darkNames = readdirSync(folder).filter((name) => name.endsWith('-dark.svg'));

const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const splitStyle = (svg: string) => {
  const style = /<style>[^]*<\/style>/.exec(svg)?.[0] ?? '';
  return { style, drawing: svg.replace(style, '') };
};

test('dark pictures exist', () => {
  expect(darkNames).toContain('data-path-dark.svg');
});

describe.each(darkNames)('%s', (dark) => {
  const ofDark = splitStyle(read(dark));
  const ofLight = splitStyle(read(dark.replace('-dark', '')));

  test('has the same drawing as the light picture', () => {
    expect(ofDark.drawing).toBe(ofLight.drawing);
  });

  test('differs from the light picture in its colors, and does not choose between them', () => {
    expect(ofDark.style).not.toBe(ofLight.style);
    expect(ofDark.style + ofLight.style).not.toContain('prefers-color-scheme');
  });

  test('has a title and a description', () => {
    expect(ofDark.drawing).toMatch(/<title [^>]*>.+<\/title>\s*<desc [^>]*>.+<\/desc>/);
  });
});
