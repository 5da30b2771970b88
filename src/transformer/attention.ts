import { matrix, rowOf, sliceColumns, softmaxRows } from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import type { MatmulEngine, Tokens } from './matmul-engine.ts';

/** Queries, keys and values of all heads side by side, each [tokens x hidden]. */
interface Projections {
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
}

/**
 * Scaled dot-product attention of every head (Vaswani et al., 2017, section 3.2), and the tokens for the next layer.
 *
 * @returns `context` [tokens x hidden], the heads side by side; `next` is `tokens` unless the engine has `nextTokens`
 */
export async function attention(
  heads: number,
  { q, k, v }: Projections,
  tokens: Tokens,
  engine: MatmulEngine,
  layer: number,
): Promise<{ context: Matrix; next: Tokens }> {
  const size = q.columns / heads;
  const lengths = liveLengths(tokens);
  const out = matrix(q.rows, q.columns);
  const probabilities: Matrix[] = [];
  for (let head = 0; head < heads; head++) {
    const [begin, end] = [head * size, (head + 1) * size];
    const site = { layer, role: `attention-${head}` } as const;
    const qh = sliceColumns(q, begin, end);
    const kh = sliceColumns(k, begin, end);
    const vh = sliceColumns(v, begin, end);
    const scores = await engine.scores(site, qh, kh, tokens);
    const p = softmaxRows(hidePruned(scores.value, tokens), lengths, 1 / Math.sqrt(size));
    const context = await engine.context(site, p, vh, tokens);
    for (let r = 0; r < out.rows; r++) {
      out.data.set(rowOf(context.value, r), r * out.columns + begin);
    }
    if (engine.nextTokens) probabilities.push(p);
  }
  const next = engine.nextTokens?.(layer, probabilities, tokens);
  if (next) requireTokens(next, tokens, layer);
  return { context: out, next: next ?? tokens };
}

/** For every row the length of its sequence; 0 for a pruned row, which attends to nothing. */
function liveLengths({ starts, bits }: Tokens): Uint32Array {
  const lengths = new Uint32Array(starts.at(-1)!);
  for (let i = 0; i + 1 < starts.length; i++) {
    lengths.fill(starts[i + 1]! - starts[i]!, starts[i], starts[i + 1]);
  }
  bits?.forEach((b, row) => {
    if (b === 0) lengths[row] = 0;
  });
  return lengths;
}

/** Scores [N x L] with -infinity at pruned keys, so that softmax gives them nothing. */
function hidePruned(scores: Matrix, { starts, bits }: Tokens): Matrix {
  if (!bits?.includes(0)) return scores;
  const out = matrix(scores.rows, scores.columns, scores.data.slice());
  for (let i = 0; i + 1 < starts.length; i++) {
    const [begin, end] = [starts[i]!, starts[i + 1]!];
    for (let key = begin; key < end; key++) {
      if (bits[key] !== 0) continue;
      for (let row = begin; row < end; row++) {
        out.data[row * out.columns + key - begin] = -Infinity;
      }
    }
  }
  return out;
}

/** A layer's output with the rows of pruned tokens as they came in. */
export function keepPruned(output: Matrix, input: Matrix, { bits }: Tokens): Matrix {
  bits?.forEach((b, row) => {
    if (b === 0) rowOf(output, row).set(rowOf(input, row));
  });
  return output;
}

/** A wrong answer of `nextTokens` is a mistake in an engine, not in what a user gave. */
function requireTokens(next: Tokens, { starts }: Tokens, layer: number): void {
  const refuse = (what: string): never => {
    throw new RangeError(`nextTokens of layer ${layer} ${what}`);
  };
  if (next.starts.join() !== starts.join()) refuse('changed the starts of the sequences');
  const { bits, merges } = next;
  if (merges?.some(({ row, from, weights }) => from.length !== weights.length || !bits?.[row])) {
    refuse('merged tokens into a row that is not computed, or without a weight for each');
  }
  if (!bits) return;
  if (bits.length !== starts.at(-1)) {
    refuse(`gave bits for ${bits.length} rows instead of ${starts.at(-1)}`);
  }
  const wrong = bits.find((b) => b !== 8 && b !== 4 && b !== 0);
  if (wrong !== undefined) refuse(`gave a token ${wrong} bits instead of 8, 4 or 0`);
  for (let i = 0; i + 1 < starts.length; i++) {
    if (bits.subarray(starts[i], starts[i + 1]).every((b) => b === 0)) {
      refuse(`pruned every token of sequence ${i + 1}`);
    }
  }
}
