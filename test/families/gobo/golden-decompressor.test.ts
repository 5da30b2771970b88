import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  compressedBody,
  containerJob,
  decompressorJob,
  fixedWords,
} from '../../../src/families/gobo/decompressor-job.ts';
import {
  compressedBeats,
  denseBeats,
} from '../../../src/families/gobo/format/decompressor-streams.ts';
import {
  containerItems,
  readContainer,
  writeContainer,
} from '../../../src/families/gobo/format/container.ts';
import { denseCodes, fixedMatrix } from '../../../src/families/gobo/format/fixed.ts';
import { goldenDecompressor } from '../../../src/families/gobo/golden-decompressor.ts';
import { decompressorCycles } from '../../../src/families/gobo/golden-decompressor-cycles.ts';
import type { CompressedBlock } from '../../../src/families/gobo/golden-decompressor.ts';
import type { DecompressorParameters } from '../../../src/families/gobo/params.ts';
import { dequantize } from '../../../src/families/gobo/quantizer.ts';
import { randomDecompressorJob } from '../../../src/families/gobo/random-decompressor-job.ts';
import { numberToHalf, rng } from '../../../src/numeric/index.ts';
import { unpackBeats } from '../../../src/testbench/index.ts';
import type { Job } from '../../../src/testbench/index.ts';
import { decompressorPoint, defaultDecompressor } from './arbitraries.ts';
import { anyQuantized, randomQuantized } from './format/containers.ts';

/** The weights of a job in the order in which they leave, and the beats in which they do. */
function run(p: DecompressorParameters, job: Job) {
  const { outputs, cycles } = goldenDecompressor(p, job, new Map());
  const columns = unpackBeats(denseBeats(p).widths, outputs['weights']!);
  const count = [...columns[p.lanes]!];
  const last = [...columns[p.lanes + 1]!];
  const words = count.flatMap((used, beat) =>
    Array.from({ length: used }, (_, lane) => columns[lane]![beat]!),
  );
  return { words, count, last, cycles };
}

const bitsOfFloat = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!;

