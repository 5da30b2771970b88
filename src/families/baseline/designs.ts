import { elaborate } from '../../hdl/index.ts';
import type { Design, Parameters } from '../../testbench/design.ts';
import { goldenArray, goldenCore } from './golden-array.ts';
import { arrayLowering } from './lowering.ts';
import { arrayManual, coreManual } from './manual.ts';
import { arrayParameters } from './params.ts';
import type { ArrayParameters } from './params.ts';
import { randomArrayJob, randomCoreJob } from './random-job.ts';
import { array, arrayShell } from './rtl/array.ts';

// `resolveParameters` has made sure that every parameter is there and in range.
const ofArray = (p: Parameters): ArrayParameters => p as ArrayParameters;

export const baselineArray: Design = {
  name: 'baseline-array',
  summary: 'output-stationary systolic array of integer multiply-accumulate cells',
  parameters: arrayParameters,
  rtl: (p) => elaborate(...arrayShell(ofArray(p))),
  golden: (p, job, blobs) => goldenArray(ofArray(p), job, blobs),
  manual: (p) => arrayManual(ofArray(p)),
  randomJob: (p, rng) => randomArrayJob(ofArray(p), rng),
  lowering: arrayLowering,
};

export const baselineCore: Design = {
  name: 'baseline-core',
  summary: 'the same array without the common shell, to be counted beside other bare arrays',
  parameters: arrayParameters,
  rtl: (p) => elaborate(array, ofArray(p)),
  golden: (p, job, blobs) => goldenCore(ofArray(p), job, blobs),
  manual: (p) => coreManual(ofArray(p)),
  randomJob: (p, rng) => randomCoreJob(ofArray(p), rng),
};
