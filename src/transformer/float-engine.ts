import {
  matmulTransposed,
  matrix,
  rowOf,
  sliceColumns,
  sliceRows,
  transpose,
} from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import type { MatmulEngine, Tokens } from './matmul-engine.ts';

/** Calls `visit` with the first row of every sequence and the row after its last. */
function eachSequence(tokens: Tokens, visit: (begin: number, end: number) => void): void {
  for (let i = 0; i + 1 < tokens.starts.length; i++)
    visit(tokens.starts[i]!, tokens.starts[i + 1]!);
}

function longest(tokens: Tokens): number {
  let length = 0;
  eachSequence(tokens, (begin, end) => {
    length = Math.max(length, end - begin);
  });
  return length;
}

/** One head's q k^T of every sequence, as `MatmulEngine.scores` lays it out. */
function floatScores(q: Matrix, k: Matrix, tokens: Tokens): Matrix {
  const out = matrix(q.rows, longest(tokens));
  eachSequence(tokens, (begin, end) => {
    const scores = matmulTransposed(sliceRows(q, begin, end), sliceRows(k, begin, end));
    for (let r = 0; r < scores.rows; r++) rowOf(out, begin + r).set(rowOf(scores, r));
  });
  return out;
}

/** One head's p v of every sequence. */
function floatContext(p: Matrix, v: Matrix, tokens: Tokens): Matrix {
  const out = matrix(v.rows, v.columns);
  eachSequence(tokens, (begin, end) => {
    const weights = sliceColumns(sliceRows(p, begin, end), 0, end - begin);
    const context = matmulTransposed(weights, transpose(sliceRows(v, begin, end)));
    out.data.set(context.data, begin * out.columns);
  });
  return out;
}

/**
 * The engine that computes every product in floating point: float64 sums of float32 operands, rounded once.
 *
 * @param weights the linear layers it serves, e.g. `linearSites(checkpoint)`
 */
export function floatEngine(
  weights: Iterable<{ readonly tensor: string; readonly weight: Matrix }>,
): MatmulEngine {
  const byTensor = new Map<string, Matrix>();
  for (const { tensor, weight } of weights) byTensor.set(tensor, weight);
  return {
    linear: async (site, x) => {
      const weight = byTensor.get(site.tensor ?? '');
      if (!weight) throw new RangeError(`the float engine holds no weight "${site.tensor}"`);
      return { value: matmulTransposed(x, weight) };
    },
    scores: async (_, q, k, tokens) => ({ value: floatScores(q, k, tokens) }),
    context: async (_, p, v, tokens) => ({ value: floatContext(p, v, tokens) }),
  };
}
