import { concatenate } from '../../numeric/index.ts';
import { beatBytes, lastFlags, packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { operandBeats } from './format/accelerator-streams.ts';
import {
  acceleratorFlags,
  depthAddress,
  flagsAddress,
  leftCountAddress,
  leftTagsAddress,
  leftUsesAddress,
  newListAddress,
  operandTags,
  rightCountAddress,
  rightTagsAddress,
  rightUsesAddress,
} from './params.ts';
import type { AcceleratorParameters } from './params.ts';
import { listBeats } from './scores-job.ts';

/** Cycles that a job may take for each cycle it needs, so that heavy stalls still end. */
const stallAllowance = 64;
/** Digit products of two words, at most. */
const mostDigits = 4;

/** Rows of operands as a host sends them. */
export interface OperandRows {
  /** Token of each row; does not matter where rows are placed by arrival. */
  readonly ids: ArrayLike<number>;
  /** Codes in a row. */
  readonly columns: number;
  /** [rows x columns], -128 .. 255; a negative one goes as its two's complement. */
  readonly data: ArrayLike<number>;
}

/** One side of a run. */
export interface OperandSide {
  /** Lanes in use, over all groups. */
  readonly count: number;
  readonly signed: boolean;
  /** Whether a row goes to the place of its token; else rows take one place after the other. */
  readonly byList: boolean;
  /** Whether codes are rounded to their digit where they have 4 bits, instead of cut. */
  readonly requantizes: boolean;
  readonly tags: keyof typeof operandTags;
  /** How often each matrix is used. */
  readonly uses: number;
  readonly matrices: readonly OperandRows[];
}

/** Products with one setup and one list: matrix after matrix of either side, each as often as its side says. */
export interface AcceleratorRun {
  /** Indexes of a sum. */
  readonly depth: number;
  readonly left: OperandSide;
  /** `byIndex`: a row is an index with a code for each lane, instead of a lane with all its indexes. */
  readonly right: OperandSide & { readonly byIndex: boolean };
  /** Whether results tell tokens instead of places. */
  readonly rowsByList: boolean;
  /** Of each token of the list: 8, 4 or 0 for one that is not in it; absent where there is no list. */
  readonly bits?: ArrayLike<number>;
}

/**
 * The beats of a matrix.
 *
 * @param fill what stands in a beat beyond the last code of a row
 */
export function matrixBeats(
  p: Pick<AcceleratorParameters, 'loadWords'>,
  { ids, columns, data }: OperandRows,
  fill: () => number = () => 0,
): Uint8Array {
  const { loadWords } = p;
  const perRow = Math.ceil(columns / loadWords);
  const beats = ids.length * perRow;
  const lanes = Array.from({ length: loadWords }, () => new Uint8Array(beats));
  const tokens = new Uint16Array(beats);
  for (let row = 0, beat = 0; row < ids.length; row++) {
    for (let part = 0; part < perRow; part++, beat++) {
      tokens[beat] = ids[row]!;
      for (let lane = 0; lane < loadWords; lane++) {
        const column = part * loadWords + lane;
        lanes[lane]![beat] = column < columns ? data[row * columns + column]! : fill();
      }
    }
  }
  return packBeats(operandBeats(p).widths, [tokens, ...lanes, lastFlags(beats)]);
}

const flag = (bit: keyof typeof acceleratorFlags, set: boolean): number =>
  set ? 1 << acceleratorFlags[bit] : 0;

const flagsOf = ({ left, right, rowsByList }: AcceleratorRun): number =>
  flag('leftSigned', left.signed) |
  flag('rightSigned', right.signed) |
  flag('leftByList', left.byList) |
  flag('rightByList', right.byList) |
  flag('rightByIndex', right.byIndex) |
  flag('leftRequantize', left.requantizes) |
  flag('rightRequantize', right.requantizes) |
  flag('rowsByList', rowsByList);

/** A job of one run; it writes every address, so that it stands for itself. */
export function acceleratorJob(
  p: AcceleratorParameters,
  run: AcceleratorRun,
  fill?: () => number,
): Job {
  const { depth, left, right, bits } = run;
  const tiles = Math.ceil(left.count / p.rows) * Math.ceil(right.count / p.cols);
  const products = left.matrices.length * left.uses;
  const results = products * Math.ceil(right.count / p.cols) * left.count;
  const inputs = {
    ...(bits && { tokens: listBeats(bits) }),
    left: concatenate(left.matrices.map((rows) => matrixBeats(p, rows, fill))),
    right: concatenate(right.matrices.map((rows) => matrixBeats(p, rows, fill))),
  };
  const beats = (inputs.left.length + inputs.right.length) / beatBytes(operandBeats(p).widths);
  const work = products * tiles * (mostDigits * depth + p.rows + p.cols);
  return {
    registers: { RESULTS: results },
    writes: [
      [depthAddress, depth],
      [leftCountAddress, left.count],
      [rightCountAddress, right.count],
      [flagsAddress, flagsOf(run)],
      [leftTagsAddress, operandTags[left.tags]],
      [rightTagsAddress, operandTags[right.tags]],
      [leftUsesAddress, left.uses],
      [rightUsesAddress, right.uses],
      [newListAddress, 0],
    ],
    inputs,
    expect: { results },
    stalls: noStalls,
    maxCycles: stallAllowance * (beats + work + (bits?.length ?? 0) + 64),
  };
}
