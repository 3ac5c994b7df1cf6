import { buildDecoder } from './build-decoder.mjs';

export default async function setup() {
  await buildDecoder();
}
