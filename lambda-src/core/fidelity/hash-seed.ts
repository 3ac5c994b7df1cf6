// The hash seed. It differs in each process, so that nobody can craft a layer whose names all collide. Results do not depend
// on it, because no table is read in hash order.
import { randomBytes } from 'node:crypto';

/** 32 bits, odd. */
export const hashSeed = randomBytes(4).readInt32LE() | 1;
