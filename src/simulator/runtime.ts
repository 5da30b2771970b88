/** What compiled code calls for rare operations; all on arrays of 32-bit words, lowest first. */

/** Powers of two for shifts of doubles. */
export const powers = Float64Array.from({ length: 65 }, (_, i) => 2 ** i);

/** 32 bits of an array from bit `bit` after element `base`; what lies above is the caller's to cut. */
export function bitsAt(words: Int32Array, base: number, bit: number): number {
  const at = base + (bit >>> 5);
  const shift = bit & 31;
  if (shift === 0) return words[at]!;
  return (words[at]! >>> shift) | (words[at + 1]! << (32 - shift));
}

/** 1 where the number of ones is odd. */
export function parity(word: number): number {
  let x = word;
  x ^= x >>> 16;
  x ^= x >>> 8;
  x ^= x >>> 4;
  return (0x6996 >>> (x & 15)) & 1;
}

/** x[0 .. n) times x[n .. 2n), modulo 2^(32n), into x[2n .. 3n). */
export function multiplyWords(x: Int32Array, n: number): void {
  x.fill(0, 2 * n, 3 * n);
  for (let i = 0; i < n; i++) {
    const a = x[i]! >>> 0;
    if (a === 0) continue;
    const [aLow, aHigh] = [a & 0xffff, a >>> 16];
    let carry = 0;
    for (let j = 0; i + j < n; j++) {
      const b = x[n + j]! >>> 0;
      const [bLow, bHigh] = [b & 0xffff, b >>> 16];
      // Each sum stays below 2^53, so doubles are exact.
      const middle = aLow * bHigh + aHigh * bLow;
      const low = aLow * bLow + (middle % 0x10000) * 0x10000 + carry + (x[2 * n + i + j]! >>> 0);
      x[2 * n + i + j] = low | 0;
      carry = aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(low / 0x100000000);
    }
  }
}

/** x[0 .. n) shifted left by `amount` (0 .. 32n - 1) into x[n .. 2n). */
export function shiftWordsLeft(x: Int32Array, n: number, amount: number): void {
  const skip = amount >>> 5;
  const shift = amount & 31;
  for (let i = 0; i < n; i++) {
    const low = i - skip - 1 >= 0 ? x[i - skip - 1]! : 0;
    const high = i - skip >= 0 ? x[i - skip]! : 0;
    x[n + i] = shift === 0 ? high : (high << shift) | (low >>> (32 - shift));
  }
}

/** x[0 .. n) shifted right by `amount` (0 .. 32n - 1) into x[n .. 2n), filled with words `fill`. */
export function shiftWordsRight(x: Int32Array, n: number, amount: number, fill: number): void {
  const skip = amount >>> 5;
  const shift = amount & 31;
  for (let i = 0; i < n; i++) {
    const low = i + skip < n ? x[i + skip]! : fill;
    const high = i + skip + 1 < n ? x[i + skip + 1]! : fill;
    x[n + i] = shift === 0 ? low : (low >>> shift) | (high << (32 - shift));
  }
}
