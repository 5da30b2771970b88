import { InputError } from '../numeric/index.ts';
import {
  addRow,
  gelu,
  geluTanh,
  layerNorm,
  matmulTransposed,
  matrix,
  relu,
  rowOf,
  tanh,
} from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import { attention, keepPruned } from './attention.ts';
import type { Batch } from './batch.ts';
import type { Checkpoint, EncoderLayer, Linear } from './checkpoint.ts';
import type { Activation, ModelConfig } from './config.ts';
import type { LinearRole, MatmulEngine, Tokens } from './matmul-engine.ts';
import { mergeTokens, withRows } from './merge-tokens.ts';
import { layerWatch, watchedEngine } from './observer.ts';
import type { Observer } from './observer.ts';

export interface EncoderOutput {
  /** Hidden state after the last layer, [tokens x hidden]. */
  readonly hidden: Matrix;
  /** Classification: [sequences x labels]; masked LM: [tokens x vocabulary]; absent without a head. */
  readonly logits?: Matrix;
}

export interface EncodeOptions {
  /** Is shown every product and every layer. */
  readonly observer?: Observer;
}

/** A linear layer with its bias, by way of the engine. */
type Apply = (
  layer: number,
  role: LinearRole,
  x: Matrix,
  linear: Linear,
  tokens: Tokens,
) => Promise<Matrix>;

/**
 * Runs a BERT-family encoder and its head over a batch.
 *
 * The engine computes every product of a linear layer and of attention; embeddings, biases, softmax, LayerNorm and
 * activation functions, and the product of the masked-LM head with the word embeddings, are float32 here.
 * Dropout is absent: this is inference.
 *
 * @throws InputError naming the layer for a hidden state or logits that are not finite
 */
export async function encode(
  checkpoint: Checkpoint,
  batch: Batch,
  engine: MatmulEngine,
  options: EncodeOptions = {},
): Promise<EncoderOutput> {
  const { config, mapping, layers, head } = checkpoint;
  const watch = layerWatch(options.observer);
  const watched = watchedEngine(engine, watch.product);
  const apply: Apply = async (layer, role, x, linear, tokens) => {
    const { value } = await watched.linear({ layer, role, tensor: linear.tensor }, x, tokens);
    return addRow(value, linear.bias);
  };

  let { tokens } = batch;
  const own = new Map<number, Float32Array>();
  let hidden = embed(checkpoint, batch);
  if (mapping) hidden = await apply(-1, 'embedding-mapping', hidden, mapping, tokens);
  requireFinite(checkpoint, hidden, 'the embeddings');
  for (const [i, layer] of layers.entries()) {
    const input = mergeTokens(hidden, tokens, own);
    const step = await encoderLayer(config, layer, input, tokens, watched, i, apply);
    requireFinite(checkpoint, step.hidden, `layer ${i}`);
    watch.layer(i, step.hidden, tokens);
    ({ hidden, tokens } = step);
  }
  hidden = withRows(hidden, own);
  const logits = await headLogits(checkpoint, hidden, batch.tokens, apply);
  if (logits) requireFinite(checkpoint, logits, `the head ${head.kind}`);
  return { hidden, ...(logits && { logits }) };
}

/** One comparison per value, and none that a NaN could pass. */
function requireFinite({ path }: Checkpoint, m: Matrix, place: string): void {
  const bad = m.data.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return;
  throw new InputError(
    `${path}: an activation after ${place} is ${m.data[bad]} (row ${Math.floor(bad / m.columns)}, column ${bad % m.columns}), allowed are finite values; the checkpoint or the method's settings overflow.`,
  );
}

/** Word, position and type embeddings, summed and normalised: [tokens x embedding]. */
function embed({ config, embeddings }: Checkpoint, { ids, types, tokens }: Batch): Matrix {
  const sum = matrix(ids.length, config.embedding);
  for (let s = 0; s + 1 < tokens.starts.length; s++) {
    const start = tokens.starts[s]!;
    for (let row = start; row < tokens.starts[s + 1]!; row++) {
      const word = rowOf(embeddings.words, ids[row]!);
      const position = rowOf(embeddings.positions, row - start + config.positionOffset);
      const type = embeddings.types && rowOf(embeddings.types, types[row]!);
      const out = rowOf(sum, row);
      for (let c = 0; c < out.length; c++) {
        out[c] = (type ? Math.fround(word[c]! + type[c]!) : word[c]!) + position[c]!;
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
): Promise<{ hidden: Matrix; tokens: Tokens }> {
  const epsilon = config.layerNormEpsilon;
  const q = await apply(layer, 'query', x, weights.query, tokens);
  const k = await apply(layer, 'key', x, weights.key, tokens);
  const v = await apply(layer, 'value', x, weights.value, tokens);
  const mixed = await attention(config.heads, { q, k, v }, tokens, engine, layer);
  const projected = await apply(
    layer,
    'attention-output',
    mixed.context,
    weights.attentionOutput,
    tokens,
  );
  const attended = layerNorm(add(projected, x), weights.attentionNorm, epsilon);
  const wide = await apply(layer, 'intermediate', attended, weights.intermediate, tokens);
  const active = activate(config.activation, wide);
  const narrow = await apply(layer, 'output', active, weights.output, tokens);
  const hidden = layerNorm(add(narrow, attended), weights.outputNorm, epsilon);
  return { hidden: keepPruned(hidden, x, tokens), tokens: mixed.next };
}

/** What the head makes of the last hidden state; undefined without a head. */
async function headLogits(
  checkpoint: Checkpoint,
  hidden: Matrix,
  tokens: Tokens,
  apply: Apply,
): Promise<Matrix | undefined> {
  const { config, embeddings, head } = checkpoint;
  const after = checkpoint.layers.length;
  switch (head.kind) {
    case 'none':
      return undefined;
    case 'classification': {
      const first = firstRows(hidden, tokens);
      const rows: Tokens = { starts: Uint32Array.from({ length: first.rows + 1 }, (_, i) => i) };
      const dense = await apply(after, 'pooler', first, head.pooler, rows);
      const pooled = activate(head.activation, dense);
      return apply(after, 'classifier', pooled, head.classifier, rows);
    }
    case 'masked-lm': {
      const dense = await apply(after, 'mlm-dense', hidden, head.dense, tokens);
      const active = activate(head.activation, dense);
      const normed = layerNorm(active, head.norm, config.layerNormEpsilon);
      return addRow(matmulTransposed(normed, embeddings.words), head.bias);
    }
  }
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

function activate(activation: Activation, m: Matrix): Matrix {
  switch (activation) {
    case 'gelu':
      return gelu(m);
    case 'gelu_new':
      return geluTanh(m);
    case 'relu':
      return relu(m);
    case 'tanh':
      return tanh(m);
  }
}
