import { rng } from '../../numeric/index.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { joinedJob, productJobs, productSums } from './array-job.ts';
import type { ArrayProduct, ArrayShape, TokenOrder } from './array-job.ts';
import { contextProduct, scoresProduct } from './attention-tiles.ts';
import type { Codes, Fetch } from './attention-tiles.ts';
import { closedCycles, idealCycles, tileCycles } from './closed-forms.ts';
import type { ProbabilityMode } from './format/probabilities.ts';
import { codeOf } from './format/words.ts';
import type { WordMatrix } from './format/words.ts';

/** How long the products of attention take on the array. */

/** What the elements did, in cycles of all of them together. */
export interface ElementCycles {
  readonly busy: number;
  readonly stalled: number;
  readonly starved: number;
}

/** Cycles of one product. */
export interface ProductCycles {
  readonly unsorted: number;
  readonly sorted: number;
  /** All tokens alive, and every word of 8 bits. */
  readonly uniform8: number;
  /** Digit products over elements: without fill, stalls and edges. */
  readonly ideal: number;
  /** Of the sorted tiles by the closed form: whole tiles and the way through the array, once. */
  readonly paddedIdeal: number;
  readonly stalls: Readonly<Record<TokenOrder | 'uniform8', ElementCycles>>;
}

/** Cycles of q k^T, and of p v with either kind of probabilities. */
export interface AttentionCycles {
  readonly scores: ProductCycles;
  readonly context: Readonly<Record<ProbabilityMode, ProductCycles>>;
}

/** Runs jobs on the array. */
export type RunJobs = (jobs: readonly Job[]) => Promise<readonly Outcome[]>;

export interface AttentionRun {
  /** Of each token: 8, 4 or 0; one at least is alive. */
  readonly bits: ArrayLike<number>;
  /** Columns of a head. */
  readonly depth: number;
  /** Heads, one after the other in one run. */
  readonly heads: number;
  /** Of the codes, which do not matter to the time. */
  readonly seed: number;
}

/**
 * Runs the products of attention, each on its own, on random codes.
 *
 * @throws Error for a sum that is not the product's
 */
export async function attentionCycles(
  p: ArrayShape,
  { bits, depth, heads, seed }: AttentionRun,
  run: RunJobs,
): Promise<AttentionCycles> {
  const { below } = rng(seed);
  const length = bits.length;
  const draw = (columns: number, low: number, span: number): Codes => ({
    ...{ rows: length, columns },
    data: Int16Array.from({ length: length * columns }, () => below(span) + low),
  });
  const codes = Array.from({ length: heads }, () => ({
    ...{ q: draw(depth, -127, 255), k: draw(depth, -127, 255), v: draw(depth, -127, 255) },
    probabilities: draw(length, 0, 256),
  }));
  const all8 = new Uint8Array(length).fill(8);

  type Make = (head: (typeof codes)[number], fetch: Fetch) => ArrayProduct;
  const cyclesOf = async (make: Make): Promise<ProductCycles> => {
    const products = (fetch: Fetch): readonly ArrayProduct[] =>
      codes.map((head) => make(head, fetch));
    const unsorted = await timeOf(p, products({ bits, order: 'unsorted' }), run);
    const inOrder = products({ bits, order: 'sorted' });
    const sorted = await timeOf(p, inOrder, run);
    const uniform8 = await timeOf(p, products({ bits: all8, order: 'unsorted' }), run);
    return {
      unsorted: unsorted.cycles,
      sorted: sorted.cycles,
      uniform8: uniform8.cycles,
      ideal: heads * idealCycles(p, inOrder[0]!),
      paddedIdeal: closedCycles(p, heads * tileCycles(p, inOrder[0]!)),
      stalls: {
        unsorted: unsorted.elements,
        sorted: sorted.elements,
        uniform8: uniform8.elements,
      },
    };
  };
  const context = (pMode: ProbabilityMode): Promise<ProductCycles> =>
    cyclesOf((head, fetch) => contextProduct(head.probabilities, head.v, fetch, pMode));
  return {
    scores: await cyclesOf(({ q, k }, fetch) => scoresProduct(q, k, fetch)),
    context: { '8-bit': await context('8-bit'), query: await context('query') },
  };
}

/** Of two runs together, one after the other. */
export const addCycles = (a: AttentionCycles, b: AttentionCycles): AttentionCycles => ({
  scores: addProducts(a.scores, b.scores),
  context: {
    '8-bit': addProducts(a.context['8-bit'], b.context['8-bit']),
    query: addProducts(a.context.query, b.context.query),
  },
});

const addProducts = (a: ProductCycles, b: ProductCycles): ProductCycles => ({
  unsorted: a.unsorted + b.unsorted,
  sorted: a.sorted + b.sorted,
  uniform8: a.uniform8 + b.uniform8,
  ideal: a.ideal + b.ideal,
  paddedIdeal: a.paddedIdeal + b.paddedIdeal,
  stalls: {
    unsorted: addElements(a.stalls.unsorted, b.stalls.unsorted),
    sorted: addElements(a.stalls.sorted, b.stalls.sorted),
    uniform8: addElements(a.stalls.uniform8, b.stalls.uniform8),
  },
});

const addElements = (a: ElementCycles, b: ElementCycles): ElementCycles => ({
  busy: a.busy + b.busy,
  stalled: a.stalled + b.stalled,
  starved: a.starved + b.starved,
});

/** Runs the same product of all heads, in one job where they fit into one, and checks every sum. */
async function timeOf(
  p: ArrayShape,
  products: readonly ArrayProduct[],
  run: RunJobs,
): Promise<{ readonly cycles: number; readonly elements: ElementCycles }> {
  const jobs = products.map((product) => productJobs(p, product));
  const joins = jobs.every((own) => own.length === 1);
  const outcomes = await run(joins ? [joinedJob(p, jobs.flat())] : jobs.flat());
  const own = joins ? parts(outcomes[0]!, products.length) : outcomes;
  products.forEach((product, head) => {
    const each = jobs[head]!.length;
    requireSums(product, productSums(p, product, own.slice(head * each, (head + 1) * each)));
  });
  const total = (key: string): number =>
    outcomes.reduce((sum, { counters }) => sum + counters[key]!, 0);
  return {
    cycles: total('cycles'),
    elements: { busy: total('busy'), stalled: total('stalled'), starved: total('starved') },
  };
}

/** An outcome as that of so many jobs with as many results each. */
const parts = (outcome: Outcome, count: number): readonly Outcome[] => {
  const results = outcome.outputs['results']!;
  const size = results.length / count;
  return Array.from({ length: count }, (_, i) => ({
    ...outcome,
    outputs: { results: results.subarray(i * size, (i + 1) * size) },
  }));
};

const valuesOf = ({ words }: WordMatrix, signed: boolean): Float64Array =>
  Float64Array.from(words, (word) => codeOf(word, signed));

/** The product again, without tiles, jobs and beats. */
function requireSums({ left, right, signed }: ArrayProduct, sums: Int32Array): void {
  const a = valuesOf(left, signed.left);
  const b = valuesOf(right, signed.right);
  const inner = left.columns;
  for (let i = 0, at = 0; i < left.rows; i++) {
    for (let j = 0; j < right.rows; j++, at++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += a[i * inner + k]! * b[j * inner + k]!;
      if ((sum | 0) !== sums[at]) {
        throw new Error(`The array gives ${sums[at]} for row ${i}, column ${j} instead of ${sum}.`);
      }
    }
  }
}
