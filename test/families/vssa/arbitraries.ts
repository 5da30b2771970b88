import fc from 'fast-check';

import type {
  ArrayParameters,
  PeParameters,
  TopKParameters,
} from '../../../src/families/vssa/params.ts';

/** Large ones take long to build. */
const isWhole = process.env['SYSTOLE_REGRESS'] !== undefined;

/** Rows or columns: mostly few, since what can go wrong goes wrong there. */
const side = fc.oneof(
  { weight: 16, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 3, arbitrary: fc.integer({ min: 7, max: 12 }) },
  { weight: isWhole ? 1 : 0, arbitrary: fc.integer({ min: 13, max: 32 }) },
);
const skid = fc.constantFrom(0, 1);

/** Any parameters of the array. */
export const arrayPoint: fc.Arbitrary<ArrayParameters> = fc.record({
  rows: side,
  cols: side,
  skid,
});

export const pePoint: fc.Arbitrary<PeParameters> = fc.record({ skid });

/** Any parameters of the selection. */
export const topKPoint: fc.Arbitrary<TopKParameters> = fc.record({
  maxTokens: fc.oneof(fc.constantFrom(16, 17, 32, 512), fc.integer({ min: 16, max: 1024 })),
});
