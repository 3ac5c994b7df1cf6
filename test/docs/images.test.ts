// Pictures come in two colour schemes, of which a page shows the one that its reader has.
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

test('there is a picture for the dark', () => {
  expect(darkNames).toContain('data-path-dark.svg');
});

describe.each(darkNames)('%s', (dark) => {
  const ofDark = splitStyle(read(dark));
  const ofLight = splitStyle(read(dark.replace('-dark', '')));

  test('shows what its light one shows', () => {
    expect(ofDark.drawing).toBe(ofLight.drawing);
  });

  test('has other colours, and leaves the choice to the page', () => {
    expect(ofDark.style).not.toBe(ofLight.style);
    expect(ofDark.style + ofLight.style).not.toContain('prefers-color-scheme');
  });

  test('says in words what it shows', () => {
    expect(ofDark.drawing).toMatch(/<title [^>]*>.+<\/title>\s*<desc [^>]*>.+<\/desc>/);
  });
});
