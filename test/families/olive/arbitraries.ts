import fc from 'fast-check';

import { arrayParameters } from '../../../src/families/olive/params.ts';
import type { AcceleratorParameters, ArrayParameters } from '../../../src/families/olive/params.ts';

export const defaultArray: ArrayParameters = { rows: 16, columns: 16, sharedDecoders: 1 };

/** Rows or columns: mostly few, since what can go wrong goes wrong there; now and then more. */
const side = (most: number): fc.Arbitrary<number> =>
  fc
    .oneof(
      { weight: 12, arbitrary: fc.integer({ min: 1, max: 3 }) },
      { weight: 3, arbitrary: fc.integer({ min: 4, max: 6 }) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: most / 2 }) },
    )
    .map((groups) => 2 * groups);

/** Any parameters of the array, with up to `most` rows and columns. */
export const arrayPoint = (
  most: number = arrayParameters.rows.max,
): fc.Arbitrary<ArrayParameters> =>
  fc.record({
    rows: side(most),
    columns: side(most),
    sharedDecoders: fc.integer({ min: 0, max: 1 }),
  });

export const defaultAccelerator: AcceleratorParameters = { ...defaultArray, bankBeats: 1536 };

/** Parameters of the accelerator: few rows and columns, and banks from the smallest up. */
export const acceleratorPoint: fc.Arbitrary<AcceleratorParameters> = fc
  .tuple(arrayPoint(16), fc.oneof(fc.integer({ min: 2, max: 50 }), fc.constantFrom(2, 64, 200)))
  .map(([array, bankBeats]) => ({ ...array, bankBeats }));
