import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { binBeats, operandBeats } from '../../../src/families/gobo/format/streams.ts';
import { goldenPe } from '../../../src/families/gobo/golden-pe.ts';
import type { PeParameters } from '../../../src/families/gobo/params.ts';
import { randomPeJob } from '../../../src/families/gobo/random-job.ts';
import { rng } from '../../../src/numeric/index.ts';
import { packBeats, unpackBeats } from '../../../src/testbench/beats.ts';
import type { Job } from '../../../src/testbench/job.ts';
import { noStalls } from '../../../src/testbench/job.ts';
import { pePoint } from './arbitraries.ts';

const small: PeParameters = { bits: 2, activationBits: 8, maxLength: 8, buffers: 2 };

/** Operands as {activation, index, outlier, last}. */
function peJob(p: PeParameters, operands: readonly (readonly number[])[], bins: number): Job {
  return {
    writes: [],
    inputs: {
      operands: packBeats(
        operandBeats(p).widths,
        [0, 1, 2, 3].map((field) => operands.map((operand) => operand[field]!)),
      ),
    },
    expect: { bins },
    stalls: noStalls,
    maxCycles: 1000,
  };
}

function run(p: PeParameters, job: Job): { values: number[]; lasts: number[]; cycles: number } {
  const { outputs, cycles, counters } = goldenPe(p, job, new Map());
  expect(counters).toEqual({});
  const { widths, signed } = binBeats(p);
  const [values, lasts] = unpackBeats(widths, outputs['bins']!, signed);
  return { values: [...values!], lasts: [...lasts!], cycles };
}

/** `sets` sets of `length` operands each. */
function plain(p: PeParameters, sets: number, length: number): Job {
  const one = Array.from({ length }, (_, i) => [1, 0, 0, i === length - 1 ? 1 : 0]);
  return peJob(p, Array.from({ length: sets }, () => one).flat(), sets * 2 ** p.bits);
}

describe('golden model of the GOBO processing element', () => {
  it('works an example that can be checked by hand', () => {
    // cycle  0  1  2  3  4  5  6  7  8  9 10 11
    // fill  5>1 -3>1 7>3 out,last | 9>0,last | full | full ...
    // drain                 b0 b1 b2 b3 | b0 b1 b2 b3
    // Set 0 is full after cycle 3 and drains in 4 .. 7; set 1 is filled in cycle 4 and drains in
    // 8 .. 11.
    const operands = [
      [5, 1, 0, 0],
      [-3, 1, 0, 0],
      [7, 3, 0, 0],
      [100, 2, 1, 1],
      [9, 0, 0, 1],
    ];
    const { values, lasts, cycles } = run(small, peJob(small, operands, 8));
    expect(values).toEqual([0, 2, 0, 7, 9, 0, 0, 0]);
    expect(lasts).toEqual([0, 0, 0, 1, 0, 0, 0, 1]);
    expect(cycles).toBe(12);
    // One set only: the fifth operand waits for the last bin of cycle 7, its bins leave in 9 .. 12.
    expect(run({ ...small, buffers: 1 }, peJob(small, operands, 8)).cycles).toBe(13);
  });

  it('overlaps filling and draining with two sets, not with one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 2, max: 4 }),
        (sets, length, bits) => {
          const count = 2 ** bits;
          const two = { ...small, bits, maxLength: 64 };
          expect(run(two, plain(two, sets, length)).cycles).toBe(
            length + count + (sets - 1) * Math.max(length, count),
          );
          const one = { ...two, buffers: 1 };
          expect(run(one, plain(one, sets, length)).cycles).toBe(sets * (length + count));
        },
      ),
    );
  });

  it('equals sums taken operand by operand on random jobs of all parameters', () => {
    fc.assert(
      fc.property(pePoint, fc.integer(), (p, seed) => {
        const job = randomPeJob(p, rng(seed));
        const { widths, signed } = operandBeats(p);
        const [activation, index, outlier, last] = unpackBeats(
          widths,
          job.inputs['operands'] as Uint8Array,
          signed,
        );
        const count = 2 ** p.bits;
        const expected: bigint[] = [];
        let set = Array.from({ length: count }, () => 0n);
        activation!.forEach((a, i) => {
          if (outlier![i] === 0) set[index![i]!]! += BigInt(a);
          if (last![i] === 1) {
            expected.push(...set);
            set = set.map(() => 0n);
          }
        });
        const { values, lasts, cycles } = run(p, job);
        expect(values.map(BigInt)).toEqual(expected);
        expect(lasts.every((flag, i) => flag === (i % count === count - 1 ? 1 : 0))).toBe(true);
        expect(cycles).toBeLessThanOrEqual(job.maxCycles);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses malformed jobs', () => {
    const good = plain(small, 1, 3);
    const bad = (change: Partial<Job>) => () => goldenPe(small, { ...good, ...change }, new Map());
    expect(bad({})).not.toThrow();
    expect(bad({ writes: [[0, 1]] })).toThrow('no setup');
    expect(bad({ expect: { bins: 5 } })).toThrow(
      "expects 5 beats on 'bins', but its inputs make 4",
    );
    expect(bad({ expect: { results: 4 } })).toThrow("expects beats on 'results'");
    expect(bad({ inputs: { operand: new Uint8Array(0) } })).toThrow("offers beats on 'operand'");
    expect(bad({ inputs: { operands: { blob: 'w' } } })).toThrow("blob 'w'");
    expect(bad({ inputs: { operands: new Uint8Array(3) } })).toThrow('multiple of the 2 bytes');
    expect(bad({ inputs: {} })).toThrow('offers no beat');
    expect(bad(peJob(small, [[1, 0, 0, 0]], 4))).toThrow('lacks `last`');
    expect(bad(plain(small, 1, 9))).toThrow('has 9 columns, more than the 8');
  });
});
