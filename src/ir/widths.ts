/**
 * Bits of an address into `depth` words (1 .. 2^32): `max(1, ceil(log2 depth))`, so that a memory of
 * a single word has an address port too.
 */
export function addressBits(depth: number): number {
  return depth <= 2 ? 1 : 32 - Math.clz32(depth - 1);
}
