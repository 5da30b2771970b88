import fc from 'fast-check';
import { acceleratorParameters } from '../../../src/families/gobo/params.ts';
import type { AcceleratorParameters } from '../../../src/families/gobo/params.ts';
import { tilePoint } from './arbitraries.ts';

const between = (range: { readonly min: number; readonly max: number }): fc.Arbitrary<number> =>
  fc.integer(range);

/** Parameters of the accelerator; one, three and few tiles and small memories most of the time. */
export const acceleratorPoint: fc.Arbitrary<AcceleratorParameters> = fc
  .tuple(
    tilePoint,
    fc.record({
      tiles: fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(1, 2, 3, 4, 5) },
        { weight: 1, arbitrary: between(acceleratorParameters.tiles) },
      ),
      pes: fc.integer({ min: 1, max: 8 }),
      bankWords: fc.oneof(fc.integer({ min: 2, max: 80 }), fc.constantFrom(64, 200)),
      bankRecords: fc.oneof(fc.integer({ min: 2, max: 80 }), fc.constantFrom(256, 1024)),
    }),
  )
  .map(([tile, own]) => {
    const { bits, activationBits, weightBits, maxLength, buffers, queueDepth } = tile;
    return { bits, activationBits, weightBits, maxLength, buffers, queueDepth, ...own };
  });

export const defaultAccelerator: AcceleratorParameters = {
  tiles: 4,
  pes: 16,
  bits: 3,
  activationBits: 16,
  weightBits: 16,
  maxLength: 3072,
  buffers: 2,
  queueDepth: 8,
  bankWords: 3072,
  bankRecords: 1024,
};