describe('golden model of the decompressor', () => {
  it('gives the weights of any container bit by bit, from its bytes as they are stored', () => {
    fc.assert(
      fc.property(anyQuantized, decompressorPoint, (q, point) => {
        const p = { ...point, bits: q.bits, valueBytes: q.valueType === 'f32' ? 4 : 2 };
        const container = writeContainer(q);
        const { words } = run(p, containerJob(p, container, 'a test'));
        const word = q.valueType === 'f32' ? bitsOfFloat : numberToHalf;
        expect(words).toEqual(
          Array.from(dequantize(readContainer(container, 'a test')).data, word),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('gives the codes of the number system fixed', () => {
    fc.assert(
      fc.property(anyQuantized, fc.integer({ min: 8, max: 16 }), (q, weightBits) => {
        const fixed = fixedMatrix(q, weightBits);
        const p = { ...defaultDecompressor, bits: q.bits, valueBytes: weightBits > 8 ? 2 : 1 };
        const matrix = fixedWords(p, fixed);
        const { words } = run(p, decompressorJob(p, matrix, [compressedBody(p, matrix)]));
        const width = 32 - 8 * p.valueBytes;
        expect(words.map((word) => (word << width) >> width)).toEqual([...denseCodes(fixed).data]);
      }),
      { numRuns: 40 },
    );
  });

  it('cuts blocks into beats and marks the ends of rows', () => {
    const p = { ...defaultDecompressor, lanes: 3 };
    const q = randomQuantized({ rows: 2, columns: 260, bits: 3, valueType: 'f16' }, 0.02, 1);
    const { count, last } = run(p, containerJob(p, writeContainer(q), 'a test'));
    const row = [...Array<number>(85).fill(3), 1, 3, 1];
    expect(count).toEqual([...row, ...row]);
    expect(last.flatMap((flag, beat) => (flag ? [beat] : []))).toEqual([87, 175]);
  });

  it('writes the bytes that the container has', () => {
    fc.assert(
      fc.property(anyQuantized, (q) => {
        const valueBytes = q.valueType === 'f32' ? 4 : 2;
        const word = q.valueType === 'f32' ? bitsOfFloat : numberToHalf;
        const container = writeContainer(q);
        const [first] = containerItems([container], 'a test');
        if (first?.kind !== 'header') throw new Error('a container begins with its header');
        const body = compressedBody(
          { bits: q.bits, valueBytes },
          {
            ...q,
            dictionary: Array.from(q.centroids, word),
            outliers: {
              positions: q.outliers.positions,
              words: Array.from(q.outliers.values, word),
            },
          },
        );
        expect(body).toEqual(container.slice(container.length - first.header.bodyBytes));
      }),
      { numRuns: 40 },
    );
  });

  it('refuses malformed jobs', () => {
    const p = { bits: 2, valueBytes: 1, inputBytes: 2, lanes: 2 };
    const setup = { dictionary: [1, 2, 3, 4], rows: 1, columns: 6 };
    const good = decompressorJob(p, setup, [Uint8Array.of(1, 3, 100, 0, 0)]);
    const bad =
      (change: Partial<Job>): (() => unknown) =>
      () =>
        goldenDecompressor(p, { ...good, ...change }, new Map());
    const bytes = (...list: number[]): Partial<Job> => ({
      inputs: { compressed: Uint8Array.from(list) },
    });
    expect(bad({})).not.toThrow();
    expect(bad({ writes: good.writes.slice(1) })).toThrow('does not write entry 0');
    expect(bad({ writes: good.writes.slice(0, 4) })).toThrow('does not write columns');
    expect(bad({ writes: [...good.writes, [4, 0]] })).toThrow('writes 0 columns');
    expect(bad({ writes: [...good.writes, [6, 0]] })).toThrow('address 6');
    expect(bad({ writes: [...good.writes, [0, 256]] })).toThrow('256 to address 0 does not fit');
    expect(bad({ expect: { weights: 2 } })).toThrow('expects 2 beats');
    expect(bad(bytes(1, 3, 100, 0))).toThrow('end after 4');
    expect(bad(bytes(1, 6, 100, 0, 0, 0))).toThrow('offset 6');
    expect(bad(bytes(2, 3, 100, 3, 100, 0, 0, 0))).toThrow('Record 1 at row 0, column 0');
    const container = writeContainer(
      randomQuantized({ rows: 1, columns: 4, bits: 2, valueType: 'f16' }, 0, 1),
    );
    expect(() => containerJob(p, container, 'w.gobo')).toThrow(
      'w.gobo: the container has indexes of 2 bits and f16 values',
    );
    const fixed = fixedMatrix(
      randomQuantized({ rows: 1, columns: 4, bits: 2, valueType: 'f16' }, 0, 1),
      9,
    );
    expect(() => fixedWords(p, fixed)).toThrow('set valueBytes to 2');
  });
});

describe('rate of the decompressor', () => {
  /** Cycles that suffice: each block the slower of its bytes and its beats, a block to begin with, and the way through. */
  function bound(p: DecompressorParameters, blocks: readonly CompressedBlock[]): number {
    const each = blocks.map(({ raw, words, offsets, indexBytes }) => {
      const bytes =
        1 + (raw ? words.length * p.valueBytes : offsets.length * (1 + p.valueBytes) + indexBytes);
      return Math.max(bytes / p.inputBytes + 3, Math.ceil(words.length / p.lanes));
    });
    return each.reduce((sum, cycles) => sum + cycles, 0) + Math.max(...each) + 4;
  }

  it('is never below the slower of input and output, wherever outliers are', () => {
    const block = fc.record({
      raw: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
      outliers: fc.constantFrom(0, 0, 1, 20, 60, 128, 254),
      start: fc.integer({ min: 0, max: 255 }),
      spread: fc.boolean(),
    });
    const columns = fc.oneof(
      fc.constantFrom(1, 2, 255, 256, 257, 258, 512, 513),
      fc.integer({ min: 1, max: 600 }),
    );
    const list = fc.array(block, { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(decompressorPoint, columns, list, (p, width, drawn) => {
        const perRow = Math.ceil(width / 256);
        const blocks = drawn.map(({ raw, outliers, start, spread }, n): CompressedBlock => {
          const endsRow = n % perRow === perRow - 1;
          const length = endsRow ? width - 256 * (perRow - 1) : 256;
          const count = Math.min(length, outliers);
          const first = Math.min(start, length - count);
          return {
            raw,
            words: Array<number>(length).fill(0),
            offsets: raw
              ? []
              : Array.from({ length: count }, (_, i) =>
                  spread ? Math.floor((i * length) / count) : first + i,
                ),
            indexBytes: raw ? 0 : Math.ceil((length * p.bits) / 8),
            endsRow,
            endsMatrix: n === drawn.length - 1,
          };
        });
        expect(decompressorCycles(p, blocks, 1e6)).toBeLessThanOrEqual(bound(p, blocks));
      }),
      { numRuns: 300 },
    );
  });

  it('is as documented for blocks without outliers', () => {
    const cycles = (p: DecompressorParameters, rows: number): number => {
      const setup = { dictionary: Array<number>(2 ** p.bits).fill(0), rows, columns: 256 };
      const body = new Uint8Array(rows * (1 + 32 * p.bits));
      return goldenDecompressor(p, decompressorJob(p, setup, [body]), new Map()).cycles;
    };
    for (const [inputBytes, lanes, period] of [
      // 97 bytes a block.
      [1, 8, 97],
      [2, 8, 49],
      [4, 8, 32],
      [4, 16, 25],
      [16, 16, 16],
      [16, 1, 256],
    ] as const) {
      const p = { bits: 3, valueBytes: 2, inputBytes, lanes };
      expect(
        (cycles(p, 30) - cycles(p, 10)) / 20,
        `${inputBytes} bytes, ${lanes} lanes`,
      ).toBeCloseTo(period, 0);
    }
  });
});

describe('random jobs of the decompressor', () => {
  it('reach raw blocks, full blocks of records, tails, several matrices and rows', () => {
    const p = defaultDecompressor;
    const seen = { raw: 0, many: 0, none: 0, tail: 0, matrices: 0, rows: 0, single: 0 };
    for (let seed = 0; seed < 150; seed++) {
      const job = randomDecompressorJob(p, rng(seed));
      const bytes = unpackBeats(compressedBeats(p).widths, job.inputs['compressed'] as Uint8Array);
      const [columns, rows] = job.writes.slice(-2).map(([, value]) => value) as [number, number];
      const first = bytes[0]![0]!;
      if (first === 255) seen.raw++;
      else if (first > 100) seen.many++;
      else if (first === 0) seen.none++;
      if (columns % 256 !== 0) seen.tail++;
      if (columns === 1) seen.single++;
      if (rows > 1) seen.rows++;
      const beats = rows * (Math.floor(columns / 256) * 32 + Math.ceil((columns % 256) / 8));
      if (job.expect['weights'] === 2 * beats) seen.matrices++;
    }
    for (const [corner, times] of Object.entries(seen)) expect(times, corner).toBeGreaterThan(5);
  });
});
