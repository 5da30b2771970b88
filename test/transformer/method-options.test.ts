import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { optionsOf, resolveOptions } from '../../src/transformer/index.ts';
import type { Method } from '../../src/transformer/index.ts';

const schema = z.strictObject({
  bits: z.int().min(2).max(6).default(3).describe('bits of an index'),
  outliers: z.boolean().default(true).describe('whether there are outliers'),
  threshold: z.number().default(-4).describe('a log density'),
  share: z.number().min(0).default(0.5).describe('a share'),
  limit: z.int().max(9).default(1).describe('a limit'),
  type: z.enum(['f32', 'f16']).default('f32').describe('a type'),
  ratios: z.array(z.number().min(0).max(1)).default([]).describe('ratios'),
});
const method = { name: 'sample', options: schema } as unknown as Method<z.infer<typeof schema>>;
const none = { name: 'none', options: z.strictObject({}) } as unknown as Method;

describe('options of a method', () => {
  it('are described by their schema', () => {
    expect(optionsOf(method)).toEqual([
      {
        name: 'bits',
        meaning: 'bits of an index',
        allowed: 'a whole number from 2 to 6',
        standard: 3,
      },
      {
        name: 'outliers',
        meaning: 'whether there are outliers',
        allowed: 'true or false',
        standard: true,
      },
      { name: 'threshold', meaning: 'a log density', allowed: 'a number', standard: -4 },
      { name: 'share', meaning: 'a share', allowed: 'a number from 0', standard: 0.5 },
      { name: 'limit', meaning: 'a limit', allowed: 'a whole number up to 9', standard: 1 },
      { name: 'type', meaning: 'a type', allowed: 'one of f32, f16', standard: 'f32' },
      {
        name: 'ratios',
        meaning: 'ratios',
        allowed: 'a list, each a number from 0 to 1',
        standard: [],
      },
    ]);
  });

  it('are complete when resolved', () => {
    expect(resolveOptions(method, { bits: 4, type: 'f16' }, '--set')).toEqual({
      ...{ bits: 4, outliers: true, threshold: -4, share: 0.5, limit: 1, type: 'f16' },
      ratios: [],
    });
  });

  it.each([
    [
      { bit: 4 },
      "the method sample has no option 'bit'; did you mean 'bits'? Its options are bits, outliers, threshold, share, limit, type, ratios.",
    ],
    [{ bits: 7 }, 'bits is 7 but must be a whole number from 2 to 6.'],
    [{ bits: 2.5 }, 'bits is 2.5 but must be a whole number from 2 to 6.'],
    [{ outliers: 'no' }, 'outliers is "no" but must be true or false.'],
    [{ ratios: [2] }, 'ratios is [2] but must be a list, each a number from 0 to 1.'],
    [{ type: 'f64' }, 'type is "f64" but must be one of f32, f16.'],
    [
      { constructor: 1 },
      "the method sample has no option 'constructor'; did you mean 'outliers'? Its options are bits, outliers, threshold, share, limit, type, ratios.",
    ],
  ])('refuse %o', (given, message) => {
    expect(() => resolveOptions(method, given, 'a.yaml: set')).toThrow(`a.yaml: set: ${message}`);
  });

  it('of a method without any are all refused', () => {
    expect(() => resolveOptions(none, { bits: 3 }, '--set')).toThrow(
      "--set: the method none has no option 'bits'; it has none.",
    );
  });
});
