import fc from 'fast-check';

import { arrayParameters } from '../../../src/families/baseline/params.ts';
import type { ArrayParameters } from '../../../src/families/baseline/params.ts';

export const defaultArray: ArrayParameters = {
  rows: 8,
  columns: 8,
  weightBits: 8,
  activationBits: 8,
  maxLength: 3072,
};

const between = (range: { readonly min: number; readonly max: number }): fc.Arbitrary<number> =>
  fc.integer(range);

/** Large ones take long to build. */
const isWhole = process.env['SYSTOLE_REGRESS'] !== undefined;

/** Rows or columns: mostly few, since what can go wrong goes wrong there; in the long run up to the limit. */
const side = (limit: { readonly max: number }): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 1, max: 6 }) },
    { weight: 4, arbitrary: fc.integer({ min: 7, max: 12 }) },
    { weight: isWhole ? 1 : 0, arbitrary: fc.integer({ min: 13, max: limit.max }) },
  );

/** Any parameters of the array. */
export const arrayPoint: fc.Arbitrary<ArrayParameters> = fc.record({
  rows: side(arrayParameters.rows),
  columns: side(arrayParameters.columns),
  weightBits: fc.oneof(fc.constantFrom(8, 16), between(arrayParameters.weightBits)),
  activationBits: fc.oneof(fc.constantFrom(8, 16), between(arrayParameters.activationBits)),
  maxLength: fc.oneof(fc.integer({ min: 1, max: 70 }), between(arrayParameters.maxLength)),
});
