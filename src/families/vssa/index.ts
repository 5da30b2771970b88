/** DTQAtten: tokens of 8, 4 and 0 bits, chosen at run time, and what they cost on a variable-speed systolic array. */
import type { Family } from '../family.ts';
import { matrixKind } from './format/matrix-file.ts';
import { vssaMethod } from './method.ts';

export { scheduleCost } from './cost.ts';
export type { ScheduleCost, SequenceShape } from './cost.ts';
export type { VssaOptions } from './options.ts';
export { scheduleOf } from './schedule.ts';
export { cheapestWithin, paretoFront, profileGrid } from './search.ts';
export type { MeasuredPoint, ProfilePoint } from './search.ts';

export const vssa: Family = {
  name: 'vssa',
  paper:
    'Yang et al.: DTQAtten: Leveraging Dynamic Token-based Quantization for Efficient Attention Architecture, DATE 2022, doi 10.23919/DATE54114.2022.9774692',
  method: vssaMethod,
  files: [matrixKind],
  designs: [],
};
