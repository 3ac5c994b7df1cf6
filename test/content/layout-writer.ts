// A process that tags images in an OCI layout. Arguments: DIRECTORY PREFIX COUNT. It prints `ready`, and starts when it receives input.
import { once } from 'node:events';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import { pushSample, sampleImage } from './sample-content.ts';

const [directory = '', prefix = '', count = ''] = process.argv.slice(2);
const store = new LayoutStore(directory);
process.stdout.write('ready');
await once(process.stdin, 'data');
for (let number = 0; number < Number(count); number++) {
  await pushSample(store, sampleImage(`${prefix}${number}`), `${prefix}${number}`);
}
process.stdin.destroy();
