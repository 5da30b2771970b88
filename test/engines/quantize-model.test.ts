import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

import { assembleModel, openModel, quantizeModel, wholeModel } from '../../src/engines/index.ts';
import { calibrateSites } from '../../src/engines/calibration.ts';
import { findMethod, methods } from '../../src/families/index.ts';
import { rng } from '../../src/numeric/index.ts';
import {
  calibrate,
  encode,
  floatEngine,
  linear,
  linearSites,
  loadTokenizer,
  modelMatrices,
  packBatch,
  readExamples,
} from '../../src/transformer/index.ts';
import type { AnyMethod, Checkpoint } from '../../src/transformer/index.ts';
import {
  smallBert,
  smallBertTensors,
  temporaryFolder,
  tinyNli,
  writeModel,
} from '../transformer/fixtures.ts';
import { opened, quantized, settings, withOptions, writeQuantized } from './model-fixtures.ts';

/** A masked-LM model whose file also has a copy of the words for its decoder. */
const small = join(temporaryFolder(), 'small');
beforeAll(() => {
  const tensors = smallBertTensors(rng(3));
  const words = tensors['bert.embeddings.word_embeddings.weight']!;
  writeModel(small, smallBert, { ...tensors, 'cls.predictions.decoder.weight': words });
});

const batchOf = ({ config }: Checkpoint) =>
  packBatch(config, [{ ids: [1, 5, 7, 2], types: [0, 0, 1, 1] }]);

const logitsOf = async (checkpoint: Checkpoint) =>
  (await encode(checkpoint, batchOf(checkpoint), floatEngine(linearSites(checkpoint)))).logits!;

describe.each(methods.map((method) => [method.name, method] as const))(
  'a model quantized by %s',
  (_, method) => {
    it('has exactly the dequantized matrices, and its other tensors as they were', async () => {
      const { stored, checkpoint } = opened(small);
      const { model } = await quantizeModel(stored, checkpoint, method, settings());
      const assembled = assembleModel(stored, model, method);
      const before = modelMatrices(checkpoint, stored.names);
      const after = modelMatrices(assembled.checkpoint, stored.names);
      before.forEach(({ name, kind, matrix }, i) => {
        const expected = !(method.kinds ?? ['linear', 'embeddings']).includes(kind)
          ? matrix
          : (method.dequantize(
              method.quantize(matrix, name, method.options.parse({})).packed,
            ) as typeof matrix);
        expect(after[i]!.matrix.data, name).toEqual(expected.data);
      });
      expect(assembled.checkpoint.embeddings.norm).toEqual(checkpoint.embeddings.norm);
      expect(assembled.checkpoint.layers[1]!.query.bias).toEqual(checkpoint.layers[1]!.query.bias);
    });

    it('comes back from its folder bit for bit', async () => {
      const folder = temporaryFolder();
      const model = await quantized(small, method);
      writeQuantized(folder, small, model, method);
      cpSync(join(small, 'config.json'), join(folder, 'config.json'));
      const stored = openModel(folder);
      expect(stored.quantized).toEqual(model);
      const direct = assembleModel(openModel(small), model, method).checkpoint;
      const back = assembleModel(stored, stored.quantized!, method).checkpoint;
      expect(await logitsOf(back)).toEqual(await logitsOf(direct));
    });
  },
);

describe('the folder of a quantized model', () => {
  const written = async (): Promise<string> => {
    const folder = temporaryFolder();
    writeQuantized(folder, small, await quantized(small, linear), linear);
    cpSync(join(small, 'config.json'), join(folder, 'config.json'));
    return folder;
  };
  const message = (folder: string): string => {
    try {
      openModel(folder);
    } catch (error) {
      return (error as Error).message.replaceAll(folder, '<folder>');
    }
    return 'nothing was thrown';
  };

  it('is refused after a byte of a matrix or of the tensors was changed', async () => {
    const folder = await written();
    for (const name of [
      'matrices/bert.encoder.layer.0.output.dense.weight.linear',
      'model.safetensors',
    ]) {
      const path = join(folder, name);
      const bytes = readFileSync(path);
      bytes[bytes.length - 20]! ^= 1;
      writeFileSync(path, bytes);
      expect(message(folder)).toBe(
        `<folder>/quantization.json: ${name} was changed after it was written (its SHA-256 differs); quantize the model again.`,
      );
      bytes[bytes.length - 20]! ^= 1;
      writeFileSync(path, bytes);
    }
    expect(message(folder)).toBe('nothing was thrown');
  });

  it('is refused with a manifest of another version, or that leads elsewhere', async () => {
    const folder = await written();
    const path = join(folder, 'quantization.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as {
      version: number;
      matrices: { file: string }[];
    };
    writeFileSync(path, JSON.stringify({ ...manifest, version: 2 }));
    expect(message(folder)).toMatch(/^<folder>\/quantization.json: version: .* again\.$/);
    manifest.matrices[0]!.file = '../secret';
    writeFileSync(path, JSON.stringify(manifest));
    expect(message(folder)).toMatch(/^<folder>\/quantization.json: matrices.0.file: .* again\.$/);
    writeFileSync(path, '{');
    expect(message(folder)).toMatch(/^<folder>\/quantization.json: is not valid JSON/);
  });

  it('cannot be quantized again', async () => {
    const folder = await written();
    const stored = openModel(folder);
    const { checkpoint } = assembleModel(stored, stored.quantized!, linear);
    await expect(quantizeModel(stored, checkpoint, linear, settings())).rejects.toThrow(
      `${folder}: the model is quantized already, by linear; give the model that it was made from.`,
    );
  });
});

