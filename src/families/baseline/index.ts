/** The plain baseline: integers with one scale, and an output-stationary array of multiply-accumulate cells. */
import type { Family } from '../family.ts';
import { baselineCosts } from './costs.ts';
import { baselineArray, baselineCore } from './designs.ts';
import { matrixKind } from './format/describe.ts';
import { baselineMethod } from './method.ts';

export const baseline: Family = {
  name: 'baseline',
  paper:
    'Kung, Leiserson: Systolic Arrays (for VLSI), Sparse Matrix Proceedings 1978; dataflow and interfaces are our choice',
  method: baselineMethod,
  files: [matrixKind],
  designs: [baselineArray, baselineCore],
  costs: baselineCosts,
};
