import { rng } from '../../numeric/index.ts';

/** A made-up sequence, where no model is at hand. */
export interface TokenMix {
  readonly tokens: number;
  /** Share of all tokens with 8 bits, 0 .. 1. */
  readonly eight: number;
  /** Share that is pruned, 0 unless given; the others have 4 bits. */
  readonly pruned?: number;
  readonly seed: number;
}

/** Bits of each token: as many of 8 and 0 as the shares say, rounded, at random places. */
export function mixedTokens({ tokens, eight, pruned = 0, seed }: TokenMix): readonly number[] {
  const { below } = rng(seed);
  const wide = Math.round(eight * tokens);
  const dead = Math.min(tokens - wide, Math.round(pruned * tokens));
  const bits = Array.from({ length: tokens }, (_, token): number =>
    token < wide ? 8 : token < tokens - dead ? 4 : 0,
  );
  for (let token = tokens - 1; token > 0; token--) {
    const other = below(token + 1);
    [bits[token], bits[other]] = [bits[other]!, bits[token]!];
  }
  return bits;
}
