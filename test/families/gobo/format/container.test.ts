import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  containerItems,
  containerItemsFrom,
  readContainer,
  writeContainer,
} from '../../../../src/families/gobo/format/container.ts';
import type { ContainerItem } from '../../../../src/families/gobo/format/container.ts';
import { crc32 } from '../../../../src/families/gobo/format/crc32.ts';
import { dequantize, quantizeGobo } from '../../../../src/families/gobo/quantizer.ts';
import type { QuantizedMatrix } from '../../../../src/families/gobo/quantizer.ts';
import { halfToNumber, rng } from '../../../../src/numeric/index.ts';
import { matrix } from '../../../../src/tensor/index.ts';
import { anyQuantized, asStored, bitsOf, randomQuantized, slowCrc32 } from './containers.ts';

/** The hexadecimal blocks of the document. */
const examples = [
  ...readFileSync('docs/gobo-container.md', 'utf8').matchAll(/```hex\n(.*?)```/gs),
].map(([, text]) => Uint8Array.from(text!.trim().split(/\s+/), (byte) => parseInt(byte, 16)));

const example: QuantizedMatrix = {
  rows: 2,
  columns: 5,
  bits: 2,
  valueType: 'f16',
  centroids: Float32Array.of(-1, -0.25, 0.25, 1),
  indexes: Uint8Array.of(0, 1, 2, 3, 2, 1, 3, 1, 0, 2),
  outliers: { positions: Uint32Array.of(8), values: Float32Array.of(5.5) },
};

/** Every weight of a container by the table of the document alone: no checks, one bit at a time. */
function decodeByHand(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const bits = bytes[5]!;
  const half = bytes[6] === 1;
  const size = half ? 2 : 4;
  const value = (at: number): number =>
    half ? halfToNumber(view.getUint16(at, true)) : view.getFloat32(at, true);
  const dictionary = Array.from({ length: 2 ** bits }, (_, k) => value(28 + k * size));
  const weights: number[] = [];
  let at = bytes.length - view.getUint32(20, true);
  for (let row = 0; row < view.getUint32(8, true); row++) {
    for (let left = view.getUint32(12, true); left > 0; left -= 256) {
      const length = Math.min(256, left);
      const first = weights.length;
      const count = bytes[at++]!;
      const records = at;
      if (count < 255) at += count * (1 + size);
      for (let i = 0; i < length; i++) {
        let index = 0;
        for (let bit = 0; bit < bits; bit++) {
          const number = i * bits + bit;
          index |= ((bytes[at + (number >> 3)]! >> (number & 7)) & 1) << bit;
        }
        weights.push(count === 255 ? value(at + i * size) : dictionary[index]!);
      }
      at += count === 255 ? length * size : Math.ceil((length * bits) / 8);
      for (let i = 0; i < (count === 255 ? 0 : count); i++) {
        const record = records + i * (1 + size);
        weights[first + bytes[record]!] = value(record + 1);
      }
    }
  }
  expect(at).toBe(bytes.length);
  return weights;
}

const float32Bits = (values: ArrayLike<number>): number[] => [
  ...new Uint32Array(Float32Array.from(values).buffer),
];

/** A matrix from the items of a stream. */
function collected(items: readonly ContainerItem[]): QuantizedMatrix {
  const [first, ...rest] = items;
  if (first?.kind !== 'header') throw new Error('the header does not come first');
  const { header } = first;
  const indexes: number[] = [];
  const positions: number[] = [];
  const values: number[] = [];
  for (const item of rest) {
    if (item.kind !== 'block') throw new Error('a second header');
    const { block } = item;
    expect(block.row * header.columns + block.column).toBe(indexes.length);
    expect(block.indexes.length).toBe(block.length);
    positions.push(...[...block.offsets].map((offset) => indexes.length + offset));
    values.push(...block.values);
    indexes.push(...block.indexes);
  }
  const { rows, columns, bits, valueType, centroids } = header;
  return {
    ...{ rows, columns, bits, valueType, centroids },
    indexes: Uint8Array.from(indexes),
    outliers: { positions: Uint32Array.from(positions), values: Float32Array.from(values) },
  };
}

