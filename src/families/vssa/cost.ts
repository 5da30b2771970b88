import type { ProbabilityMode } from './format/probabilities.ts';
import type { LayerPlan, PrecisionCounts } from './schedule.ts';
import { countsOf } from './schedule.ts';

/**
 * Costs in products of two 4-bit digits: a product of two 8-bit words is four of them. These are what the multipliers
 * have to do, without the fill of arrays and without stalls (docs/vssa.md).
 */

/** Digit products of a dense product of 8-bit words. */
export const denseDigits = 4;

/** Tokens of 4 and of 8 bits: numbers of them, or shares of all tokens. */
export interface Mix {
  readonly 4: number;
  readonly 8: number;
}

/** Digits of all tokens, each once. */
const digits = (mix: Mix): number => mix[4] + 2 * mix[8];

/** Of q k^T, per dense product where `mix` holds shares, per index of the head where it holds numbers. */
export const scoresDigits = (mix: Mix): number => digits(mix) ** 2;

/** Of p v, likewise. */
export const contextDigits = (mix: Mix, pMode: ProbabilityMode): number =>
  pMode === 'query' ? digits(mix) ** 2 : 2 * (mix[4] + mix[8]) * digits(mix);

/** Of a linear layer, per weight: with weights of 8 bits, or clipped to 4 where they meet a token of 4. */
export const linearDigits = (mix: Mix, weights: '8-bit' | 'clipped'): number =>
  weights === 'clipped' ? mix[4] + 4 * mix[8] : 2 * digits(mix);

/** What is fetched of keys and values, beside all of them at 8 bits. */
export const trafficShare = (mix: Mix): number => mix[8] + mix[4] / 2;

/** How many times fewer digit products the attention of a head takes than dense 8-bit words; `mix` in shares. */
export const headSpeedup = (mix: Mix, pMode: ProbabilityMode): number =>
  (2 * denseDigits) / (scoresDigits(mix) + contextDigits(mix, pMode));

/** What a layer of an encoder multiplies. */
export interface LayerShape {
  readonly hidden: number;
  readonly intermediate: number;
}

export interface CostModes {
  readonly scope: 'attention' | 'full';
  readonly pMode: ProbabilityMode;
  readonly weights: '8-bit' | 'clipped';
  readonly pruned: 'residual' | 'mean';
}

/** Digit products by what they are for. */
export interface DigitProducts {
  readonly scores: number;
  readonly context: number;
  readonly linear: number;
}

/** One layer over one sequence, all heads. */
export function layerDigits(
  counts: PrecisionCounts,
  { hidden, intermediate }: LayerShape,
  { scope, pMode, weights }: CostModes,
): DigitProducts {
  const perToken = 4 * hidden ** 2 + 2 * hidden * intermediate;
  const live = counts[4] + counts[8];
  return {
    scores: hidden * scoresDigits(counts),
    context: hidden * contextDigits(counts, pMode),
    linear: perToken * (scope === 'full' ? linearDigits(counts, weights) : denseDigits * live),
  };
}

const sumOf = ({ scores, context, linear }: DigitProducts): number => scores + context + linear;

/** What a sequence is to a cost. */
export interface SequenceShape {
  readonly length: number;
  /** How many of its tokens are protected. */
  readonly isProtected: number;
}

/** Digit products of a schedule beside those of all tokens at 8 bits, 0 .. 1. */
export interface ScheduleCost {
  /** Of the encoder's layers as a whole. */
  readonly model: number;
  /** Of both products of attention alone. */
  readonly attention: number;
}

/** The cost of a schedule over sequences: rounding and protected tokens included. */
export function scheduleCost(
  plan: readonly LayerPlan[],
  sequences: readonly SequenceShape[],
  shape: LayerShape,
  modes: CostModes,
): ScheduleCost {
  const sum = { model: 0, attention: 0, allModel: 0, allAttention: 0 };
  const dense = { ...modes, pMode: '8-bit', scope: 'attention' } as const;
  for (const { length, isProtected } of sequences) {
    const all = layerDigits({ 8: length, 4: 0, 0: 0 }, shape, dense);
    for (const counts of countsOf(plan, length, isProtected, modes.pruned === 'mean')) {
      const spent = layerDigits(counts, shape, modes);
      sum.model += sumOf(spent);
      sum.attention += spent.scores + spent.context;
      sum.allModel += sumOf(all);
      sum.allAttention += all.scores + all.context;
    }
  }
  return { model: sum.model / sum.allModel, attention: sum.attention / sum.allAttention };
}
