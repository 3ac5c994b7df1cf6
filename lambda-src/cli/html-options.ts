// The options of inspect and estimate for an HTML report.
import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { ConfigError } from '../core/errors.ts';
import { openOutput, type OutputFile } from './output-file.ts';

export interface HtmlOptions {
  readonly html?: string;
  readonly verify?: string;
}

/** The files that the options name, opened before any other work. */
export interface HtmlRequest {
  readonly output: OutputFile;
  /** The output of `verify --json`, and its file. */
  readonly verified?: { readonly file: string; readonly text: string };
}

export function addHtmlOptions(command: Command): Command {
  const options = [
    new Option('--html <file>', 'also write a report as one HTML page'),
    new Option('--verify <file>', 'output of verify --json, to show on the page'),
  ];
  for (const option of options) command.addOption(option.helpGroup('Output:'));
  return command;
}

/**
 * @param inputPath As for `openOutput`.
 * @returns undefined if no page is requested.
 * @throws ConfigError if only `--verify` is given; as `openOutput`; Error if the file of `--verify` cannot be read.
 */
export async function openHtml(
  { html, verify }: HtmlOptions,
  inputPath?: string,
): Promise<HtmlRequest | undefined> {
  if (html === undefined) {
    if (verify === undefined) return undefined;
    throw new ConfigError(['--verify requires --html, which writes the page']);
  }
  const output = await openOutput(html, inputPath ?? verify, '--html');
  if (verify === undefined) return { output };
  return { output, verified: { file: verify, text: await readFile(verify, 'utf8') } };
}