describe('the size of a quantized model', () => {
  it('counts every parameter once, tied copies not again', async () => {
    const { stored, checkpoint } = opened(small);
    const model = await quantized(small, linear, withOptions({ bits: 4 }));
    // Tables 18 x 8, norms 6 x 16, per layer 4 x (64 + 8) + 96 + 12 + 96 + 8, head 72 + 10.
    const parameters = 144 + 6 * 16 + 2 * (288 + 108 + 104) + 82;
    const quantizedParameters = 144 + 2 * (4 * 64 + 96 + 96);
    const packed = model.matrices.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const bytes = packed + 4 * (parameters - quantizedParameters);
    expect(wholeModel(stored, checkpoint, model)).toEqual({
      parameters,
      quantizedParameters,
      bytes,
      compression: (4 * parameters) / bytes,
    });
  });

  it('is what the paper promises for the bundled model', async () => {
    const { stored, checkpoint } = opened(tinyNli);
    const gobo = findMethod('gobo');
    const model = await quantized(
      tinyNli,
      gobo,
      settings({ embeddings: [{ place: 'test', options: { bits: 4 } }] }),
    );
    const size = wholeModel(stored, checkpoint, model);
    expect(size.parameters).toBe(846_723);
    expect(size.compression).toBeGreaterThan(9);
    expect(size.compression).toBeLessThan(9.83);
  });
});

describe('calibration', () => {
  const tokenizer = loadTokenizer(tinyNli);
  const sequences = readExamples(join(tinyNli, 'calibration.jsonl'), 5).map(({ text, pair }) =>
    tokenizer.encode(text, pair),
  );
  const { checkpoint } = opened(tinyNli);

  it('finds the largest magnitude at every linear layer', async () => {
    const sites = await calibrateSites(checkpoint, sequences, linear, {});
    const ranges = await calibrate(checkpoint, sequences);
    expect(
      Object.fromEntries(Object.entries(sites).map(([key, { range }]) => [key, range])),
    ).toEqual(Object.fromEntries(ranges));
    expect(Object.values(sites).some(({ scale }) => scale !== undefined)).toBe(false);
  });

  it('shows a method that sets scales what reached each site', async () => {
    const seen = new Map<string, { range: number; largest: number; rows: number }>();
    const method: AnyMethod = {
      ...linear,
      calibrate: ({ layer, role }, { range, samples }, { offset }: { offset: number }) => {
        const largest = Math.max(...samples.flatMap(({ data }) => [...data].map(Math.abs)));
        const rows = samples.reduce((sum, sample) => sum + sample.rows, 0);
        seen.set(`${layer}.${role}`, { range, largest, rows });
        return range + offset;
      },
    };
    const sites = await calibrateSites(checkpoint, sequences, method, { offset: 2 });
    const tokens = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
    expect(seen.get('0.query')).toMatchObject({ rows: tokens });
    expect(seen.get('4.pooler')).toMatchObject({ rows: 5 });
    for (const [key, { range, largest }] of seen) {
      expect(largest).toBe(range);
      expect(sites[key]).toEqual({ range, scale: range + 2 });
    }
  });

  it('needs an example', async () => {
    await expect(calibrateSites(checkpoint, [], linear, {})).rejects.toThrow(
      'there is no calibration example; give a file with at least one.',
    );
  });
});
