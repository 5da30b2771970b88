import { packBeats } from '../../testbench/beats.ts';
import { checkExpected, checkStreams, inputColumns } from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { ovpCode, usualFormat } from './format/ovp-code.ts';
import type { OvpCode } from './format/ovp-code.ts';
import { encodedBeats, scalingBeats, sumBeats } from './format/streams.ts';
import { setupOf } from './golden-setup.ts';
import type { Setup } from './golden-setup.ts';
import { leftBiasAddress, leftTypeAddress } from './params.ts';
import type { EncoderParameters } from './params.ts';

/** Cycles from an accepted sum to its pair: add, multiply, shift, encode. */
const latency = 4;

/** What one sum is scaled by. */
export interface Scaling {
  /** Of 32 bits, signed. */
  readonly bias: number;
  /** Of 16 bits, unsigned. */
  readonly multiplier: number;
  /** 0 .. 63 */
  readonly shift: number;
}

/** A scaled sum in half units: sign, and magnitude cut and saturated. */
interface Halves {
  readonly negative: boolean;
  readonly magnitude: number;
}

/** (sum + bias) x multiplier / 2^shift, exactly, then cut towards zero; below 2^49 before the shift. */
function scaled(sum: number, { bias, multiplier, shift }: Scaling, most: number): Halves {
  const biased = sum + bias;
  const magnitude = Math.floor((Math.abs(biased) * multiplier) / 2 ** shift);
  return { negative: biased < 0, magnitude: Math.min(magnitude, most) };
}

/** A pair as the encoder gives it. */
export interface EncodedPair {
  readonly first: number;
  readonly second: number;
  /** How many of the two values are outliers, before the pair rule: 0, 1 or 2. */
  readonly outliers: number;
}

/** The pair of two sums. */
export function requantize(
  code: OvpCode,
  sums: readonly [first: number, second: number],
  scalings: readonly [first: Scaling, second: Scaling],
): EncodedPair {
  const { threshold, mostHalves, identifier } = code;
  const a = scaled(sums[0], scalings[0], mostHalves);
  const b = scaled(sums[1], scalings[1], mostHalves);
  const outliers = Number(a.magnitude >= threshold) + Number(b.magnitude >= threshold);
  if (outliers === 0) return { first: normal(code, a), second: normal(code, b), outliers };
  const keepsFirst = a.magnitude >= threshold && a.magnitude > b.magnitude;
  return keepsFirst
    ? { first: outlier(code, a), second: identifier, outliers }
    : { first: identifier, second: outlier(code, b), outliers };
}

function normal(code: OvpCode, { negative, magnitude }: Halves): number {
  const value = code.nearest[magnitude]!;
  return code.normalCodes[code.largest + (negative ? -value : value)]!;
}

function outlier(code: OvpCode, { negative, magnitude }: Halves): number {
  const found = code.outlierCodes.get(code.nearest[magnitude]!)!;
  return negative ? found + code.identifier : found;
}

/** The code that a setup asks for; that of 8 bits is fixed. */
export function encoderCode({ bits }: EncoderParameters, { left }: Pick<Setup, 'left'>): OvpCode {
  if (bits === 8) return ovpCode(usualFormat('int8'));
  return ovpCode({ ...usualFormat(left.flint ? 'flint4' : 'int4'), bias: left.bias });
}

/**
 * The requantizer and pair encoder as docs/olive.md specifies it: a pair per cycle.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenEncoder(
  p: EncoderParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['sums', 'scaling'], 'pairs');
  const code = encoderCode(p, setupOf(job, [leftTypeAddress, leftBiasAddress]));
  const [first, second, last] = inputColumns(job, 'sums', sumBeats, blobs);
  const scaling = inputColumns(job, 'scaling', scalingBeats, blobs);
  if (scaling[0]!.length !== last!.length) {
    throw new Error(
      `The job has ${last!.length} beats of sums but ${scaling[0]!.length} of scaling; every pair needs one of each.`,
    );
  }
  checkExpected(job, 'pairs', last!.length);
  const scalingAt = (beat: number, side: 0 | 1): Scaling => ({
    bias: scaling[3 * side]![beat]!,
    multiplier: scaling[3 * side + 1]![beat]!,
    shift: scaling[3 * side + 2]![beat]!,
  });
  const pairs = Array.from(first!, (sum, beat) =>
    requantize(code, [sum, second![beat]!], [scalingAt(beat, 0), scalingAt(beat, 1)]),
  );
  return {
    outputs: {
      pairs: packBeats(encodedBeats(p).widths, [
        pairs.map((pair) => pair.first),
        pairs.map((pair) => pair.second),
        pairs.map((pair) => pair.outliers),
        last!,
      ]),
    },
    cycles: last!.length + latency,
    counters: {},
  };
}
