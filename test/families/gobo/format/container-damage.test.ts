import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  containerItems,
  readContainer,
  writeContainer,
} from '../../../../src/families/gobo/format/container.ts';
import type { ContainerItem } from '../../../../src/families/gobo/format/container.ts';
import {
  readModelFile,
  readModelIndex,
  writeModelFile,
} from '../../../../src/families/gobo/format/model-file.ts';
import type { QuantizedMatrix } from '../../../../src/families/gobo/quantizer.ts';
import { InputError } from '../../../../src/numeric/index.ts';
import {
  anyQuantized,
  asStored,
  bitsOf,
  randomQuantized,
  resealed,
  slowCrc32,
} from './containers.ts';

/** The sentence with which bytes are refused; fails where they are taken. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

const read = (bytes: Uint8Array): string => refusal(() => readContainer(bytes, 'w.gobo'));

/** What a stream handed on before it failed, and how it failed. */
function streamed(bytes: Uint8Array, piece: number): { items: ContainerItem[]; message: string } {
  const items: ContainerItem[] = [];
  const pieces = function* (): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  };
  const message = refusal(() => {
    for (const item of containerItems(pieces(), 'w.gobo')) items.push(item);
  });
  return { items, message };
}

const small = writeContainer(
  randomQuantized({ rows: 3, columns: 21, bits: 3, valueType: 'f32' }, 0.1, 3),
);

/** With a raw block and tail blocks. */
const mixed = writeContainer(
  randomQuantized({ rows: 2, columns: 260, bits: 2, valueType: 'f16' }, 0.997, 4),
);

describe('a container that ends too early', () => {
  it('is refused at every length, with the offset at which it ends', () => {
    for (const whole of [small, mixed]) {
      for (let length = 0; length < whole.length; length++) {
        const pattern = new RegExp(
          `^w\\.gobo is truncated: it ends at byte ${length}, .*byte \\d+; `,
        );
        expect(read(whole.subarray(0, length))).toMatch(pattern);
        const { items, message } = streamed(whole.subarray(0, length), 10);
        expect(message).toMatch(pattern);
        expect(items.filter(({ kind }) => kind === 'block')).toEqual([]);
      }
    }
  });

  it('is refused where bytes follow it', () => {
    const longer = new Uint8Array(small.length + 1);
    longer.set(small);
    expect(read(longer)).toMatch(
      new RegExp(`^w\\.gobo is damaged at byte ${small.length}: bytes follow the end`),
    );
  });
});

describe('a container with a changed byte', () => {
  it('is refused wherever the byte is, before any block of it is handed on', () => {
    for (const whole of [small, mixed]) {
      for (let at = 0; at < whole.length; at++) {
        for (const flip of [1, 0xff]) {
          const bytes = whole.slice();
          bytes[at]! ^= flip;
          expect(read(bytes)).toMatch(/^w\.gobo is (damaged|truncated): ?.*byte \d+|at byte \d+/);
          const { items } = streamed(bytes, 1000);
          expect(items.filter(({ kind }) => kind === 'block')).toEqual([]);
        }
      }
    }
  });

  it('hands on only blocks of pages that are right', () => {
    const q = randomQuantized({ rows: 60, columns: 1000, bits: 4, valueType: 'f32' }, 0.6, 9);
    const bytes = writeContainer(q);
    const header = bytes.length - new DataView(bytes.buffer).getUint32(20, true);
    const good = [...containerItems([bytes], 'w.gobo')];
    bytes[header + 65536 + 1234]! ^= 4;
    const { items, message } = streamed(bytes, 4096);
    expect(message).toMatch(
      new RegExp(
        `damaged at byte ${header + 65536}: the checksum of the page .* is 0x[0-9a-f]{8}, `,
      ),
    );
    expect(items.length).toBeGreaterThan(50);
    expect(items).toEqual(good.slice(0, items.length));
  });

  it('says what is wrong with a header', () => {
    const changed = (at: number, byte: number): string => {
      const bytes = small.slice();
      bytes[at] = byte;
      return read(bytes);
    };
    expect(changed(1, 0x40)).toMatch(/at byte 0: a GOBO container begins with the letters GOBO/);
    expect(changed(4, 2)).toMatch(/at byte 4: the container has version 2, and only version 1/);
    expect(changed(9, 1)).toMatch(/at byte 24: the checksum of the header is 0x/);
    expect(changed(30, 1)).toMatch(/at byte 64: the checksum of the dictionary is 0x/);
    expect(changed(70, 77)).toMatch(/at byte 68: the checksum of the page of blocks/);
  });
});

