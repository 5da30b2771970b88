/**
 * Writes a random checkpoint of the size of BERT-Base, loads it and encodes 128 tokens, in a process of its own, so
 * that its memory can be measured. Prints one line of JSON.
 *
 *   npx tsx test/transformer/bert-base.ts write <folder> | run <folder>
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { argv } from 'node:process';

import { rng } from '../../src/numeric/index.ts';
import {
  encode,
  floatEngine,
  linearSites,
  loadCheckpoint,
  packBatch,
} from '../../src/transformer/index.ts';

const config = {
  model_type: 'bert',
  architectures: ['BertForSequenceClassification'],
  hidden_size: 768,
  intermediate_size: 3072,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  vocab_size: 30522,
  max_position_embeddings: 512,
};

/** Names and shapes, in the order of the file. */
function shapes(): [string, number[]][] {
  const [hidden, inner] = [config.hidden_size, config.intermediate_size];
  const linear = (name: string, out: number, inputs: number): [string, number[]][] => [
    [`${name}.weight`, [out, inputs]],
    [`${name}.bias`, [out]],
  ];
  const norm = (name: string): [string, number[]][] => [
    [`${name}.weight`, [hidden]],
    [`${name}.bias`, [hidden]],
  ];
  return [
    ['bert.embeddings.word_embeddings.weight', [config.vocab_size, hidden]],
    ['bert.embeddings.position_embeddings.weight', [config.max_position_embeddings, hidden]],
    ['bert.embeddings.token_type_embeddings.weight', [2, hidden]],
    ...norm('bert.embeddings.LayerNorm'),
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => {
      const at = `bert.encoder.layer.${i}`;
      return [
        ...['query', 'key', 'value'].flatMap((r) =>
          linear(`${at}.attention.self.${r}`, hidden, hidden),
        ),
        ...linear(`${at}.attention.output.dense`, hidden, hidden),
        ...norm(`${at}.attention.output.LayerNorm`),
        ...linear(`${at}.intermediate.dense`, inner, hidden),
        ...linear(`${at}.output.dense`, hidden, inner),
        ...norm(`${at}.output.LayerNorm`),
      ];
    }).flat(),
    ...linear('bert.pooler.dense', hidden, hidden),
    ...linear('classifier', 2, hidden),
  ];
}

function write(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const random = rng(1);
  // A block of noise read from ever other places: drawing 110 million normal values would take longer than the test.
  const noise = Float32Array.from({ length: 1 << 20 }, () => 0.04 * random.normal());
  const header: Record<string, object> = {};
  let at = 0;
  for (const [name, shape] of shapes()) {
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = openSync(join(folder, 'model.safetensors'), 'w');
  writeSync(file, Buffer.concat([length, text]));
  for (let left = at / 4; left > 0;) {
    const begin = random.below(1 << 19);
    const part = noise.subarray(begin, begin + Math.min(left, 1 << 19));
    writeSync(file, Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    left -= part.length;
  }
  closeSync(file);
  console.log(JSON.stringify({ bytes: at }));
}

async function run(folder: string): Promise<void> {
  const start = performance.now();
  const busy = process.cpuUsage();
  const checkpoint = loadCheckpoint(folder);
  const loadSeconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(busy);
  const loadCpuSeconds = (user + system) / 1e6;
  const loadPeakBytes = process.resourceUsage().maxRSS * 1024;
  const ids = Array.from({ length: 128 }, (_, i) => 100 + 7 * i);
  const batch = packBatch(checkpoint.config, [{ ids, types: ids.map(() => 0) }]);
  const begin = performance.now();
  const output = await encode(checkpoint, batch, floatEngine(linearSites(checkpoint)));
  const forwardSeconds = (performance.now() - begin) / 1000;
  const rows = output.hidden.rows;
  console.log(JSON.stringify({ loadSeconds, loadCpuSeconds, loadPeakBytes, forwardSeconds, rows }));
}

const [, , command, folder] = argv;
if (command === 'write') write(folder!);
else await run(folder!);
