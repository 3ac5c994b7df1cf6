// Entry point of the GitHub Action's bundle. The command line's bundle is in the same directory.
import { fileURLToPath } from 'node:url';
import { runAction } from './run-action.ts';

const commandPath = fileURLToPath(new URL('./soci-index.mjs', import.meta.url));
process.exitCode = await runAction(process.env, commandPath);
