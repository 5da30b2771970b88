import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { rng } from '../../src/numeric/index.ts';
import {
  loadCheckpoint,
  modelMatrices,
  openSafetensors,
  tensorNames,
  writeSafetensors,
} from '../../src/transformer/index.ts';
import { smallBert, smallBertTensors, temporaryFolder, tinyNli, writeModel } from './fixtures.ts';

describe('modelMatrices', () => {
  it('lists the matrices of the bundled classifier by kind', () => {
    const checkpoint = loadCheckpoint(tinyNli);
    const { tensors } = openSafetensors(join(tinyNli, 'model.safetensors'));
    const matrices = modelMatrices(checkpoint, tensorNames(checkpoint.config, tensors));
    const ofKind = (kind: string): string[] =>
      matrices.filter((matrix) => matrix.kind === kind).map(({ name }) => name);
    expect(ofKind('embeddings')).toEqual([
      'bert.embeddings.word_embeddings.weight',
      'bert.embeddings.position_embeddings.weight',
      'bert.embeddings.token_type_embeddings.weight',
    ]);
    expect(ofKind('head')).toEqual(['classifier.weight']);
    expect(ofKind('linear')).toHaveLength(4 * 6 + 1);
    // Every matrix of the file, once, with its values.
    const all = [...tensors.values()].filter(({ shape }) => shape.length === 2);
    expect(matrices.map(({ name }) => name).sort()).toEqual(all.map(({ name }) => name).sort());
    for (const { name, matrix } of matrices) {
      expect([matrix.rows, matrix.columns]).toEqual(tensors.get(name)!.shape);
    }
  });

  it('counts the dense layer of a masked-LM head among the heads', () => {
    const folder = temporaryFolder();
    writeModel(folder, smallBert, smallBertTensors(rng(1)));
    const checkpoint = loadCheckpoint(folder);
    const { tensors } = openSafetensors(join(folder, 'model.safetensors'));
    const heads = modelMatrices(checkpoint, tensorNames(checkpoint.config, tensors))
      .filter(({ kind }) => kind === 'head')
      .map(({ name }) => name);
    expect(heads).toEqual(['cls.predictions.transform.dense.weight']);
  });
});

describe('writeSafetensors', () => {
  it('writes what the reader reads, values at a multiple of 8 bytes', () => {
    const path = join(temporaryFolder(), 'model.safetensors');
    const tensors = new Map([
      ['a', { shape: [2, 3], data: Float32Array.of(1, -2, 3.5, 0, -0, 6) }],
      ['empty', { shape: [0, 4], data: new Float32Array(0) }],
      // A view into a longer buffer must not bring its neighbours.
      ['view', { shape: [2], data: Float32Array.of(9, 8, 7, 6).subarray(1, 3) }],
    ]);
    writeFileSync(path, writeSafetensors(tensors));
    const file = openSafetensors(path);
    expect([...file.tensors.keys()].sort()).toEqual(['a', 'empty', 'view']);
    for (const [name, { shape, data }] of tensors) {
      expect(file.tensors.get(name)!.shape).toEqual(shape);
      expect(file.read(name)).toEqual(Float32Array.from(data));
    }
    expect(file.tensors.get('a')!.offset % 8).toBe(0);
  });
});
