import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { addExamples, formatHelpItem, narrowestText } from '../../lambda-src/cli/help-text.ts';

function helpIn(columns: number): string {
  let text = '';
  const command = new Command('pull')
    .configureHelp({ formatItem: formatHelpItem, minWidthToWrap: narrowestText })
    .configureOutput({ getOutHelpWidth: () => columns, writeOut: (part) => (text += part) })
    .description('fetch an image')
    .option('--platform <os/arch>', 'the platform to fetch, if the image has several of them');
  addExamples(command, [{ purpose: 'fetch the image for one platform', line: 'pull app' }]);
  command.outputHelp();
  return text;
}

describe('the help', () => {
  test('has descriptions beside the options on a wide screen', () => {
    expect(helpIn(80)).toMatch(
      /^ {2}--platform <os\/arch> {2}the platform to fetch, if the image has several/m,
    );
  });

  test('has wrapped descriptions below the options on a narrow screen', () => {
    const help = helpIn(40);
    expect(help).toContain(
      '  --platform <os/arch>\n      the platform to fetch, if the\n      image has several of them\n',
    );
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  });

  test.each([
    [2 + 20 + 2 + 32, /^ {2}--platform <os\/arch> {2}the/m],
    [2 + 20 + 2 + 31, /^ {2}--platform <os\/arch>\n {6}the/m],
  ])('places descriptions by the width that is left for them: %i columns', (columns, place) => {
    expect(helpIn(columns)).toMatch(place);
  });
});
