import { elaborate } from '../../hdl/index.ts';
import type { Design, Parameters } from '../../testbench/design.ts';
import { acceleratorLowering } from './accelerator-lowering.ts';
import { acceleratorManual } from './accelerator-manual.ts';
import { goldenAccelerator } from './golden-accelerator.ts';
import { goldenDecompressor } from './golden-decompressor.ts';
import { goldenPeFp16, goldenTileFp16 } from './golden-fp16.ts';
import { goldenPe } from './golden-pe.ts';
import { goldenTile } from './golden-tile.ts';
import { tileLowering } from './lowering.ts';
import { decompressorManual, peManual, tileManual } from './manual.ts';
import {
  acceleratorParameters,
  decompressorParameters,
  isFp16,
  numbersConflict,
  peParameters,
  tileParameters,
} from './params.ts';
import type {
  AcceleratorParameters,
  DecompressorParameters,
  PeParameters,
  TileParameters,
} from './params.ts';
import { randomAcceleratorJob } from './random-accelerator-job.ts';
import { randomDecompressorJob } from './random-decompressor-job.ts';
import { randomPeJob, randomTileJob } from './random-job.ts';
import { acceleratorShell } from './rtl/accelerator.ts';
import { decompressor } from './rtl/decompressor.ts';
import { processingElement, processingElementFp16 } from './rtl/processing-element.ts';
import { tile, tileFp16 } from './rtl/tile.ts';

// `resolveParameters` has made sure that every parameter is there and in range.
const pe = (p: Parameters): PeParameters => p as PeParameters;
const ofTile = (p: Parameters): TileParameters => p as TileParameters;
const ofAccelerator = (p: Parameters): AcceleratorParameters => p as AcceleratorParameters;
const ofDecompressor = (p: Parameters): DecompressorParameters => p as DecompressorParameters;

export const goboPe: Design = {
  name: 'gobo-pe',
  summary: 'processing element: an adder and 2^bits bins addressed by the weight index',
  parameters: peParameters,
  conflict: numbersConflict,
  rtl: (p) =>
    isFp16(p)
      ? elaborate(processingElementFp16, {
          bits: pe(p).bits,
          buffers: pe(p).buffers,
          operands: 'half',
        })
      : elaborate(processingElement, pe(p)),
  golden: (p, job, blobs) => (isFp16(p) ? goldenPeFp16 : goldenPe)(pe(p), job, blobs),
  manual: (p) => peManual(pe(p)),
  randomJob: (p, rng) => randomPeJob(pe(p), rng),
};

export const goboTile: Design = {
  name: 'gobo-tile',
  summary: 'tile: processing elements that share one multiply unit, with an outlier path',
  parameters: tileParameters,
  conflict: numbersConflict,
  rtl: (p) => elaborate(isFp16(p) ? tileFp16 : tile, ofTile(p)),
  golden: (p, job, blobs) => (isFp16(p) ? goldenTileFp16 : goldenTile)(ofTile(p), job, blobs),
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

export const goboAccelerator: Design = {
  name: 'gobo-accelerator',
  summary: 'accelerator: tiles with their weights on the chip, behind the common shell',
  parameters: acceleratorParameters,
  conflict: numbersConflict,
  rtl: (p) => elaborate(...acceleratorShell(ofAccelerator(p))),
  golden: (p, job, blobs) => goldenAccelerator(ofAccelerator(p), job, blobs),
  manual: (p) => acceleratorManual(ofAccelerator(p)),
  randomJob: (p, rng) => randomAcceleratorJob(ofAccelerator(p), rng),
  lowering: acceleratorLowering,
};
