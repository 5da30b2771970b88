import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { goldenTopK } from '../../../src/families/vssa/golden-topk.ts';
import { naiveTopK } from './naive.ts';

const run = (
  scores: readonly number[],
  k0: number,
  k1: number,
  isProtected: readonly number[] = [],
  live: readonly number[] = scores.map(() => 1),
) => goldenTopK({ scores, live, isProtected, k0, k1 });

describe('the two-level selection', () => {
  it('keeps the earlier of equal tokens on both levels', () => {
    expect(run([5, 5, 5, 5, 5], 3, 1)).toEqual({ eight: [0], four: [1, 2] });
    expect(run([1, 9, 4, 9, 4, 9], 4, 2)).toEqual({ eight: [1, 3], four: [2, 5] });
  });

  it('gives its lists in the order of tokens, not of scores', () => {
    expect(run([1, 2, 3, 4], 4, 2)).toEqual({ eight: [2, 3], four: [0, 1] });
  });

  it('lets protected tokens survive, at the cost of others, and without more bits', () => {
    expect(run([0, 7, 8, 9, 0], 3, 1, [1, 0, 0, 0, 1])).toEqual({ eight: [3], four: [0, 4] });
    // More protected tokens than places.
    expect(run([3, 2, 1], 1, 9, [1, 0, 1])).toEqual({ eight: [0, 2], four: [] });
  });

  it('leaves pruned tokens pruned, whatever they score, and may give back bits', () => {
    const first = run([9, 1, 5], 2, 1, [0, 1, 0]);
    expect(first).toEqual({ eight: [0], four: [1] });
    expect(run([9, 12, 99], 3, 1, [], [8, 4, 0])).toEqual({ eight: [1], four: [0] });
  });

  it.each([
    ['one token', [7], 1, 1, [1], { eight: [0], four: [] }],
    ['one token at 4 bits', [7], 1, 0, [1], { eight: [], four: [0] }],
    ['all pruned but [CLS]', [0, 9, 9, 9], 1, 0, [1, 0, 0, 0], { eight: [], four: [0] }],
    ['all with 8 bits', [3, 1, 2], 3, 3, [1, 0, 0], { eight: [0, 1, 2], four: [] }],
    ['all with 4 bits', [3, 1, 2], 3, 0, [1, 0, 0], { eight: [], four: [0, 1, 2] }],
    ['no token', [], 1, 1, [], { eight: [], four: [] }],
  ])('takes %s', (_, scores, k0, k1, isProtected, expected) => {
    expect(run(scores, k0, k1, isProtected)).toEqual(expected);
  });

  it('selects whom counting selects', () => {
    const small = fc.integer({ min: 0, max: 3 });
    const large = fc.integer({ min: 0, max: 2 ** 40 - 1 });
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            score: fc.oneof(small, large),
            live: fc.constantFrom(0, 4, 8),
            isProtected: fc.boolean(),
          }),
          { maxLength: 24 },
        ),
        fc.nat(26),
        fc.nat(26),
        (tokens, k0, k1) => {
          const scores = tokens.map(({ score }) => score);
          const live = tokens.map((token) => token.live);
          const guarded = tokens.map((token) => (token.isProtected && token.live > 0 ? 1 : 0));
          expect(run(scores, k0, k1, guarded, live)).toEqual(
            naiveTopK(scores, live, guarded, k0, k1),
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});
