import { elaborate } from '../../hdl/index.ts';
import type { Design, Parameters } from '../../testbench/design.ts';
import { acceleratorLowering } from './accelerator-lowering.ts';
import { acceleratorManual } from './accelerator-manual.ts';
import { goldenAccelerator } from './golden-accelerator.ts';
import { goldenArray } from './golden-array.ts';
import { goldenDecoder } from './golden-decoder.ts';
import { goldenEncoder } from './golden-encoder.ts';
import { goldenPe } from './golden-pe.ts';
import { goldenTensorCore } from './golden-tensor-core.ts';
import { arrayLowering } from './lowering.ts';
import { arrayManual, decoderManual, encoderManual, peManual, tensorCoreManual } from './manual.ts';
import {
  acceleratorParameters,
  arrayParameters,
  decoderParameters,
  encoderParameters,
  peParameters,
  tensorCoreParameters,
} from './params.ts';
import type {
  AcceleratorParameters,
  ArrayParameters,
  DecoderParameters,
  EncoderParameters,
  PeParameters,
  TensorCoreParameters,
} from './params.ts';
import { randomAcceleratorJob } from './random-accelerator-job.ts';
import {
  randomArrayJob,
  randomDecoderJob,
  randomEncoderJob,
  randomPeJob,
  randomTensorCoreJob,
} from './random-job.ts';
import { acceleratorShell } from './rtl/accelerator.ts';
import { array } from './rtl/array.ts';
import { ovpDecoder as decoder } from './rtl/ovp-decoder.ts';
import { ovpEncoder as encoder } from './rtl/ovp-encoder.ts';
import { processingElement } from './rtl/processing-element.ts';
import { tensorCore } from './rtl/tensor-core.ts';

// `resolveParameters` has made sure that every parameter is there and in range.
const ofArray = (p: Parameters): ArrayParameters => p as ArrayParameters;
const ofAccelerator = (p: Parameters): AcceleratorParameters => p as AcceleratorParameters;
const ofDecoder = (p: Parameters): DecoderParameters => p as DecoderParameters;
const ofEncoder = (p: Parameters): EncoderParameters => p as EncoderParameters;
const ofPe = (p: Parameters): PeParameters => p as PeParameters;
const ofTensorCore = (p: Parameters): TensorCoreParameters => p as TensorCoreParameters;

export const oliveArray: Design = {
  name: 'olive-array',
  summary: 'output-stationary systolic array of 4-bit elements, or a quarter as many of 8 bits',
  parameters: arrayParameters,
  rtl: (p) => elaborate(array, ofArray(p)),
  golden: (p, job, blobs) => goldenArray(ofArray(p), job, blobs),
  manual: (p) => arrayManual(ofArray(p)),
  randomJob: (p, rng) => randomArrayJob(ofArray(p), rng),
  lowering: arrayLowering,
};

export const ovpDecoder: Design = {
  name: 'ovp-decoder',
  summary: 'decoder of outlier-victim pairs: integers and exponents',
  parameters: decoderParameters,
  rtl: (p) => elaborate(decoder, ofDecoder(p)),
  golden: (p, job, blobs) => goldenDecoder(ofDecoder(p), job, blobs),
  manual: (p) => decoderManual(ofDecoder(p)),
  randomJob: (p, rng) => randomDecoderJob(ofDecoder(p), rng),
};

export const ovpEncoder: Design = {
  name: 'ovp-encoder',
  summary: 'requantizer and encoder: sums in, outlier-victim pairs out',
  parameters: encoderParameters,
  rtl: (p) => elaborate(encoder, ofEncoder(p)),
  golden: (p, job, blobs) => goldenEncoder(ofEncoder(p), job, blobs),
  manual: (p) => encoderManual(ofEncoder(p)),
  randomJob: (p, rng) => randomEncoderJob(ofEncoder(p), rng),
};

export const olivePe: Design = {
  name: 'olive-pe',
  summary: 'processing element: 5-bit multiplier, shifter, and a sum that flags its overflow',
  parameters: peParameters,
  rtl: (p) => elaborate(processingElement, ofPe(p)),
  golden: (p, job, blobs) => goldenPe(ofPe(p), job, blobs),
  manual: () => peManual(),
  randomJob: (p, rng) => randomPeJob(ofPe(p), rng),
};

export const oliveTensorCore: Design = {
  name: 'olive-tensor-core',
  summary: 'tensor core: a dot product of outlier-victim pairs and an addend per cycle',
  parameters: tensorCoreParameters,
  rtl: (p) => elaborate(tensorCore, ofTensorCore(p)),
  golden: (p, job, blobs) => goldenTensorCore(ofTensorCore(p), job, blobs),
  manual: (p) => tensorCoreManual(ofTensorCore(p)),
  randomJob: (p, rng) => randomTensorCoreJob(ofTensorCore(p), rng),
};

export const oliveAccelerator: Design = {
  name: 'olive-accelerator',
  summary: 'accelerator: the array, weights on the chip and an encoder, behind the common shell',
  parameters: acceleratorParameters,
  rtl: (p) => elaborate(...acceleratorShell(ofAccelerator(p))),
  golden: (p, job, blobs) => goldenAccelerator(ofAccelerator(p), job, blobs),
  manual: (p) => acceleratorManual(ofAccelerator(p)),
  randomJob: (p, rng) => randomAcceleratorJob(ofAccelerator(p), rng),
  lowering: acceleratorLowering,
};
