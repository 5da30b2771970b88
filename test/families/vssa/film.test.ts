import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { productJobs } from '../../../src/families/vssa/array-job.ts';
import { scoresProduct } from '../../../src/families/vssa/attention-tiles.ts';
import { scoresFilm } from '../../../src/families/vssa/film.ts';
import { goldenArray } from '../../../src/families/vssa/golden-array.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import {
  cellStateMask,
  cellStates,
  leftEightFlag,
  rightEightFlag,
} from '../../../src/testbench/film.ts';
import type { Film, Take } from '../../../src/testbench/film.ts';

const usual = { tokens: 32, depth: 16, eight: 0.5, pruned: 0, seed: 1 };

/** Cells of a take with this state, counted. */
const cellsIn = ({ cells }: Take, state: number): number =>
  cells.reduce((sum, cell) => sum + Number((cell & cellStateMask) === state), 0);

const filmCase = fc.record({
  p: fc.record({
    rows: fc.integer({ min: 1, max: 6 }),
    cols: fc.integer({ min: 1, max: 6 }),
    skid: fc.integer({ min: 0, max: 1 }),
  }),
  request: fc.record({
    tokens: fc.integer({ min: 1, max: 14 }),
    depth: fc.integer({ min: 1, max: 5 }),
    eight: fc.constantFrom(0, 0.3, 0.5, 1),
    pruned: fc.constantFrom(0, 0, 0.25),
    seed: fc.nat(),
  }),
});

/** Rows in use; those beyond need not come to an end before the last result leaves. */
const usedRows = (film: Film): number => Math.min(film.rows, film.takes[0]!.order.length);

/** Cycles in which element (row, column) is to be busy with left and right words of these precisions. */
function busyDue(film: Film, take: Take, row: number, column: number, flags: number): number {
  const isEight = (place: number): boolean => film.bits[take.order[place] ?? -1] === 8;
  const tiles = take.tiles.filter(
    ({ left, right }) =>
      isEight(left + row) === (flags & leftEightFlag) > 0 &&
      isEight(right + column) === (flags & rightEightFlag) > 0,
  );
  const cycles = (flags & leftEightFlag ? 2 : 1) * (flags & rightEightFlag ? 2 : 1);
  return tiles.length * film.depth * cycles;
}

describe('the film of the array', () => {
  it('has the cycles and counters that the golden model gives the job itself', () => {
    const p = { rows: 8, cols: 8, skid: 0 };
    const film = scoresFilm(p, usual);
    const { below } = rng(9);
    const codes = () => ({
      ...{ rows: usual.tokens, columns: usual.depth },
      data: Int8Array.from({ length: usual.tokens * usual.depth }, () => below(255) - 127),
    });
    for (const [index, order] of (['unsorted', 'sorted'] as const).entries()) {
      const product = scoresProduct(codes(), codes(), { bits: film.bits, order });
      const [job, ...more] = productJobs(p, product);
      expect(more).toEqual([]);
      const { cycles, busy, stalled, starved } = goldenArray(p, job!, new Map()).counters;
      const take = film.takes[index]!;
      expect(take.cycles).toBe(cycles);
      expect(take.counts).toEqual({ busy, stalled, starved });
    }
    const [unsorted, sorted] = film.takes;
    // 16 of 32 tokens with 8 bits: tiles of 4, 2 and 1 cycles a product, and the way through the array once.
    expect(sorted!.cycles).toBe(16 * (4 * 4 + 8 * 2 + 4 * 1) + 8 + 8);
    expect(unsorted!.cycles).toBeGreaterThan(1.7 * sorted!.cycles);
  });

  it('shows every element every product once, for as long as its words take, and nothing else', () => {
    fc.assert(
      fc.property(filmCase, ({ p, request }) => {
        const film = scoresFilm(p, request);
        for (const take of film.takes) {
          expect(take.cells).toHaveLength(take.cycles * p.rows * p.cols);
          cellStates.forEach((name, state) => {
            expect(cellsIn(take, state)).toBe(take.counts[name]);
          });
          for (let element = 0; element < p.rows * p.cols; element++) {
            const [row, column] = [Math.floor(element / p.cols), element % p.cols];
            const seen = new Map<number, number>();
            for (let at = element; at < take.cells.length; at += p.rows * p.cols) {
              seen.set(take.cells[at]!, (seen.get(take.cells[at]!) ?? 0) + 1);
            }
            for (const flags of [
              0,
              leftEightFlag,
              rightEightFlag,
              leftEightFlag | rightEightFlag,
            ]) {
              const busy = cellStates.indexOf('busy') | flags;
              const due = busyDue(film, take, row, column, flags);
              if (row < usedRows(film)) expect(seen.get(busy) ?? 0).toBe(due);
              else expect(seen.get(busy) ?? 0).toBeLessThanOrEqual(due);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says when each lane comes to each tile, and when a tile is done', () => {
    fc.assert(
      fc.property(filmCase, ({ p, request }) => {
        const film = scoresFilm(p, request);
        for (const { rowStarts, columnStarts, tiles, tileEnds, cells, cycles } of film.takes) {
          for (const starts of [...rowStarts.slice(0, usedRows(film)), ...columnStarts]) {
            expect(starts).toHaveLength(tiles.length);
            expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
          }
          const elements = p.rows * p.cols;
          const states = (cycle: number): number[] =>
            Array.from(
              cells.subarray(cycle * elements, (cycle + 1) * elements),
              (cell) => cell & 3,
            );
          // In the cycle in which the first element holds its first operands, and not in the one before.
          expect(states(rowStarts[0]![0]!)[0]).toBeGreaterThan(0);
          expect(states(rowStarts[0]![0]! - 1)[0]).toBe(0);
          const end = tileEnds.at(-1)!;
          expect(states(end)).not.toEqual(Array(elements).fill(0));
          for (let cycle = end + 1; cycle < cycles; cycle++) {
            expect(states(cycle)).toEqual(Array(elements).fill(0));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses what would be too long, and a sequence without tokens', () => {
    const p = { rows: 16, cols: 16, skid: 0 };
    expect(() => scoresFilm(p, { ...usual, tokens: 1024, depth: 1024 })).toThrow(InputError);
    expect(() => scoresFilm(p, { ...usual, eight: 0, pruned: 1 })).toThrow(/leave one/);
  });
});
