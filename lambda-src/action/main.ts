// Where the bundle of the GitHub Action begins. The command line's bundle is beside it.
import { fileURLToPath } from 'node:url';
import { runAction } from './run-action.ts';

const commandPath = fileURLToPath(new URL('./soci-index.mjs', import.meta.url));
process.exitCode = await runAction(process.env, commandPath);
