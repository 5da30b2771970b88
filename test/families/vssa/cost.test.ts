import { describe, expect, it } from 'vitest';

import {
  contextDigits,
  headSpeedup,
  layerDigits,
  linearDigits,
  scheduleCost,
  scoresDigits,
  trafficShare,
} from '../../../src/families/vssa/cost.ts';
import type { CostModes } from '../../../src/families/vssa/cost.ts';
import { vssaOptions } from '../../../src/families/vssa/options.ts';
import { scheduleOf } from '../../../src/families/vssa/schedule.ts';

/** 40.5 % of the tokens with 4 bits, 20 % pruned: what is quoted of the paper. */
const published = { 4: 0.405, 8: 0.395 };
const half = { 4: 0.5, 8: 0.5 };
const modes: CostModes = {
  scope: 'attention',
  pMode: '8-bit',
  weights: '8-bit',
  pruned: 'residual',
};
const shape = { hidden: 4, intermediate: 8 };

/** Digit products counted one by one: word a has as many digits as its precision says. */
function counted(left: readonly number[], right: readonly number[]): number {
  let products = 0;
  for (const a of left) for (const b of right) products += (a / 4) * (b / 4);
  return products;
}

describe('costs in digit products', () => {
  it('give the bounds that are known of whole heads, by the bits of probabilities', () => {
    expect(headSpeedup(published, 'query')).toBeCloseTo(2.8, 2);
    expect(headSpeedup(published, '8-bit').toFixed(2)).toBe('2.40');
    expect(headSpeedup(half, 'query').toFixed(2)).toBe('1.78');
    expect(headSpeedup(half, '8-bit').toFixed(2)).toBe('1.52');
    expect(headSpeedup({ 4: 0, 8: 1 }, '8-bit')).toBe(1);
    expect(headSpeedup({ 4: 1, 8: 0 }, 'query')).toBe(4);
    // 28 % pruned, 40 % with 4 bits, 32 % with 8: what explains the published throughput.
    expect(headSpeedup({ 4: 0.4, 8: 0.32 }, 'query')).toBeCloseTo(3.7, 1);
    expect(trafficShare(published)).toBeCloseTo(0.5975, 10);
  });

  it('are what counting gives', () => {
    const tokens = [8, 8, 4, 4, 4];
    const mix = { 8: 2, 4: 3 };
    const eight = tokens.map(() => 8);
    expect(scoresDigits(mix)).toBe(counted(tokens, tokens));
    expect(contextDigits(mix, 'query')).toBe(counted(tokens, tokens));
    expect(contextDigits(mix, '8-bit')).toBe(counted(eight, tokens));
    expect(linearDigits(mix, '8-bit')).toBe(counted(tokens, [8]));
    expect(linearDigits(mix, 'clipped')).toBe(counted([8, 8], [8]) + counted([4, 4, 4], [4]));
  });

  it('of a layer leave linear layers at 8 bits unless the scope is full', () => {
    const counts = { 8: 2, 4: 3, 0: 5 };
    const perToken = 4 * 16 + 2 * 32;
    expect(layerDigits(counts, shape, modes).linear).toBe(perToken * 4 * 5);
    expect(layerDigits(counts, shape, { ...modes, scope: 'full' }).linear).toBe(perToken * 14);
    expect(layerDigits(counts, shape, { ...modes, scope: 'full', weights: 'clipped' }).linear).toBe(
      perToken * 11,
    );
    expect(layerDigits(counts, shape, modes)).toMatchObject({ scores: 4 * 49, context: 4 * 70 });
  });

  it('of a schedule are those of its sequences beside 8 bits for all tokens', () => {
    const all8 = scheduleOf(vssaOptions.parse({ rho: 1 }), 4);
    const sequences = [
      { length: 10, isProtected: 3 },
      { length: 31, isProtected: 2 },
    ];
    expect(scheduleCost(all8, sequences, shape, modes)).toEqual({ model: 1, attention: 1 });
    const all4 = scheduleOf(vssaOptions.parse({ rho: 0 }), 2);
    const { attention, model } = scheduleCost(all4, sequences, shape, { ...modes, pMode: 'query' });
    // One layer of two at a quarter.
    expect(attention).toBe(0.625);
    expect(model).toBeGreaterThan(attention);
    const full = scheduleCost(all4, sequences, shape, {
      ...{ scope: 'full', pMode: 'query', weights: 'clipped', pruned: 'residual' },
    });
    expect(full.model).toBe(0.625);
  });
});
