import {
  addRow,
  gelu,
  geluTanh,
  layerNorm,
  matmulTransposed,
  matrix,
  relu,
  rowOf,
  sliceColumns,
  softmaxRows,
  tanh,
} from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import type { Batch } from './batch.ts';
import type { Checkpoint, EncoderLayer, Linear } from './checkpoint.ts';
import type { ModelConfig } from './config.ts';
import type { LinearRole, MatmulEngine, Tokens } from './matmul-engine.ts';

export interface EncoderOutput {
  /** Hidden state after the last layer, [tokens x hidden]. */
  readonly hidden: Matrix;
  /** Classification: [sequences x labels]; masked LM: [tokens x vocabulary]; absent without a head. */
  readonly logits?: Matrix;
}

/** A linear layer with its bias, by way of the engine; `rows` says what the rows are, the batch's tokens unless given. */
type Apply = (
  layer: number,
  role: LinearRole,
  x: Matrix,
  linear: Linear,
  rows?: Tokens,
) => Promise<Matrix>;

/**
 * Runs a BERT-family encoder and its head over a batch.
 *
 * The engine computes every product of a linear layer and of attention; embeddings, biases, softmax, LayerNorm and
 * activation functions, and the product of the masked-LM head with the word embeddings, are float32 here.
 * Dropout is absent: this is inference.
 */
export async function encode(
  checkpoint: Checkpoint,
  batch: Batch,
  engine: MatmulEngine,
): Promise<EncoderOutput> {
  const { config, mapping, layers } = checkpoint;
  const { tokens } = batch;
  const apply: Apply = async (layer, role, x, linear, rows = tokens) => {
    const { value } = await engine.linear({ layer, role, tensor: linear.tensor }, x, rows);
    return addRow(value, linear.bias);
  };

  let hidden = embed(checkpoint, batch);
  if (mapping) hidden = await apply(-1, 'embedding-mapping', hidden, mapping);
  for (const [i, layer] of layers.entries()) {
    hidden = await encoderLayer(config, layer, hidden, tokens, engine, i, apply);
  }

  const { head } = checkpoint;
  const after = layers.length;
  switch (head.kind) {
    case 'none':
      return { hidden };
    case 'classification': {
      const first = firstRows(hidden, tokens);
      const heads: Tokens = { starts: Uint32Array.from({ length: first.rows + 1 }, (_, i) => i) };
      const pooled = tanh(await apply(after, 'pooler', first, head.pooler, heads));
      return { hidden, logits: await apply(after, 'classifier', pooled, head.classifier, heads) };
    }
    case 'masked-lm': {
      const dense = activate(config, await apply(after, 'mlm-dense', hidden, head.dense));
      const normed = layerNorm(dense, head.norm, config.layerNormEpsilon);
      const scores = matmulTransposed(normed, checkpoint.embeddings.words);
      return { hidden, logits: addRow(scores, head.bias) };
    }
  }
}

/** Word, position and type embeddings, summed and normalised: [tokens x embedding]. */
function embed({ config, embeddings }: Checkpoint, { ids, types, tokens }: Batch): Matrix {
  const sum = matrix(ids.length, config.embedding);
  for (let s = 0; s + 1 < tokens.starts.length; s++) {
    const start = tokens.starts[s]!;
    for (let row = start; row < tokens.starts[s + 1]!; row++) {
      const word = rowOf(embeddings.words, ids[row]!);
      const position = rowOf(embeddings.positions, row - start);
      const type = rowOf(embeddings.types, types[row]!);
      const out = rowOf(sum, row);
      for (let c = 0; c < out.length; c++) {
        out[c] = Math.fround(word[c]! + type[c]!) + position[c]!;
      }
    }
  }
  return layerNorm(sum, embeddings.norm, config.layerNormEpsilon);
}

/** One post-LayerNorm transformer layer (Vaswani et al., 2017, as BERT arranges it). */
async function encoderLayer(
  config: ModelConfig,
  weights: EncoderLayer,
  x: Matrix,
  tokens: Tokens,
  engine: MatmulEngine,
  layer: number,
  apply: Apply,
): Promise<Matrix> {
  const epsilon = config.layerNormEpsilon;
  const q = await apply(layer, 'query', x, weights.query);
  const k = await apply(layer, 'key', x, weights.key);
  const v = await apply(layer, 'value', x, weights.value);
  const mixed = await attention(config, q, k, v, tokens, engine, layer);
  const projected = await apply(layer, 'attention-output', mixed, weights.attentionOutput);
  const attended = layerNorm(add(projected, x), weights.attentionNorm, epsilon);
  const wide = await apply(layer, 'intermediate', attended, weights.intermediate);
  const narrow = await apply(layer, 'output', activate(config, wide), weights.output);
  return layerNorm(add(narrow, attended), weights.outputNorm, epsilon);
}

/** Scaled dot-product attention of every head, side by side: [tokens x hidden]. */
async function attention(
  config: ModelConfig,
  q: Matrix,
  k: Matrix,
  v: Matrix,
  tokens: Tokens,
  engine: MatmulEngine,
  layer: number,
): Promise<Matrix> {
  const size = config.hidden / config.heads;
  const lengths = sequenceLengths(tokens);
  const out = matrix(q.rows, config.hidden);
  for (let head = 0; head < config.heads; head++) {
    const [begin, end] = [head * size, (head + 1) * size];
    const site = { layer, role: `attention-${head}` } as const;
    const qh = sliceColumns(q, begin, end);
    const kh = sliceColumns(k, begin, end);
    const vh = sliceColumns(v, begin, end);
    const scores = await engine.scores(site, qh, kh, tokens);
    const p = softmaxRows(scores.value, lengths, 1 / Math.sqrt(size));
    const context = await engine.context(site, p, vh, tokens);
    for (let r = 0; r < out.rows; r++) {
      out.data.set(rowOf(context.value, r), r * out.columns + begin);
    }
  }
  return out;
}

/** For every row the length of its sequence. */
function sequenceLengths({ starts }: Tokens): Uint32Array {
  const lengths = new Uint32Array(starts.at(-1)!);
  for (let i = 0; i + 1 < starts.length; i++) {
    lengths.fill(starts[i + 1]! - starts[i]!, starts[i], starts[i + 1]);
  }
  return lengths;
}

/** The rows of the first token of every sequence, [CLS]. */
function firstRows(m: Matrix, { starts }: Tokens): Matrix {
  const out = matrix(starts.length - 1, m.columns);
  for (let i = 0; i < out.rows; i++) out.data.set(rowOf(m, starts[i]!), i * m.columns);
  return out;
}

function add(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, a.columns);
  for (let i = 0; i < out.data.length; i++) out.data[i] = a.data[i]! + b.data[i]!;
  return out;
}

function activate(config: ModelConfig, m: Matrix): Matrix {
  switch (config.activation) {
    case 'gelu':
      return gelu(m);
    case 'gelu_new':
      return geluTanh(m);
    case 'relu':
      return relu(m);
  }
}
