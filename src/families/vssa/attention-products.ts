import { exactMatmul, int8Matmul, matrix } from '../../tensor/index.ts';
import type { IntegerProducts, Matrix } from '../../tensor/index.ts';
import type { Product, Tokens } from '../../transformer/index.ts';
import type { CodedTokens, ShortCode } from './format/codes.ts';
import { encodeProbabilities } from './format/probabilities.ts';
import type { ProbabilityMode } from './format/probabilities.ts';

/** Every product whole, whatever the bits: the codes say it all. */
export const softwareProducts: IntegerProducts = async ({ left, right }) => {
  const [a, b] = [left.data, right.data];
  return {
    sums:
      a instanceof Int8Array && b instanceof Int8Array
        ? int8Matmul({ ...left, data: a }, { ...right, data: b })
        : Int32Array.from(exactMatmul(left, right)),
  };
};

/** First row of every sequence and the row after its last. */
const sequences = ({ starts }: Tokens): readonly (readonly [number, number])[] =>
  Array.from({ length: starts.length - 1 }, (_, i) => [starts[i]!, starts[i + 1]!] as const);

/** Rows begin .. end - 1 of codes, as a view. */
const rowsOf = ({ columns, data }: CodedTokens, begin: number, end: number) => ({
  rows: end - begin,
  columns,
  data: data.subarray(begin * columns, end * columns),
});

/** One head's q k^T in exact integers, as `MatmulEngine.scores` lays it out. */
export async function scoresOf(
  q: CodedTokens,
  k: CodedTokens,
  tokens: Tokens,
  multiply: IntegerProducts,
): Promise<Product> {
  const all = sequences(tokens);
  const width = Math.max(...all.map(([begin, end]) => end - begin));
  const exact = new Int32Array(q.rows * width);
  const clock = newClock();
  const value = matrix(q.rows, width);
  for (const [begin, end] of all) {
    const length = end - begin;
    const rowBits = tokens.bits?.subarray(begin, end);
    const { sums, cycles } = await multiply({
      left: { ...rowsOf(q, begin, end), rowBits },
      right: { ...rowsOf(k, begin, end), rowBits },
      leftSigned: true,
    });
    clock.add(cycles);
    for (let i = 0; i < length; i++) {
      const at = (begin + i) * width;
      for (let j = 0; j < length; j++) {
        const sum = sums[i * length + j]!;
        exact[at + j] = sum;
        value.data[at + j] = sum * q.units[begin + i]! * k.units[begin + j]!;
      }
    }
  }
  return { value, exact, ...clock.total() };
}

/**
 * One head's p v in exact integers. What sets the units of values apart goes into the probabilities before they are
 * rounded, so that one accumulator serves all keys.
 *
 * @param p [N x L]
 */
export async function contextOf(
  p: Matrix,
  v: CodedTokens,
  tokens: Tokens,
  { code, pMode }: { readonly code: ShortCode; readonly pMode: ProbabilityMode },
  multiply: IntegerProducts,
): Promise<Product> {
  const clock = newClock();
  const exact = new Int32Array(v.data.length);
  const value = matrix(v.rows, v.columns);
  for (const [begin, end] of sequences(tokens)) {
    const length = end - begin;
    const bits = tokens.bits?.subarray(begin, end);
    const { folds, largest } = foldsOf(v.units.subarray(begin, end), bits);
    const own = matrix(length, length);
    for (let i = 0; i < length; i++) {
      const at = (begin + i) * p.columns;
      own.data.set(p.data.subarray(at, at + length), i * length);
    }
    const queries = pMode === 'query' ? bits : bits?.map((b) => (b === 0 ? 0 : 8));
    const probabilities = encodeProbabilities(own, folds, queries, code);
    const { sums, cycles } = await multiply({
      left: { ...probabilities, rowBits: queries },
      right: { ...transposed(rowsOf(v, begin, end)), columnBits: bits },
      leftSigned: false,
    });
    clock.add(cycles);
    exact.set(sums, begin * v.columns);
    for (let i = 0; i < sums.length; i++) {
      const unit = probabilities.units[Math.floor(i / v.columns)]!;
      value.data[begin * v.columns + i] = sums[i]! * unit * largest;
    }
  }
  return { value, exact, ...clock.total() };
}

/** Sums cycles, where there are some. */
function newClock() {
  let sum: number | undefined;
  return {
    add(cycles: number | undefined): void {
      if (cycles !== undefined) sum = (sum ?? 0) + cycles;
    },
    total: (): { readonly cycles?: number } => (sum === undefined ? {} : { cycles: sum }),
  };
}

/** The largest unit of live tokens, and the part of it that each token's is: 0 .. 1. */
function foldsOf(
  units: Float64Array,
  bits: Uint8Array | undefined,
): { readonly folds: Float64Array; readonly largest: number } {
  const live = units.map((unit, i) => (bits?.[i] === 0 ? 0 : unit));
  const largest = Math.max(...live);
  return { folds: live.map((unit) => (largest > 0 ? unit / largest : 0)), largest };
}

function transposed({ rows, columns, data }: ReturnType<typeof rowsOf>) {
  const out = new Int8Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  }
  return { rows: columns, columns: rows, data: out };
}
