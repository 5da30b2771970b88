/** Values between BigInt and 32-bit words, lowest word first. Not for the hot path. */

export function wordCount(width: number): number {
  return (width + 31) >>> 5;
}

export function wordsToBigInt(words: ArrayLike<number>, offset: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[offset + i]! >>> 0);
  return value;
}

export function bigIntToWords(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    Number(BigInt.asIntN(32, value >> BigInt(32 * i))),
  );
}
