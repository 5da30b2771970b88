import fc from 'fast-check';

import {
  decompressorParameters,
  peParameters,
  tileParameters,
} from '../../../src/families/gobo/params.ts';
import type {
  DecompressorParameters,
  PeParameters,
  TileParameters,
} from '../../../src/families/gobo/params.ts';

/** Any parameters of the processing element, small dot products as often as large ones. */
export const pePoint: fc.Arbitrary<PeParameters> = fc.record({
  bits: between(peParameters.bits),
  activationBits: between(peParameters.activationBits),
  maxLength: fc.oneof(fc.integer({ min: 1, max: 70 }), between(peParameters.maxLength)),
  buffers: between(peParameters.buffers),
});

/** Any parameters of the tile. */
export const tilePoint: fc.Arbitrary<TileParameters> = fc
  .tuple(
    pePoint,
    fc.record({
      pes: between(tileParameters.pes),
      weightBits: between(tileParameters.weightBits),
      queueDepth: fc.oneof(fc.integer({ min: 2, max: 4 }), between(tileParameters.queueDepth)),
    }),
  )
  .map(([pe, tile]) => ({ ...pe, ...tile }));

/** The same in fp16. */
export const fp16PePoint: fc.Arbitrary<PeParameters> = pePoint.map((p) => ({
  ...p,
  activationBits: 16,
  numbers: 1,
}));
export const fp16TilePoint: fc.Arbitrary<TileParameters> = tilePoint.map((p) => ({
  ...p,
  ...{ activationBits: 16, weightBits: 16, numbers: 1 },
}));

/** Any parameters of the decompressor, powers of two as often as others. */
export const decompressorPoint: fc.Arbitrary<DecompressorParameters> = fc.record({
  bits: between(decompressorParameters.bits),
  valueBytes: between(decompressorParameters.valueBytes),
  inputBytes: fc.oneof(fc.constantFrom(1, 2, 4, 8, 16), between(decompressorParameters.inputBytes)),
  lanes: fc.oneof(fc.constantFrom(1, 2, 4, 8, 16), between(decompressorParameters.lanes)),
});

export const defaultDecompressor: DecompressorParameters = {
  bits: 3,
  valueBytes: 2,
  inputBytes: 4,
  lanes: 8,
};

export const defaultTile: TileParameters = {
  pes: 16,
  bits: 3,
  activationBits: 16,
  weightBits: 16,
  maxLength: 3072,
  buffers: 2,
  queueDepth: 8,
  numbers: 0,
};

function between(range: { readonly min: number; readonly max: number }): fc.Arbitrary<number> {
  return fc.integer(range);
}
