// Bit operations that several steps share. AssemblyScript.

/** A refill by single bytes stops at this many bits, because one more byte might not fit. */
@inline export const REFILLED_BITS: u32 = 56;

/** The lowest `count` bits; `count` is below 32, and only its low 5 bits are used. */
@inline
export function lowBits(bits: u64, count: u32): u32 {
  return <u32>bits & ((1 << count) - 1);
}

/** The lowest `count` bits; `count` is below 64. */
@inline
export function lowBits64(bits: u64, count: u32): u64 {
  return bits & ((<u64>1 << count) - 1);
}
