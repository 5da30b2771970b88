import { packBeats } from '../../testbench/beats.ts';
import { checkExpected, checkStreams, inputColumns } from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { acceleratorResultBeats, operandBeats } from './format/accelerator-streams.ts';
import { tokenBeats } from './format/streams.ts';
import { acceleratorTime } from './golden-accelerator-cycles.ts';
import type { SideRun } from './golden-accelerator-cycles.ts';
import { needsList, storedMatrices } from './golden-accelerator-store.ts';
import type { Operands, SideSetup } from './golden-accelerator-store.ts';
import { writtenOf } from './golden-setup.ts';
import { emptyList, tokenLists } from './golden-token-list.ts';
import type { TokenList } from './golden-token-list.ts';
import {
  acceleratorFlags as flag,
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

const mostData = 2 ** 16 - 1;
/** Lanes of a side, at most. */
const mostLanes = 1024;
/** Flags after reset: both sides are signed. */
const usualFlags = (1 << flag.leftSigned) | (1 << flag.rightSigned);

/** What a job's writes leave. */
interface Setup {
  readonly depth: number;
  readonly left: SideSetup;
  readonly right: SideSetup;
  readonly rowsByList: boolean;
}

/**
 * The accelerator as docs/vssa-accelerator.md specifies it: every result of a job, its cycles, and what the array did in
 * them, without outside stalls. A job stands for itself: what it does not write is as after reset, and it gives up the
 * list of the job before if it loads one.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenAccelerator(
  p: AcceleratorParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['tokens', 'left', 'right'], 'results');
  const setup = setupOf(job);
  const { depth, left, right, rowsByList } = setup;
  const list = listOf(p, setup, job, blobs);
  const leftColumns = inputColumns(job, 'left', operandBeats(p), blobs);
  const rightColumns = inputColumns(job, 'right', operandBeats(p), blobs);
  const { loadWords } = p;
  const leftMatrices = storedMatrices(
    { lanes: p.rows, loadWords, blocks: p.leftBlocks },
    ...([left, leftColumns, depth, list] as const),
  );
  const rightMatrices = storedMatrices(
    { lanes: p.cols, loadWords, blocks: p.rightBlocks },
    ...([right, rightColumns, depth, list] as const),
  );
  const products = leftMatrices.length * left.uses;
  if (products === 0 || products !== rightMatrices.length * right.uses) {
    throw new Error(
      `${leftMatrices.length} left matrices with ${left.uses} uses meet ${rightMatrices.length} right ones with ${right.uses}.`,
    );
  }
  const perProduct = Math.ceil(right.count / p.cols) * left.count;
  checkExpected(job, 'results', products * perProduct);
  checkRegisters(job, products * perProduct);

  const [row, column, last]: number[][] = [[], [], []];
  const sums = Array.from({ length: p.cols }, () => new Int32Array(products * perProduct));
  for (let product = 0; product < products; product++) {
    const a = leftMatrices[Math.floor(product / left.uses)]!.values;
    const b = rightMatrices[Math.floor(product / right.uses)]!.values;
    for (const { rowBegin, rowEnd, columnBegin, columnEnd } of tiles(p, setup)) {
      for (let i = rowBegin; i < rowEnd; i++) {
        const at = row!.push(rowsByList ? list.ids[i]! : i) - 1;
        column!.push(columnBegin);
        last!.push(at % perProduct === perProduct - 1 ? 1 : 0);
        for (let j = columnBegin; j < columnEnd; j++) {
          sums[j - columnBegin]![at] = dot(a, i * depth, b, j * depth, depth);
        }
      }
    }
  }
  const side = (own: SideSetup, flags: ArrayLike<number>): SideRun => ({
    last: flags,
    waits: needsList(own),
    beats: own.uses * tiles(p, setup).length * depth,
  });
  const time = acceleratorTime(p, {
    tokens: job.inputs['tokens'] === undefined ? 0 : list.ids.length,
    left: side(left, leftColumns[loadWords + 1]!),
    right: side(right, rightColumns[loadWords + 1]!),
    array: arrayRun(p, setup, leftMatrices, rightMatrices),
    results: products * perProduct,
  });
  const { cycles, busy, stalled, starved } = time;
  return {
    outputs: {
      results: packBeats(acceleratorResultBeats(p).widths, [row!, column!, ...sums, last!]),
    },
    cycles,
    counters: { cycles, stalls: 0, starves: 0, busy, stalled, starved },
  };
}

/** The tiles of a product, in order. */
function tiles({ rows, cols }: AcceleratorParameters, { left, right }: Setup) {
  const found = [];
  for (let rowBegin = 0; rowBegin < left.count; rowBegin += rows) {
    const rowEnd = Math.min(rowBegin + rows, left.count);
    for (let columnBegin = 0; columnBegin < right.count; columnBegin += cols) {
      const columnEnd = Math.min(columnBegin + cols, right.count);
      found.push({ rowBegin, rowEnd, columnBegin, columnEnd });
    }
  }
  return found;
}

/** What the array gets of all products: the digits of every lane, those beyond the edge as words of one. */
function arrayRun(
  p: AcceleratorParameters,
  setup: Setup,
  leftMatrices: readonly Operands[],
  rightMatrices: readonly Operands[],
) {
  const { depth, left, right } = setup;
  const ofProduct = tiles(p, setup);
  const products = leftMatrices.length * left.uses;
  const beats = products * ofProduct.length * depth;
  const lanes = (count: number): Uint8Array[] =>
    Array.from({ length: count }, () => new Uint8Array(beats).fill(1));
  const run = { left: lanes(p.rows), right: lanes(p.cols), ends: new Uint8Array(beats) };
  const fill = (
    own: Uint8Array[],
    { digits }: Operands,
    begin: number,
    end: number,
    at: number,
  ) => {
    for (let lane = begin; lane < end; lane++) {
      own[lane - begin]!.set(digits.subarray(lane * depth, (lane + 1) * depth), at);
    }
  };
  let at = 0;
  for (let product = 0; product < products; product++) {
    const a = leftMatrices[Math.floor(product / left.uses)]!;
    const b = rightMatrices[Math.floor(product / right.uses)]!;
    for (const { rowBegin, rowEnd, columnBegin, columnEnd } of ofProduct) {
      fill(run.left, a, rowBegin, rowEnd, at);
      fill(run.right, b, columnBegin, columnEnd, at);
      at += depth;
      run.ends[at - 1] = rowEnd - rowBegin;
    }
  }
  return run;
}

/** A sum of products: exact below 2^53, so that wrapping it once is wrapping it always. */
function dot(a: Float64Array, i: number, b: Float64Array, j: number, depth: number): number {
  let sum = 0;
  for (let k = 0; k < depth; k++) sum += a[i + k]! * b[j + k]!;
  return sum | 0;
}

/** The list of a job that needs one. */
function listOf(
  p: AcceleratorParameters,
  { left, right, rowsByList }: Setup,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): TokenList {
  const lists = tokenLists(inputColumns(job, 'tokens', tokenBeats, blobs), p.maxTokens);
  const needs = needsList(left) || needsList(right);
  if (lists.length !== (needs ? 1 : 0) || (rowsByList && !needs)) {
    throw new Error(
      `The job has ${lists.length} token lists; it takes one if a side needs it, else none, and then no rows by list.`,
    );
  }
  const list = lists[0] ?? emptyList;
  if (lists.length === 1 && !job.writes.some(([address]) => address === newListAddress)) {
    throw new Error('The job loads a token list but does not give up the one before.');
  }
  if (rowsByList && list.ids.length < left.count) {
    throw new Error(
      `Rows of ${left.count} tokens have numbers, but the list has ${list.ids.length}.`,
    );
  }
  return list;
}

function setupOf(job: Job): Setup {
  const count = (what: string, max: number) => ({ name: what, usual: 1, min: 1, max });
  const tags = { usual: operandTags.eight, min: operandTags.eight, max: operandTags.indexes };
  const written = writtenOf(
    job,
    new Map([
      [depthAddress, count('the depth', mostData)],
      [leftCountAddress, count('left lanes', mostLanes)],
      [rightCountAddress, count('right lanes', mostLanes)],
      [flagsAddress, { name: 'the flags', usual: usualFlags, min: 0, max: 255 }],
      [leftTagsAddress, { name: 'left tags', ...tags }],
      [rightTagsAddress, { name: 'right tags', ...tags }],
      [leftUsesAddress, count('left uses', mostData)],
      [rightUsesAddress, count('right uses', mostData)],
      [newListAddress, { name: 'a new list', usual: 0, min: 0, max: mostData }],
    ]),
  );
  const flags = written(flagsAddress);
  const is = (bit: number): boolean => ((flags >> bit) & 1) === 1;
  const depth = written(depthAddress);
  const right: SideSetup = {
    name: 'right',
    count: written(rightCountAddress),
    signed: is(flag.rightSigned),
    byList: is(flag.rightByList),
    byIndex: is(flag.rightByIndex),
    requantizes: is(flag.rightRequantize),
    tags: written(rightTagsAddress),
    uses: written(rightUsesAddress),
  };
  if (right.byIndex && depth > mostLanes) {
    throw new Error(`The depth is ${depth}, but rows that are indexes number up to ${mostLanes}.`);
  }
  return {
    depth,
    left: {
      name: 'left',
      count: written(leftCountAddress),
      signed: is(flag.leftSigned),
      byList: is(flag.leftByList),
      byIndex: false,
      requantizes: is(flag.leftRequantize),
      tags: written(leftTagsAddress),
      uses: written(leftUsesAddress),
    },
    right,
    rowsByList: is(flag.rowsByList),
  };
}

/** The shell ends the run after so many result beats. */
function checkRegisters(job: Job, results: number): void {
  const { RESULTS, ...others } = { RESULTS: 1, ...job.registers };
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new Error(`The job sets register '${other}', but the accelerator has RESULTS alone.`);
  }
  if (RESULTS !== results) {
    throw new Error(`The job sets RESULTS = ${RESULTS}, but its inputs make ${results}.`);
  }
}
