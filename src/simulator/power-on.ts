/**
 * Power-on values of state that nothing initialises.
 *
 * They depend on the seed and on the path of the state alone, so that every engine of this folder
 * starts a design from the same values, whatever it optimises.
 */

/** A generator of 32-bit words for the state at `path`. */
export function powerOnWords(seed: number, path: string): () => number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < path.length; i++) hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  // FNV-1a leaves similar paths similar in the high bits; this finalizer (MurmurHash3) mixes them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  let state = hash ^ (hash >>> 16) || 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state | 0;
  };
}

/** The next value of `width` bits, as 32-bit words, lowest first, zero-extended. */
export function powerOnValue(next: () => number, width: number): number[] {
  const words: number[] = [];
  for (let rest = width; rest > 0; rest -= 32) {
    const word = next();
    words.push(rest >= 32 ? word : word & (2 ** rest - 1));
  }
  return words;
}
