import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Rng } from '../../src/numeric/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The bundled model. */
export const tinyNli = join(root, 'models', 'tiny-nli');

/** A folder of the data that is not part of the repository, or undefined, which is then said aloud. */
export function dataFolder(name: string): string | undefined {
  const folder = join(process.env['SYSTOLE_DATA'] ?? join(root, '..', 'shared', 'data'), name);
  if (existsSync(folder)) return folder;
  console.log(`skipped: ${folder} is absent; set SYSTOLE_DATA to the folder that holds ${name}`);
  return undefined;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'systole-test-'));
}

/** The message an expression throws, without the part of the path that changes from run to run. */
export function messageOf(folder: string, run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message.replaceAll(folder, '<folder>');
  }
  return 'nothing was thrown';
}

/** Header text and data as a safetensors file. */
export function safetensorsBytes(header: string, data: Uint8Array, length?: number): Buffer {
  const text = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([prefix, text, data]);
}

export interface FloatTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Writes a model folder: config.json and model.safetensors with F32 tensors. */
export function writeModel(
  folder: string,
  config: object,
  tensors: Readonly<Record<string, FloatTensor>>,
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const data = Buffer.concat(Object.values(tensors).map((t) => Buffer.from(t.data.buffer)));
  writeFileSync(join(folder, 'model.safetensors'), safetensorsBytes(JSON.stringify(header), data));
}

export const smallBert = {
  model_type: 'bert',
  architectures: ['BertForMaskedLM'],
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  vocab_size: 10,
  max_position_embeddings: 6,
  hidden_act: 'gelu',
};

/** Random tensors of a small BERT with a masked-LM head, under the names Hugging Face gives them. */
export function smallBertTensors(random: Rng): Record<string, FloatTensor> {
  const tensors: Record<string, FloatTensor> = {};
  const add = (name: string, ...shape: number[]): void => {
    const length = shape.reduce((a, b) => a * b, 1);
    tensors[name] = { shape, data: Float32Array.from({ length }, () => random.normal() * 0.5) };
  };
  const linear = (name: string, out: number, inputs: number): void => {
    add(`${name}.weight`, out, inputs);
    add(`${name}.bias`, out);
  };
  const norm = (name: string): void => {
    add(`${name}.weight`, 8);
    add(`${name}.bias`, 8);
  };
  add('bert.embeddings.word_embeddings.weight', 10, 8);
  add('bert.embeddings.position_embeddings.weight', 6, 8);
  add('bert.embeddings.token_type_embeddings.weight', 2, 8);
  norm('bert.embeddings.LayerNorm');
  for (let i = 0; i < 2; i++) {
    const at = `bert.encoder.layer.${i}`;
    for (const role of ['query', 'key', 'value']) linear(`${at}.attention.self.${role}`, 8, 8);
    linear(`${at}.attention.output.dense`, 8, 8);
    norm(`${at}.attention.output.LayerNorm`);
    linear(`${at}.intermediate.dense`, 12, 8);
    linear(`${at}.output.dense`, 8, 12);
    norm(`${at}.output.LayerNorm`);
  }
  linear('cls.predictions.transform.dense', 8, 8);
  norm('cls.predictions.transform.LayerNorm');
  add('cls.predictions.bias', 10);
  return tensors;
}