describe('a container by a wrong writer, all checksums right', () => {
  const q: QuantizedMatrix = {
    rows: 1,
    columns: 5,
    bits: 3,
    valueType: 'f32',
    centroids: Float32Array.of(-4, -3, -2, -1, 1, 2, 3, 4),
    indexes: Uint8Array.of(7, 0, 3, 0, 2),
    outliers: { positions: Uint32Array.of(1, 3), values: Float32Array.of(9, -9) },
  };
  const bytes = writeContainer(q);
  // Header 28, dictionary 32, checksums 8; then count at 68, records at 69 and 74, indexes at 79.
  const changed = (at: number, ...to: number[]): string => {
    const copy = bytes.slice();
    copy.set(to, at);
    return read(resealed(copy));
  };

  it('is read where nothing is wrong', () => {
    expect(bitsOf(readContainer(resealed(bytes), 'w.gobo'))).toEqual(bitsOf(q));
    expect(bytes.length).toBe(81);
  });

  it('is refused for each rule that it breaks', () => {
    expect(changed(5, 7)).toMatch(/at byte 5: indexes have 7 bits, allowed are 2 to 6/);
    expect(changed(6, 2)).toMatch(/at byte 6: value type 2 is unknown/);
    expect(changed(7, 9)).toMatch(/at byte 7: blocks of 2\^9 weights are unknown/);
    expect(changed(8, 0)).toMatch(/at byte 8: 0 x 5 is no shape/);
    expect(changed(8, 0xff, 0xff, 0xff, 0xff)).toMatch(/at byte 8: 4294967295 x 5 is no shape/);
    expect(changed(8, 2)).toMatch(/after 1 of 2|truncated|at byte 20/);
    expect(changed(9, 0xff)).toMatch(/at byte 20: 13 bytes are too few for 65281 x 5 weights/);
    expect(changed(16, 6)).toMatch(/at byte 16: 6 outliers are more than 1 x 5 weights/);
    expect(changed(16, 3)).toMatch(/at byte 81: the blocks hold 2 outliers instead of 3/);
    expect(changed(28, 0, 0, 0, 0x41)).toMatch(/at byte 32: entry 1 of the dictionary is -3, and/);
    expect(changed(28, 0, 0, 0xc0, 0x7f)).toMatch(/at byte 28: entry 0 of the dictionary is NaN/);
    expect(changed(69, 3)).toMatch(/at byte 74: outlier 1 of the block is at offset 3, and/);
    expect(changed(74, 5)).toMatch(/at byte 74: outlier 1 .* offset 5, and .* below 5/);
    expect(changed(75, 0, 0, 0x80, 0x7f)).toMatch(/at byte 75: a weight is Infinity/);
    expect(changed(79, 0xff)).toMatch(/at byte 79: the outlier at offset 1 has index 7/);
    expect(changed(80, bytes[80]! | 0x80)).toMatch(/at byte 80: bits after the last index/);
    expect(changed(68, 1)).toMatch(/at byte 76: 5 bytes follow the last block/);
    expect(changed(68, 3)).toMatch(/at byte 81: the blocks end after 0 of 1/);
  });

  it('never makes a reader fail in another way, whatever its bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 4, max: bytes.length - 1 }), fc.nat(255)), {
          minLength: 1,
          maxLength: 4,
        }),
        (changes) => {
          const copy = bytes.slice();
          for (const [at, to] of changes) copy[at] = to;
          // Sizes that still fit the file, so that the checksums can be put right.
          copy.set(bytes.subarray(5, 7), 5);
          copy.set(bytes.subarray(20, 24), 20);
          try {
            const back = readContainer(resealed(copy), 'w.gobo');
            expect([...writeContainer(back)]).toEqual([...resealed(copy)]);
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('GOBO model file', () => {
  const matrices = new Map([
    [
      'encoder.0.weight',
      randomQuantized({ rows: 2, columns: 9, bits: 3, valueType: 'f32' }, 0.2, 1),
    ],
    ['größe', randomQuantized({ rows: 1, columns: 300, bits: 2, valueType: 'f16' }, 0.01, 2)],
    ['', randomQuantized({ rows: 1, columns: 1, bits: 2, valueType: 'f16' }, 1, 2)],
  ]);
  const file = writeModelFile(matrices);

  it('gives back all matrices under their names, in order, each a container of its own', () => {
    const back = readModelFile(file, 'm.gobo');
    expect([...back.keys()]).toEqual([...matrices.keys()]);
    for (const [name, q] of matrices) expect(bitsOf(back.get(name)!)).toEqual(bitsOf(q));
    const index = readModelIndex(file, 'm.gobo');
    index.forEach(({ name, offset, bytes }) => {
      expect([...file.subarray(offset, offset + bytes)]).toEqual([
        ...writeContainer(matrices.get(name)!),
      ]);
    });
    expect(readModelFile(writeModelFile(new Map()), 'm.gobo').size).toBe(0);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), anyQuantized, { maxKeys: 4 }), (named) => {
        const some = new Map(Object.entries(named));
        const read = readModelFile(writeModelFile(some), 'm.gobo');
        expect([...read].map(([name, q]) => [name, bitsOf(q)])).toEqual(
          [...some].map(([name, q]) => [name, bitsOf(asStored(q))]),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('is refused at every length but its own, and with any byte changed', () => {
    for (let length = 0; length < file.length; length++) {
      expect(refusal(() => readModelFile(file.subarray(0, length), 'm.gobo'))).toMatch(
        new RegExp(`^m\\.gobo is truncated: it ends at byte ${length}, .* reaches to byte \\d+; `),
      );
    }
    const longer = new Uint8Array(file.length + 3);
    longer.set(file);
    expect(refusal(() => readModelFile(longer, 'm.gobo'))).toMatch(
      new RegExp(`at byte ${file.length}: 3 bytes follow the last matrix`),
    );
    for (let at = 0; at < file.length; at++) {
      const bytes = file.slice();
      bytes[at]! ^= 0x10;
      expect(refusal(() => readModelFile(bytes, 'm.gobo'))).toMatch(/at byte \d+/);
    }
  });

  it('names offsets of the file, not of the container', () => {
    const { offset } = readModelIndex(file, 'm.gobo')[1]!;
    const bytes = file.slice();
    bytes[offset + 9]! ^= 1;
    expect(refusal(() => readModelFile(bytes, 'm.gobo'))).toMatch(
      new RegExp(`at byte ${offset + 24}: the checksum of the header`),
    );
  });

  it('by a wrong writer is refused', () => {
    const indexEnd = 16 + new DataView(file.buffer).getUint32(12, true);
    const changed = (at: number, ...to: number[]): string => {
      const bytes = file.slice();
      bytes.set(to, at);
      new DataView(bytes.buffer).setUint32(indexEnd, slowCrc32(bytes.subarray(0, indexEnd)), true);
      return refusal(() => readModelFile(bytes, 'm.gobo'));
    };
    expect(changed(0, 0)).toMatch(/at byte 0: a GOBO model begins with the letters GOBM/);
    expect(changed(4, 3)).toMatch(/at byte 4: the model file has version 3/);
    expect(changed(8, 4)).toMatch(/entry 3 of the index does not fit/);
    expect(changed(8, 2)).toMatch(/6 bytes follow the last entry/);
    expect(changed(16, 0xff)).toMatch(/at byte 16: entry 0 of the index does not fit/);
    expect(changed(18, 0xff)).toMatch(/truncated: .* the last of its 3 matrices reaches to/);
  });

  it('may not name a matrix twice', () => {
    const [a] = matrices.values();
    const bytes = writeModelFile(new Map([...['aa', 'ab'].map((name) => [name, a!] as const)]));
    const second = 16 + 8 + 7;
    expect(String.fromCharCode(bytes[second]!)).toBe('b');
    bytes[second] = 'a'.charCodeAt(0);
    new DataView(bytes.buffer).setUint32(32, slowCrc32(bytes.subarray(0, 32)), true);
    expect(refusal(() => readModelFile(bytes, 'm.gobo'))).toMatch(/the index names 'aa' twice/);
  });
});
