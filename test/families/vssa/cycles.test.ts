import { describe, expect, it } from 'vitest';

import { addCycles, attentionCycles } from '../../../src/families/vssa/attention-cycles.ts';
import type { ProductCycles } from '../../../src/families/vssa/attention-cycles.ts';
import { goldenArray } from '../../../src/families/vssa/golden-array.ts';
import { mixedTokens } from '../../../src/families/vssa/token-mix.ts';
import type { TokenMix } from '../../../src/families/vssa/token-mix.ts';
import type { Job } from '../../../src/testbench/job.ts';

const p = { rows: 16, cols: 16, skid: 0 };
const none = new Map<string, Uint8Array>();
const golden =
  (array = p) =>
  async (jobs: readonly Job[]) =>
    jobs.map((job) => goldenArray(array, job, none));
const cyclesOf = (mix: TokenMix, depth = 64) =>
  attentionCycles(p, { bits: mixedTokens(mix), depth, heads: 1, seed: mix.seed }, golden());

describe('made-up tokens', () => {
  it('have as many of each precision as the shares say, at places that the seed decides', () => {
    const bits = mixedTokens({ tokens: 384, eight: 0.395, pruned: 0.2, seed: 1 });
    const count = (precision: number): number => bits.filter((b) => b === precision).length;
    expect([count(8), count(4), count(0)]).toEqual([152, 155, 77]);
    expect(mixedTokens({ tokens: 384, eight: 0.395, pruned: 0.2, seed: 1 })).toEqual(bits);
    expect(mixedTokens({ tokens: 384, eight: 0.395, pruned: 0.2, seed: 2 })).not.toEqual(bits);
  });
});

describe('cycles of attention', () => {
  /**
   * Figures of a simulation in which every one of the 64 tiles pays its own way through the array, 30 cycles: sorted
   * exactly, unsorted for one draw of tokens.
   */
  const reference = [
    [0.25, 18137, 8320],
    [0.5, 18225, 11136],
    [0.75, 18228, 14464],
  ] as const;

  it.each(reference)(
    'with %d of 128 tokens at 8 bits are those of the reference, less the way through the array',
    async (eight, unsorted, sorted) => {
      const { scores, context } = await cyclesOf({ tokens: 128, eight, seed: 1 });
      // The way through the array is paid once, and 2 cycles for the first words and the last sum.
      expect(scores.sorted).toBe(sorted - 64 * 30 + 32);
      expect(scores.paddedIdeal).toBe(sorted - 64 * 30 + 30);
      expect(scores.ideal).toBe(sorted - 64 * 30);
      expect(scores.uniform8).toBe(64 * 64 * 4 + 32);
      // Another draw of the tokens: a tile in a hundred more or less has no token of 8 bits on one side.
      expect(Math.abs(scores.unsorted - (unsorted - 64 * 30 + 32))).toBeLessThan(0.01 * unsorted);
      // All keys follow each other; 8 groups of queries meet 4 groups of features.
      const keys = 128 + 128 * eight;
      expect(context['8-bit'].unsorted).toBe(8 * 4 * 2 * keys + 32);
      expect(context['8-bit'].sorted).toBe(8 * 4 * 2 * keys + 32);
      expect(context.query.sorted).toBe((8 + 8 * eight) * 4 * keys + 32);
    },
    60_000,
  );

  it('sorted reach 90 % of the padded ideal from 128 tokens on, for both products', async () => {
    const mixes = [
      { tokens: 128, eight: 0.395, pruned: 0.2 },
      { tokens: 150, eight: 0.3, pruned: 0.1 },
    ];
    for (const [seed, mix] of mixes.entries()) {
      const { scores, context } = await cyclesOf({ ...mix, seed }, 32);
      for (const cycles of [scores, context['8-bit'], context.query]) {
        expect(cycles.paddedIdeal).toBeGreaterThanOrEqual(0.9 * cycles.sorted);
        expect(cycles.ideal).toBeLessThanOrEqual(cycles.paddedIdeal);
        expect(cycles.sorted).toBeLessThanOrEqual(cycles.unsorted + 2);
      }
    }
  }, 60_000);

  it('in a run of several heads pay the way through the array once, and add up', async () => {
    const array = { rows: 4, cols: 4, skid: 1 };
    const bits = [8, 4, 0, 4, 8, 4, 4, 4, 8];
    const run = (heads: number) =>
      attentionCycles(array, { bits, depth: 8, heads, seed: 3 }, golden(array));
    const [one, three] = [await run(1), await run(3)];
    const rest = (cycles: ProductCycles): number => cycles.paddedIdeal - 6;
    expect(rest(three.scores)).toBe(3 * rest(one.scores));
    expect(rest(three.context.query)).toBe(3 * rest(one.context.query));
    expect(three.scores.sorted).toBe(three.scores.paddedIdeal + 2);
    const { scores } = addCycles(one, three);
    expect(scores.sorted).toBe(one.scores.sorted + three.scores.sorted);
    const { busy, stalled, starved } = scores.stalls.unsorted;
    expect(busy + stalled + starved).toBe(16 * scores.unsorted);
    // Eight tokens are alive: 3 of 8 bits make 11 digits; without edges a product is 8 x 11 x 11 digit products.
    expect(one.scores.ideal).toBe((8 * 11 * 11) / 16);
    expect(one.context['8-bit'].ideal).toBe((8 * 16 * 11) / 16);
  });

  it('are refused where the sums are not those of the product', async () => {
    const wrong = async (jobs: readonly Job[]) =>
      (await golden()(jobs)).map((outcome) => {
        const results = outcome.outputs['results']!.slice();
        results[0]! ^= 1;
        return { ...outcome, outputs: { results } };
      });
    await expect(
      attentionCycles(p, { bits: [8, 4], depth: 2, heads: 1, seed: 1 }, wrong),
    ).rejects.toThrow(/row 0, column 0/);
  });
});
