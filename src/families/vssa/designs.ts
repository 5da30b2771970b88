import { elaborate } from '../../hdl/index.ts';
import type { Design, Parameters } from '../../testbench/design.ts';
import { acceleratorLowering } from './accelerator-lowering.ts';
import { acceleratorManual } from './accelerator-manual.ts';
import { goldenAccelerator } from './golden-accelerator.ts';
import { goldenArray } from './golden-array.ts';
import { goldenPe } from './golden-pe.ts';
import { goldenRequantizer } from './golden-requantizer.ts';
import { goldenScores } from './golden-scores.ts';
import { goldenTopKDesign } from './golden-topk-design.ts';
import { arrayLowering } from './lowering.ts';
import { arrayManual, peManual, requantizerManual, scoresManual, topKManual } from './manual.ts';
import {
  acceleratorConflict,
  acceleratorParameters,
  arrayParameters,
  peParameters,
  scoresParameters,
  topKParameters,
} from './params.ts';
import type {
  AcceleratorParameters,
  ArrayParameters,
  PeParameters,
  ScoresParameters,
  TopKParameters,
} from './params.ts';
import { randomAcceleratorJob } from './random-accelerator-job.ts';
import { randomArrayJob, randomPeJob, randomRequantizerJob, randomTopKJob } from './random-job.ts';
import { randomScoresJob } from './random-scores-job.ts';
import { acceleratorShell } from './rtl/accelerator.ts';
import { arrayShell } from './rtl/array.ts';
import { requantizer } from './rtl/requantizer.ts';
import { scoreAccumulator } from './rtl/score-accumulator.ts';
import { singleElement } from './rtl/single-element.ts';
import { topK } from './rtl/top-k.ts';

// `resolveParameters` has made sure that every parameter is there and in range.
const ofAccelerator = (p: Parameters): AcceleratorParameters => p as AcceleratorParameters;
const ofArray = (p: Parameters): ArrayParameters => p as ArrayParameters;
const ofPe = (p: Parameters): PeParameters => p as PeParameters;
const ofScores = (p: Parameters): ScoresParameters => p as ScoresParameters;
const ofTopK = (p: Parameters): TopKParameters => p as TopKParameters;

export const vssaArray: Design = {
  name: 'vssa-array',
  summary: 'variable-speed systolic array: 1, 2 or 4 cycles a product, by the digits of both words',
  parameters: arrayParameters,
  rtl: (p) => elaborate(...arrayShell(ofArray(p))),
  golden: (p, job, blobs) => goldenArray(ofArray(p), job, blobs),
  manual: (p) => arrayManual(ofArray(p)),
  randomJob: (p, rng) => randomArrayJob(ofArray(p), rng),
  lowering: arrayLowering,
};

export const vssaAccelerator: Design = {
  name: 'vssa-accelerator',
  summary: 'accelerator: the array between two stores of operands, for a list of tokens',
  parameters: acceleratorParameters,
  conflict: acceleratorConflict,
  rtl: (p) => elaborate(...acceleratorShell(ofAccelerator(p))),
  golden: (p, job, blobs) => goldenAccelerator(ofAccelerator(p), job, blobs),
  manual: (p) => acceleratorManual(ofAccelerator(p)),
  randomJob: (p, rng) => randomAcceleratorJob(ofAccelerator(p), rng),
  lowering: acceleratorLowering,
};

export const vssaPe: Design = {
  name: 'vssa-pe',
  summary: 'processing element: a digit multiplier and a sum, between elastic links',
  parameters: peParameters,
  rtl: (p) => elaborate(singleElement, ofPe(p)),
  golden: (p, job, blobs) => goldenPe(ofPe(p), job, blobs),
  manual: peManual,
  randomJob: (p, rng) => randomPeJob(ofPe(p), rng),
};

export const vssaScores: Design = {
  name: 'vssa-scores',
  summary: 'score accumulator: importance of tokens from probabilities that stream by',
  parameters: scoresParameters,
  rtl: (p) => elaborate(scoreAccumulator, ofScores(p)),
  golden: (p, job, blobs) => goldenScores(ofScores(p), job, blobs),
  manual: (p) => scoresManual(ofScores(p)),
  randomJob: (p, rng) => randomScoresJob(ofScores(p), rng),
};

export const vssaTopK: Design = {
  name: 'vssa-topk',
  summary: 'two-level selection of tokens: which survive, and which of them have 8 bits',
  parameters: topKParameters,
  rtl: (p) => elaborate(topK, ofTopK(p)),
  golden: (p, job, blobs) => goldenTopKDesign(ofTopK(p), job, blobs),
  manual: (p) => topKManual(ofTopK(p)),
  randomJob: (p, rng) => randomTopKJob(ofTopK(p), rng),
};

export const vssaRequantizer: Design = {
  name: 'vssa-requantizer',
  summary: 'requantizer: values of 8 bits to the digits of 4 or 8 bits that the planes hold',
  parameters: {},
  rtl: () => elaborate(requantizer, undefined),
  golden: goldenRequantizer,
  manual: requantizerManual,
  randomJob: randomRequantizerJob,
};
