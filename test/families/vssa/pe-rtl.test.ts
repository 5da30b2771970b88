import { describe, expect, it } from 'vitest';

import { vssaPe, vssaRequantizer } from '../../../src/families/vssa/designs.ts';
import { noStalls, packBeats, unpackBeats } from '../../../src/testbench/index.ts';
import type { Job } from '../../../src/testbench/index.ts';
import { simulate } from './hardware.ts';

interface Word {
  /** Bits 7 .. 0. */
  readonly code: number;
  readonly eight: number;
}

const corners = [0x00, 0x01, 0x0f, 0x10, 0x7f, 0x80, 0x81, 0x8f, 0xf0, 0xff, 0xa5, 0x5a];
const words: readonly Word[] = corners.flatMap((code) => [0, 1].map((eight) => ({ code, eight })));
const pairs = words.flatMap((left) => words.map((right) => ({ left, right })));

/** What a word stands for: of one digit, the low one is nothing. */
function valueOf({ code, eight }: Word, signed: boolean): number {
  const shown = eight === 1 ? code : code - (code % 16);
  return signed && shown >= 128 ? shown - 256 : shown;
}

/** Pairs of words in a row; sums end where `last` says, and begin behind. */
function job(
  list: readonly (typeof pairs)[number][],
  last: readonly number[],
  signs: readonly [boolean, boolean],
): Job {
  const columns = (side: 'left' | 'right'): number[][] => [
    list.map((pair) => pair[side].code >> 4),
    list.map((pair) => pair[side].code % 16),
    list.map((pair) => pair[side].eight),
  ];
  const first = last.map((_, k) => (k === 0 ? 1 : last[k - 1]!));
  return {
    writes: [
      [0, signs[0] ? 1 : 0],
      [1, signs[1] ? 1 : 0],
    ],
    inputs: {
      left: packBeats([4, 4, 1, 1, 1], [...columns('left'), first, last]),
      right: packBeats([4, 4, 1], columns('right')),
    },
    expect: {
      left_out: list.length,
      right_out: list.length,
      results: last.filter((flag) => flag === 1).length,
    },
    stalls: noStalls,
    maxCycles: 10 * list.length + 100,
  };
}

const cyclesOf = ({ left, right }: (typeof pairs)[number]): number =>
  (1 + left.eight) * (1 + right.eight);

describe.each([
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const)('the processing element, left signed %s, right signed %s', (left, right) => {
  const signs = [left, right] as const;
  const products = pairs.map((pair) => valueOf(pair.left, left) * valueOf(pair.right, right) || 0);

  it.each([0, 1])('multiplies words of any digits, one product a sum, skid %i', async (skid) => {
    const given = job(
      pairs,
      pairs.map(() => 1),
      signs,
    );
    const [outcome] = await simulate(vssaPe, { skid }, [given]);
    const [sums] = unpackBeats([32], outcome!.outputs['results']!, [true]);
    expect([...sums!]).toEqual(products);
    const digits = pairs.reduce((sum, pair) => sum + cyclesOf(pair), 0);
    expect(outcome!.cycles).toBe(digits + 2);
    expect(vssaPe.manual({ skid }).timing.join('\n')).toContain('takes c + 2 cycles');
    expect(outcome!.outputs['left_out']).toEqual(given.inputs['left']);
    expect(outcome!.outputs['right_out']).toEqual(given.inputs['right']);
  });

  it('adds them up to each last', async () => {
    const last = pairs.map((_, k) => (k % 7 === 6 || k === pairs.length - 1 ? 1 : 0));
    const [outcome] = await simulate(vssaPe, { skid: 0 }, [job(pairs, last, signs)]);
    const sums: number[] = [];
    let sum = 0;
    products.forEach((product, k) => {
      sum += product;
      if (last[k] === 1) {
        sums.push(sum);
        sum = 0;
      }
    });
    expect([...unpackBeats([32], outcome!.outputs['results']!, [true])[0]!]).toEqual(sums);
  });
});

it('the processing element multiplies -128 by -128, signed after reset', async () => {
  const least = { left: { code: 0x80, eight: 1 }, right: { code: 0x80, eight: 1 } };
  const one = { ...job([least], [1], [true, true]), writes: [] };
  const [outcome] = await simulate(vssaPe, { skid: 0 }, [one]);
  expect([...unpackBeats([32], outcome!.outputs['results']!, [true])[0]!]).toEqual([16384]);
});

it('the requantizer rounds half up, clamps, and passes words of 8 bits on', async () => {
  const values = Array.from({ length: 256 }, (_, i) => i - 128);
  const all = [...values, ...values];
  const eight = all.map((_, i) => (i < 256 ? 1 : 0));
  const last = all.map((_, i) => (i % 100 === 99 ? 1 : 0));
  const [outcome] = await simulate(vssaRequantizer, {}, [
    {
      writes: [],
      inputs: { values: packBeats([8, 1, 1], [all, eight, last]) },
      expect: { digits: all.length },
      stalls: noStalls,
      maxCycles: 1000,
    },
  ]);
  const signs = [true, false, false, false];
  const [high, low, isEight, isLast] = unpackBeats(
    [4, 4, 1, 1],
    outcome!.outputs['digits']!,
    signs,
  ).map((column) => Array.from(column));
  expect(isEight).toEqual(eight);
  expect(isLast).toEqual(last);
  values.forEach((value, i) => {
    expect(16 * high![i]! + low![i]!).toBe(value);
    expect(high![256 + i]).toBe(Math.min(7, (value + 8) >> 4));
    expect(low![256 + i]).toBe(0);
  });
  expect(outcome!.cycles).toBe(all.length + 1);
});
