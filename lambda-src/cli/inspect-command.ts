// soci-index inspect IMAGE|FILE: shows the SOCI indexes of an image, or the contents of a zTOC.
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { ConfigError } from '../core/errors.ts';
import { escapeText, quoteText } from '../core/oci/quotation.ts';
import { parseReference } from '../core/oci/reference.ts';
import { addExamples } from './help-text.ts';
import { addHtmlOptions, type HtmlOptions } from './html-options.ts';
import { addImageAccessOptions, type ImageAccessOptions } from './open-image.ts';
import { jsonOption } from './options.ts';

export function addInspectCommand(program: Command): void {
  const command = program
    .command('inspect')
    .argument('<image|file>', 'an image (REGISTRY/REPO[:TAG][@DIGEST], oci:DIR[:TAG]), or a zTOC file')
    .description("show an image's SOCI indexes, or the contents of a zTOC");
  addHtmlOptions(addImageAccessOptions(command).addOption(jsonOption())).action(
    async (name: string, options: ImageAccessOptions & HtmlOptions & { readonly json: boolean }) => {
      const isOfFile = await isFile(name);
      if (isOfFile && options.html !== undefined) {
        throw new ConfigError([`--html needs an image, but ${quoteText(name)} is a file`]);
      }
      const report = isOfFile
        ? await (await import('./inspect-ztoc.ts')).inspectZtoc(name, options.json)
        : [await (await import('./inspect-image.ts')).inspectImage(name, options)];
      for (const piece of report) {
        if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
      }
    },
  );
  addExamples(
    command,
    [
      {
        purpose: 'show which layers load lazily, and the largest files',
        line: 'soci-index inspect localhost:5000/app:v1-soci',
      },
      {
        purpose: 'also write an HTML page that includes the output of verify --json',
        line: 'soci-index inspect localhost:5000/app:v1-soci --html report.html --verify verified.json',
      },
      { purpose: 'list every span and file of a zTOC', line: 'soci-index inspect layer.ztoc --json' },
    ],
    ['Reads manifests and zTOCs, but no layers. To check an index against its layers, use verify.'],
  );
}

/**
 * A name with a slash may be an image or a file. It is taken for a file if one of that name exists.
 *
 * @throws ConfigError if it is neither.
 */
async function isFile(name: string): Promise<boolean> {
  const found = await stat(name).catch(() => undefined);
  if (found?.isFile() === true) return true;
  try {
    parseReference(name);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problem =
      found?.isDirectory() === true
        ? `${quoteText(name)} is a directory: for an OCI image layout, write oci:${escapeText(name)}`
        : `${quoteText(name)} is neither a file nor an image`;
    throw new ConfigError([problem, ...error.faults]);
  }
  return false;
}
