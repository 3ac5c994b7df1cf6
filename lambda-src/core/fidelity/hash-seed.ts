// Where hashing begins: another number in each process, so that nobody can write a layer whose names all collide.
// Results do not depend on it: no table is read in the order of its hashes.
import { randomBytes } from 'node:crypto';

/** 32 bits, odd. */
export const hashSeed = randomBytes(4).readInt32LE() | 1;
