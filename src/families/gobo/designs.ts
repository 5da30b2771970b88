import { elaborate } from '../../hdl/index.ts';
import type { Design, Parameters } from '../../testbench/design.ts';
import { goldenDecompressor } from './golden-decompressor.ts';
import { goldenPe } from './golden-pe.ts';
import { goldenTile } from './golden-tile.ts';
import { tileLowering } from './lowering.ts';
import { decompressorManual, peManual, tileManual } from './manual.ts';
import { decompressorParameters, peParameters, tileParameters } from './params.ts';
import type { DecompressorParameters, PeParameters, TileParameters } from './params.ts';
import { randomDecompressorJob } from './random-decompressor-job.ts';
import { randomPeJob, randomTileJob } from './random-job.ts';
import { decompressor } from './rtl/decompressor.ts';
import { processingElement } from './rtl/processing-element.ts';
import { tile } from './rtl/tile.ts';

// `resolveParameters` has made sure that every parameter is there and in range.
const pe = (p: Parameters): PeParameters => p as PeParameters;
const ofTile = (p: Parameters): TileParameters => p as TileParameters;
const ofDecompressor = (p: Parameters): DecompressorParameters => p as DecompressorParameters;

export const goboPe: Design = {
  name: 'gobo-pe',
  summary: 'processing element: an adder and 2^bits bins addressed by the weight index',
  parameters: peParameters,
  rtl: (p) => elaborate(processingElement, pe(p)),
  golden: (p, job, blobs) => goldenPe(pe(p), job, blobs),
  manual: (p) => peManual(pe(p)),
  randomJob: (p, rng) => randomPeJob(pe(p), rng),
};

export const goboTile: Design = {
  name: 'gobo-tile',
  summary: 'tile: processing elements that share one multiply unit, with an outlier path',
  parameters: tileParameters,
  rtl: (p) => elaborate(tile, ofTile(p)),
  golden: (p, job, blobs) => goldenTile(ofTile(p), job, blobs),
  manual: (p) => tileManual(ofTile(p)),
  randomJob: (p, rng) => randomTileJob(ofTile(p), rng),
  lowering: tileLowering,
};

export const goboDecompressor: Design = {
  name: 'gobo-decompressor',
  summary: 'decompressor: bytes of a container in, dense weights out, for any other engine',
  parameters: decompressorParameters,
  rtl: (p) => elaborate(decompressor, ofDecompressor(p)),
  golden: (p, job, blobs) => goldenDecompressor(ofDecompressor(p), job, blobs),
  manual: (p) => decompressorManual(ofDecompressor(p)),
  randomJob: (p, rng) => randomDecompressorJob(ofDecompressor(p), rng),
};