function* pieces(bytes: Uint8Array, seed: number, longest: number): Generator<Uint8Array> {
  const random = rng(seed);
  for (let at = 0; at < bytes.length;) {
    const length = random.below(longest + 1);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

describe('GOBO container', () => {
  it('has the bytes that the document works out by hand', () => {
    expect([...writeContainer(example)]).toEqual([...examples[0]!]);
    expect(bitsOf(readContainer(examples[0]!, 'the example'))).toEqual(bitsOf(example));
    expect(decodeByHand(examples[0]!)).toEqual([
      ...[-1, -0.25, 0.25, 1, 0.25],
      ...[-0.25, 1, -0.25, 5.5, 0.25],
    ]);
  });

  it('has checksums as in Ethernet, gzip and PNG', () => {
    const bytes = new TextEncoder().encode('123456789');
    expect(crc32(bytes)).toBe(0xcbf43926);
    expect(slowCrc32(bytes)).toBe(0xcbf43926);
    fc.assert(fc.property(fc.uint8Array(), (any) => crc32(any) === slowCrc32(any)));
  });

  it('gives back every bit, and holds what a decoder by the document finds in it', () => {
    fc.assert(
      fc.property(anyQuantized, (q) => {
        const bytes = writeContainer(q);
        const back = readContainer(bytes, 'q');
        expect(bitsOf(back)).toEqual(bitsOf(asStored(q)));
        expect(float32Bits(dequantize(back).data)).toEqual(float32Bits(dequantize(q).data));
        expect(float32Bits(decodeByHand(bytes))).toEqual(float32Bits(dequantize(q).data));
        // What was stored once is stored the same again.
        expect([...writeContainer(back)]).toEqual([...bytes]);
      }),
      { numRuns: 200 },
    );
  });

  it('gives back what the quantizer made, outliers as they were in the checkpoint', () => {
    const random = rng(5);
    const w = matrix(40, 700);
    for (let i = 0; i < w.data.length; i++) w.data[i] = random.normal() * 0.05;
    for (const [i, rare] of [3.25, -1e-3, 0.9, -0.7].entries()) w.data[i * 6000] = rare;
    for (const bits of [2, 3, 4, 5, 6]) {
      for (const valueType of ['f32', 'f16'] as const) {
        const { packed, report } = quantizeGobo(w, { bits, valueType });
        const bytes = writeContainer(packed);
        const back = readContainer(bytes, 'w');
        expect(bitsOf(back)).toEqual(bitsOf(packed));
        expect(report.bitsPerWeight).toBe((8 * bytes.length) / w.data.length);
        if (valueType === 'f16') continue;
        const dense = dequantize(back).data;
        const outliers = new Set(back.outliers.positions);
        expect(outliers.size).toBeGreaterThan(3);
        const wrong = dense.findIndex((weight, i) => {
          const expected = outliers.has(i) ? w.data[i] : packed.centroids[packed.indexes[i]!];
          return !Object.is(weight, expected);
        });
        expect(wrong).toBe(-1);
      }
    }
  });

  it('comes block by block out of a stream cut anywhere', async () => {
    // Three pages, so that blocks lie across their boundaries.
    const q = randomQuantized({ rows: 40, columns: 1000, bits: 3, valueType: 'f32' }, 0.75, 7);
    const bytes = writeContainer(q);
    expect(bytes.length).toBeGreaterThan(2.1 * 65536);
    const expected = bitsOf(asStored(q));
    for (const longest of [1, 7, 300, 70000, 10 ** 6]) {
      const items = [...containerItems(pieces(bytes, longest, longest), 'q')];
      expect(bitsOf(collected(items))).toEqual(expected);
    }
    const items: ContainerItem[] = [];
    for await (const item of containerItemsFrom(Readable.from(pieces(bytes, 3, 5000)), 'q')) {
      items.push(item);
    }
    expect(bitsOf(collected(items))).toEqual(expected);
  });

  it('hands on what is verified before the rest has come', () => {
    const q = randomQuantized({ rows: 40, columns: 1024, bits: 6, valueType: 'f32' }, 0.75, 8);
    const bytes = writeContainer(q);
    let given = 0;
    const counted = function* (): Generator<Uint8Array> {
      for (const piece of pieces(bytes, 1, 1000)) {
        given += piece.length;
        yield piece;
      }
    };
    const at: number[] = [];
    for (const item of containerItems(counted(), 'q')) {
      at.push(given);
      if (item.kind === 'block' && item.block.row === 39) break;
    }
    const header = bytes.length - new DataView(bytes.buffer).getUint32(20, true);
    expect(at[0]).toBeLessThan(header + 1000);
    expect(at[1]).toBeLessThan(header + 65536 + 1000);
  });

  it('does not write a matrix that contradicts itself', () => {
    const refused = (change: Partial<QuantizedMatrix>): unknown => {
      try {
        writeContainer({ ...example, ...change });
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const outliers = (positions: number[], values: number[]) => ({
      outliers: { positions: Uint32Array.from(positions), values: Float32Array.from(values) },
    });
    expect(refused({ rows: 3 })).toBeInstanceOf(RangeError);
    expect(refused({ rows: 0, indexes: new Uint8Array(0) })).toBeInstanceOf(RangeError);
    expect(refused({ bits: 3 })).toBeInstanceOf(RangeError);
    expect(refused(outliers([8, 8], [1, 1]))).toBeInstanceOf(RangeError);
    expect(refused(outliers([0, 10], [1, 1]))).toBeInstanceOf(RangeError);
    expect(refused(outliers([7], [1]))).toBeInstanceOf(RangeError);
    expect(refused(outliers([8], [0.1]))).toBeInstanceOf(RangeError);
    expect(refused(outliers([8], [Infinity]))).toBeInstanceOf(RangeError);
    expect(refused({ indexes: Uint8Array.of(0, 1, 2, 4, 2, 1, 3, 1, 0, 2) })).toBeInstanceOf(
      RangeError,
    );
    expect(refused(outliers([8], [-0]))).toBeUndefined();
  });
});
