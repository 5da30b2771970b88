import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { numberToBfloat16, numberToHalf } from '../../src/numeric/index.ts';
import {
  encode,
  floatEngine,
  linearSites,
  loadCheckpoint,
  openSafetensors,
  openSharded,
  packBatch,
} from '../../src/transformer/index.ts';
import { messageOf, safetensorsBytes, temporaryFolder, tinyNli } from './fixtures.ts';

const folder = temporaryFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Dtype = 'F32' | 'F16' | 'BF16';
const encoders: Record<Dtype, (values: Float32Array) => ArrayBufferView> = {
  F32: (values) => values,
  F16: (values) => Uint16Array.from(values, numberToHalf),
  BF16: (values) => Uint16Array.from(values, numberToBfloat16),
};

const original = openSafetensors(join(tinyNli, 'model.safetensors'));
const names = [...original.tensors.keys()];

function writeShard(path: string, tensors: readonly string[], dtype: Dtype = 'F32'): void {
  const header: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  let at = 0;
  for (const name of tensors) {
    const encoded = encoders[dtype](original.read(name));
    const { shape } = original.tensors.get(name)!;
    header[name] = { dtype, shape, data_offsets: [at, at + encoded.byteLength] };
    at += encoded.byteLength;
    parts.push(Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength));
  }
  writeFileSync(path, safetensorsBytes(JSON.stringify(header), Buffer.concat(parts)));
}

const shardNames = [
  'model-00001-of-00002.safetensors',
  'model-00002-of-00002.safetensors',
] as const;
const half = Math.floor(names.length / 2);

/** The bundled model in two shards. */
function sharded(name: string, map?: Record<string, unknown>): string {
  const at = join(folder, name);
  mkdirSync(at);
  copyFileSync(join(tinyNli, 'config.json'), join(at, 'config.json'));
  writeShard(join(at, shardNames[0]), names.slice(0, half));
  writeShard(join(at, shardNames[1]), names.slice(half));
  const weightMap = Object.fromEntries(names.map((n, i) => [n, shardNames[i < half ? 0 : 1]]));
  writeFileSync(
    join(at, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: { total_size: 3386892 }, weight_map: { ...weightMap, ...map } }),
  );
  return at;
}

const rows = (
  JSON.parse(readFileSync(join(tinyNli, 'reference_logits.json'), 'utf8')) as {
    rows: { input_ids: number[]; type_ids_ones_from: number }[];
  }
).rows.slice(0, 4);

async function logits(path: string): Promise<Float32Array> {
  const checkpoint = loadCheckpoint(path);
  const batch = packBatch(
    checkpoint.config,
    rows.map(({ input_ids: ids, type_ids_ones_from: from }) => ({
      ids,
      types: ids.map((_, i) => (i >= from ? 1 : 0)),
    })),
  );
  const output = await encode(checkpoint, batch, floatEngine(linearSites(checkpoint)));
  return output.logits!.data;
}

describe('weights in several files', () => {
  it('give the logits of the same weights in one', async () => {
    const at = sharded('two');
    const expected = await logits(tinyNli);
    expect(await logits(at)).toEqual(expected);
    expect(await logits(join(at, 'model.safetensors.index.json'))).toEqual(expected);
    expect(loadCheckpoint(at).path).toBe(join(at, 'model.safetensors.index.json'));
  });

  it('are refused with everything that does not fit in one message', () => {
    const at = sharded('broken', {
      'no.such': shardNames[0],
      elsewhere: '../model.safetensors',
      number: 3,
      lost: 'model-00003-of-00003.safetensors',
      [names[0]!]: shardNames[1],
    });
    expect(messageOf(folder, () => loadCheckpoint(at))).toBe(
      '<folder>/broken/model.safetensors.index.json: the shards do not fit the index: ' +
        '"elsewhere" is in "../model.safetensors", which is no .safetensors file beside the index; ' +
        '"number" is in 3, which is no .safetensors file beside the index; ' +
        `"${names[0]}" is not in ${shardNames[1]}; ` +
        `"no.such" is not in ${shardNames[0]}; ` +
        `"${names[0]}" is in ${shardNames[0]}, but not listed there; ` +
        'model-00003-of-00003.safetensors is missing. Download the checkpoint again.',
    );
  });

  it('need an index with a map', () => {
    const path = join(folder, 'empty.index.json');
    writeFileSync(path, '{"weight_map": {}}');
    expect(messageOf(folder, () => openSharded(path))).toBe(
      '<folder>/empty.index.json: weight_map is {}, allowed is an object from tensor names to file names; download the index again.',
    );
  });

  it('are asked for by the names that a folder has', () => {
    const at = join(folder, 'other');
    mkdirSync(at);
    copyFileSync(join(tinyNli, 'config.json'), join(at, 'config.json'));
    const refusal = () => messageOf(folder, () => loadCheckpoint(at));
    const neither = 'the folder has neither model.safetensors nor model.safetensors.index.json;';
    expect(refusal()).toBe(`<folder>/other: ${neither} give a folder in Hugging Face layout.`);
    writeFileSync(join(at, 'pytorch_model.bin'), '');
    expect(refusal()).toBe(
      `<folder>/other: ${neither} convert pytorch_model.bin to safetensors (save_pretrained of Hugging Face transformers does).`,
    );
    writeFileSync(join(at, 'adapter.safetensors'), '');
    expect(refusal()).toBe(
      `<folder>/other: ${neither} give the path of one of its weight files, adapter.safetensors.`,
    );
  });
});

describe('weights of 16 bits', () => {
  it.each([
    ['F16', 0.01],
    ['BF16', 0.1],
  ] as const)('%s: logits within %f of float32', async (dtype, tolerance) => {
    const at = join(folder, dtype);
    mkdirSync(at);
    copyFileSync(join(tinyNli, 'config.json'), join(at, 'config.json'));
    writeShard(join(at, 'model.safetensors'), names, dtype);
    const [narrow, full] = [await logits(at), await logits(tinyNli)];
    const worst = Math.max(...full.map((x, i) => Math.abs(x - narrow[i]!)));
    console.log(`largest difference: ${worst}`);
    expect(worst).toBeLessThan(tolerance);
    expect(worst).toBeGreaterThan(0);
  });

  it('of another kind are refused together with what else does not fit', () => {
    const at = join(folder, 'int8');
    mkdirSync(at);
    copyFileSync(join(tinyNli, 'config.json'), join(at, 'config.json'));
    const header = { 'classifier.bias': { dtype: 'I8', shape: [3], data_offsets: [0, 3] } };
    const bytes = safetensorsBytes(JSON.stringify(header), new Uint8Array(3));
    writeFileSync(join(at, 'model.safetensors'), bytes);
    const message = messageOf(folder, () => loadCheckpoint(at));
    expect(message).toContain('"classifier.bias" is I8 instead of F32, F16, BF16');
    expect(message).toContain('"classifier.weight" [3, 128] is missing');
  });
});
