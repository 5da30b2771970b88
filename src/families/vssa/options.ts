import { z } from 'zod';

import { shortCodes } from './format/codes.ts';
import { probabilityModes } from './format/probabilities.ts';

const share = z.number().min(0).max(1);

/** Options of the method, each with what it means; docs/vssa.md says more. */
export const vssaOptions = z.strictObject({
  firstLayers8: z
    .int()
    .min(1)
    .default(1)
    .describe('first layers in which every token has 8 bits and none is pruned'),
  unprunedLayers: z
    .int()
    .min(0)
    .default(0)
    .describe('first layers that keep all tokens; 0 for 15 % of the layers, at least 3'),
  r0End: share.default(1).describe('share of tokens that survive in the last layer'),
  rho: share.default(0.5).describe('share of tokens with 8 bits, of the share that survives'),
  r0: z
    .array(share)
    .default([])
    .describe('shares that survive, one for each layer, instead of the profile'),
  r1: z.array(share).default([]).describe('shares with 8 bits, one for each layer'),
  code: z.enum(shortCodes).default('truncation').describe('where the codes of 4 bits come from'),
  scope: z
    .enum(['attention', 'full'])
    .default('attention')
    .describe('whether tokens have their bits in attention alone or at every linear layer, too'),
  pMode: z
    .enum(probabilityModes)
    .default('8-bit')
    .describe('bits of attention probabilities: 8, or those of their query'),
  weights: z
    .enum(['8-bit', 'clipped'])
    .default('8-bit')
    .describe('bits of weights that meet a token of 4 bits: 8, or clipped to 4 (scope full)'),
  pruned: z
    .enum(['residual', 'mean'])
    .default('residual')
    .describe('what becomes of pruned tokens: they skip layers, or one mean stands for them'),
  accumulate: z.boolean().default(true).describe('whether importance adds up from layer to layer'),
});

export type VssaOptions = z.infer<typeof vssaOptions>;
