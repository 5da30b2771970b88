import fc from 'fast-check';

import type {
  AcceleratorParameters,
  ArrayParameters,
  PeParameters,
  ScoresParameters,
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

/** Any parameters of the score accumulator. */
export const scoresPoint: fc.Arbitrary<ScoresParameters> = fc.record({
  maxTokens: fc.oneof(fc.constantFrom(16, 17, 32, 512), fc.integer({ min: 16, max: 1024 })),
  loadWords: fc.constantFrom(1, 2, 4, 8),
});

const blocks = fc.oneof(fc.integer({ min: 2, max: 6 }), fc.constantFrom(16, 40, 64));

/** Parameters of the accelerator, mostly small. */
export const acceleratorPoint: fc.Arbitrary<AcceleratorParameters> = fc
  .record({
    rows: fc.oneof({ weight: 7, arbitrary: fc.integer({ min: 1, max: 4 }) }, side),
    loadWords: fc.constantFrom(1, 2, 4, 8),
    /** Beats that fill all columns. */
    beats: fc.integer({ min: 1, max: 4 }),
    skid,
    maxTokens: fc.oneof(fc.constantFrom(16, 17, 64), fc.integer({ min: 16, max: 1024 })),
    leftBlocks: blocks,
    rightBlocks: blocks,
  })
  .map(({ beats, ...p }) => ({
    ...p,
    cols:
      p.loadWords * (isWhole ? beats : Math.max(1, Math.min(beats, Math.floor(4 / p.loadWords)))),
  }));
