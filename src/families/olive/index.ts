/** OliVe: outlier-victim pairs; decoders at the border of a systolic array, and a tensor core. */
import type { Family } from '../family.ts';
import { oliveCosts } from './costs.ts';
import {
  oliveAccelerator,
  oliveArray,
  olivePe,
  oliveTensorCore,
  ovpDecoder,
  ovpEncoder,
} from './designs.ts';
import { matrixKind } from './format/describe.ts';
import { numberFormats } from './format/number-formats.ts';
import { oliveMethod } from './method.ts';

export const olive: Family = {
  name: 'olive',
  paper:
    'Guo, Tang, Hu, Leng, Zhang, Yang, Liu, Guo, Zhu: OliVe: Accelerating Large Language Models via Hardware-friendly Outlier-Victim Pair Quantization, ISCA 2023, doi 10.1145/3579371.3589038, arXiv 2304.07493',
  method: oliveMethod,
  files: [matrixKind],
  formats: numberFormats,
  designs: [oliveArray, ovpDecoder, ovpEncoder, olivePe, oliveTensorCore, oliveAccelerator],
  shortNames: { ovp: ovpDecoder.name },
  costs: oliveCosts,
};
