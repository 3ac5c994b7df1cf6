import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  findStaleDocuments,
  renderInputs,
  renderOutputs,
  replaceTables,
} from '../../scripts/terraform-tables.ts';

const projectFolder = join(__dirname, '..', '..');

test('the documents list every input and output of the module', () => {
  expect([...findStaleDocuments(projectFolder).keys()]).toEqual([]);
  // A document without markers would always count as up to date.
  expect(readFileSync(join(projectFolder, 'docs', 'module.md'), 'utf8')).toMatch(
    /<!-- inputs:begin -->\n[^]*<!-- inputs:end -->[^]*<!-- outputs:begin -->\n[^]*<!-- outputs:end -->/,
  );
});

describe('renderInputs', () => {
  const render = (source: string) => renderInputs(source).split('\n').slice(2);

  test('shows the description, type and default of a simple input', () => {
    expect(
      render(`# A comment.

variable "name" {
  description = "Begins \\"every\\" name | all."
  type        = string
  default     = "soci"
  nullable    = false

  # Why.
  validation {
    condition     = var.name != ""
    error_message = "Write a name."
  }
}
`),
    ).toEqual(['| `name` | Begins "every" name \\| all. | `string` | `"soci"` |']);
  });

  test('marks an input without a default as required', () => {
    expect(render('variable "name" {\n  description = "A name."\n  type        = string\n}\n')).toEqual([
      '| `name` | A name. | `string` | required |',
    ]);
  });

  test('shows an object’s attributes with their defaults, and the items of its description', () => {
    expect(
      render(`variable "generator" {
  description = <<-EOT
    The function,
    in two lines.
    - \`memory_mb\`: its memory,
      in MB.
    - \`concurrency\`: how many.
  EOT
  type = object({
    memory_mb   = optional(number, 1769)
    concurrency = optional(number)
  })
  default  = {}
  nullable = false
}

variable "next" {
  description = "Next."
  type        = list(string)
  default     = []
}
`),
    ).toEqual([
      '| `generator` | The function, in two lines.<br>• `memory_mb`: its memory, in MB.<br>• `concurrency`: how many. | `object` | `memory_mb = 1769`<br>`concurrency = null` |',
      '| `next` | Next. | `list(string)` | `[]` |',
    ]);
  });
});

test('the table of outputs shows names and descriptions, but no values', () => {
  expect(
    renderOutputs(`output "queue_url" {
  description = "URL of the queue."
  value       = one(aws_sqs_queue.this[*].url)
}

output "command" {
  description = "A command."
  value = join(" ", [
    "aws",
  ])
}
`),
  ).toBe(
    '| Output | Description |\n| --- | --- |\n| `queue_url` | URL of the queue. |\n| `command` | A command. |',
  );
});

test('tables replace only the text between their markers', () => {
  const markdown =
    '# A\n<!-- inputs:begin -->\nold\n<!-- inputs:end -->\n\n<!-- outputs:begin -->\n<!-- outputs:end -->\nZ\n';
  expect(replaceTables(markdown, { inputs: 'IN $1', outputs: 'OUT' })).toBe(
    '# A\n<!-- inputs:begin -->\nIN $1\n<!-- inputs:end -->\n\n<!-- outputs:begin -->\nOUT\n<!-- outputs:end -->\nZ\n',
  );
  expect(replaceTables('# No markers\n', { inputs: 'IN', outputs: 'OUT' })).toBe('# No markers\n');
});
