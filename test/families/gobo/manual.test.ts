import { describe, expect, it } from 'vitest';
import { decompressorJob } from '../../../src/families/gobo/decompressor-job.ts';
import { goldenDecompressor } from '../../../src/families/gobo/golden-decompressor.ts';
import { goldenPeFp16, goldenTileFp16 } from '../../../src/families/gobo/golden-fp16.ts';
import { goldenPe } from '../../../src/families/gobo/golden-pe.ts';
import { goldenTile } from '../../../src/families/gobo/golden-tile.ts';
import { decompressorManual, peManual, tileManual } from '../../../src/families/gobo/manual.ts';
import type { TileParameters } from '../../../src/families/gobo/params.ts';
import { operandBeats } from '../../../src/families/gobo/format/streams.ts';
import { tileJob } from '../../../src/families/gobo/tile-job.ts';
import { noStalls, packBeats } from '../../../src/testbench/index.ts';

const pes = 3;
const tileOf = (buffers: number, numbers: number): TileParameters => {
  const width = numbers === 1 ? 16 : 8;
  return {
    ...{ pes, bits: 2, activationBits: width, weightBits: width, maxLength: 100 },
    ...{ buffers, queueDepth: 4, numbers },
  };
};

/** Cycles of `dots` dot products of `columns` columns without outliers. */
function tileCycles(p: TileParameters, rows: number, columns: number, dots: number): number {
  const golden = p.numbers === 1 ? goldenTileFp16 : goldenTile;
  const column = { activation: 1, indexes: Array<number>(pes).fill(1), outliers: [] };
  const job = tileJob(
    p,
    rows,
    [1, 2, 3, 4],
    Array.from({ length: dots }, () => Array<typeof column>(columns).fill(column)),
  );
  return golden(p, job, new Map()).cycles;
}

const shapes = [1, 3].flatMap((rows) => [1, 4, 12, 13, 30].map((columns) => [rows, columns]));

describe('figures of the manual, where 4 is the number of bins', () => {
  it.each([
    [1, 'fixed', 0, 3],
    [2, 'fixed', 0, 3],
    [1, 'fp16', 1, 5],
    [2, 'fp16', 1, 5],
  ])('tile with %i sets of bins, in %s', (buffers, _name, numbers, latency) => {
    const p = tileOf(buffers, numbers);
    const timing = tileManual(p).timing.join('\n');
    expect(timing).toContain(`takes n + 4 x rows + ${latency} cycles`);
    expect(timing).toContain(
      buffers === 2 ? 'takes max(n, 4 x rows) cycles' : 'takes n + 4 x rows cycles',
    );
    for (const [rows = 0, columns = 0] of shapes) {
      expect(tileCycles(p, rows, columns, 1)).toBe(columns + 4 * rows + latency);
      const period = buffers === 2 ? Math.max(columns, 4 * rows) : columns + 4 * rows;
      const more = tileCycles(p, rows, columns, 30) - tileCycles(p, rows, columns, 20);
      expect(more).toBe(10 * period);
    }
  });

  it('processing element', () => {
    const p = { bits: 2, activationBits: 16, maxLength: 100, buffers: 2 };
    expect(peManual(p).timing.join('\n')).toContain('takes n + 4 cycles');
    for (const operands of [1, 3, 20]) {
      const ones = Array<number>(operands).fill(1);
      const job = {
        writes: [],
        inputs: {
          operands: packBeats(operandBeats(p).widths, [
            ones,
            ones,
            ones.map(() => 0),
            ones.map((_, i) => (i === operands - 1 ? 1 : 0)),
          ]),
        },
        expect: { bins: 4 },
        stalls: noStalls,
        maxCycles: 1000,
      };
      expect(goldenPe(p, job, new Map()).cycles).toBe(operands + 4);
      expect(goldenPeFp16({ ...p, numbers: 1 }, job, new Map()).cycles).toBe(operands + 4);
    }
  });

  it('say which numbers come and go', () => {
    expect(tileManual(tileOf(2, 0)).operation.join('\n')).toContain('exact: 23 bits, signed');
    const inFp16 = tileManual(tileOf(2, 1)).operation.join('\n');
    expect(inFp16).toContain('write centroid k (a half) to address k');
    expect(inFp16).toContain('bins, sums and results are singles');
    expect(inFp16).not.toContain('signed');
    const pe = { bits: 2, activationBits: 16, maxLength: 100, buffers: 2 };
    expect(peManual(pe).operation.join('\n')).toContain('23 bits, signed');
    expect(peManual({ ...pe, numbers: 1 }).operation.join('\n')).toContain('bins are singles');
  });

  it('decompressor', () => {
    const p = { bits: 3, valueBytes: 2, inputBytes: 1, lanes: 8 };
    const { operation, timing } = decompressorManual(p);
    expect(operation.join('\n')).toContain('columns to address 8');
    // A block of 256 weights without outliers has 97 bytes.
    const cycles = (rows: number, inputBytes: number, lanes: number): number => {
      const setup = { dictionary: Array<number>(8).fill(0), rows, columns: 256 };
      const point = { ...p, inputBytes, lanes };
      const job = decompressorJob(point, setup, [new Uint8Array(97 * rows)]);
      return goldenDecompressor(point, job, new Map()).cycles;
    };
    expect(timing.join('\n')).toContain('ceil(n / 8) cycles and m / 1 + 3 cycles');
    expect((cycles(30, 16, 8) - cycles(20, 16, 8)) / 10).toBe(32);
    const bytes = (cycles(30, 1, 8) - cycles(20, 1, 8)) / 10;
    expect(bytes).toBeGreaterThanOrEqual(97);
    expect(bytes).toBeLessThanOrEqual(100);
  });
});
