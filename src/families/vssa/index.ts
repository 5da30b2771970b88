/** DTQAtten: tokens of 8, 4 and 0 bits, chosen at run time, and what they cost on a variable-speed systolic array. */
import type { Family } from '../family.ts';
import { vssaCosts } from './costs.ts';
import {
  vssaAccelerator,
  vssaArray,
  vssaPe,
  vssaRequantizer,
  vssaScores,
  vssaTopK,
} from './designs.ts';
import { scoresFilm } from './film.ts';
import { matrixKind } from './format/matrix-file.ts';
import { vssaMethod } from './method.ts';
import type { ArrayParameters } from './params.ts';

export { addCycles, attentionCycles } from './attention-cycles.ts';
export type {
  AttentionCycles,
  AttentionRun,
  ElementCycles,
  ProductCycles,
  RunJobs,
} from './attention-cycles.ts';
export { scheduleCost } from './cost.ts';
export type { ScheduleCost, SequenceShape } from './cost.ts';
export type { VssaOptions } from './options.ts';
export { scheduleOf } from './schedule.ts';
export { cheapestWithin, paretoFront, profileGrid } from './search.ts';
export type { MeasuredPoint, ProfilePoint } from './search.ts';
export { mixedTokens } from './token-mix.ts';
export type { TokenMix } from './token-mix.ts';

/** The design whose time depends on the precision of tokens, and the method that decides about it. */
export const cyclesDesign = vssaArray.name;
export const cyclesMethod = vssaMethod.name;

export const vssa: Family = {
  name: 'vssa',
  paper:
    'Yang et al.: DTQAtten: Leveraging Dynamic Token-based Quantization for Efficient Attention Architecture, DATE 2022, doi 10.23919/DATE54114.2022.9774692',
  method: vssaMethod,
  files: [matrixKind],
  designs: [vssaArray, vssaAccelerator, vssaPe, vssaScores, vssaTopK, vssaRequantizer],
  costs: vssaCosts,
  film: {
    design: vssaArray.name,
    parameters: { rows: 8, cols: 8 },
    // `resolveParameters` has made sure that every parameter is there and in range.
    film: (p, request) => scoresFilm(p as ArrayParameters, request),
  },
};
