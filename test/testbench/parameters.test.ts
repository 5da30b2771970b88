import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/numeric/index.ts';
import type { ParameterSpec } from '../../src/testbench/index.ts';
import {
  namedParameters,
  rangeText,
  resolveParameters,
  valueText,
} from '../../src/testbench/index.ts';

const lanes: ParameterSpec = { help: 'lanes', default: 4, min: 1, max: 16, values: [1, 2, 4, 16] };
const numbers: ParameterSpec = {
  help: 'number system',
  default: 0,
  min: 0,
  max: 1,
  names: { fixed: 0, fp16: 1 },
};
const depth: ParameterSpec = { help: 'depth', default: 8, min: 0, max: 64, names: { none: 0 } };
const mode: ParameterSpec = {
  help: 'mode',
  default: 2,
  min: 0,
  max: 8,
  values: [0, 2, 8],
  names: { off: 0, fast: 8 },
};
const pes: ParameterSpec = { help: 'elements', default: 16, min: 1, max: 32 };
const parameters = { pes, lanes, numbers, depth, mode };

const resolved = (given: Record<string, unknown>): unknown =>
  resolveParameters({ parameters }, given, '--set');

function refusal(given: Record<string, unknown>): { code: string | undefined; message: string } {
  try {
    resolved(given);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    const { code, message } = error as InputError;
    return { code, message };
  }
  throw new Error('was taken');
}

describe('parameters with names and chosen values', () => {
  it('take a value by its number and by its name', () => {
    const usual = { pes: 16, lanes: 4, numbers: 0, depth: 8, mode: 2 };
    expect(resolved({})).toEqual(usual);
    expect(resolved({ numbers: 'fp16', depth: 'none', mode: 'fast', lanes: 16 })).toEqual({
      ...usual,
      ...{ numbers: 1, depth: 0, mode: 8, lanes: 16 },
    });
    expect(resolved({ numbers: 1, depth: 64, mode: 0 })).toEqual({
      ...usual,
      ...{ numbers: 1, depth: 64, mode: 0 },
    });
  });

  it('say in one sentence what is allowed', () => {
    const type = 'parameter-type';
    const range = 'parameter-range';
    expect(refusal({ numbers: 'fp61' })).toEqual({
      code: type,
      message: '--set: numbers is "fp61" but must be fixed or fp16.',
    });
    // Not what every object of the language has.
    expect(refusal({ numbers: 'constructor' }).code).toBe(type);
    expect(refusal({ numbers: 2 })).toEqual({
      code: range,
      message: '--set: numbers = 2 is out of range; choose fixed or fp16.',
    });
    expect(refusal({ lanes: 3 })).toEqual({
      code: range,
      message: '--set: lanes = 3 is not possible; choose 1, 2, 4 or 16.',
    });
    expect(refusal({ lanes: 32 }).message).toBe(
      '--set: lanes = 32 is not possible; choose 1, 2, 4 or 16.',
    );
    expect(refusal({ mode: 1 }).message).toBe(
      '--set: mode = 1 is not possible; choose off, 2 or fast.',
    );
    expect(refusal({ depth: 65 }).message).toBe(
      '--set: depth = 65 is out of range; choose a whole number from 0 to 64 or none.',
    );
    expect(refusal({ depth: 1.5 }).message).toBe(
      '--set: depth is 1.5 but must be a whole number from 0 to 64 or none.',
    );
    expect(refusal({ pes: 0 }).message).toBe(
      '--set: pes = 0 is out of range; choose a whole number from 1 to 32.',
    );
  });

  it('refuse values that do not go together', () => {
    const design = {
      parameters,
      conflict: (p: Readonly<Record<string, number>>) =>
        p['numbers'] === 1 && p['lanes'] !== 4 ? `fp16 has 4 lanes, not ${p['lanes']}` : undefined,
    };
    expect(resolveParameters(design, { numbers: 'fp16' }, '--set')).toMatchObject({ numbers: 1 });
    expect(() => resolveParameters(design, { numbers: 'fp16', lanes: 2 }, 'a.yaml: set')).toThrow(
      expect.objectContaining({
        code: 'parameter-conflict',
        message: 'a.yaml: set: fp16 has 4 lanes, not 2.',
      }),
    );
  });

  it('are told by their step where they are many multiples of it', () => {
    const even: ParameterSpec = {
      ...{ help: 'rows', default: 4, min: 2, max: 12 },
      values: [2, 4, 6, 8, 10, 12],
    };
    expect(rangeText(even)).toBe('2, 4..12');
    expect(() => resolveParameters({ parameters: { even } }, { even: 5 }, '--set')).toThrow(
      '--set: even = 5 is not possible; choose a multiple of 2 up to 12.',
    );
    const irregular: ParameterSpec = { ...even, values: [2, 4, 6, 8, 12] };
    expect(rangeText(irregular)).toBe('2, 4, 6, 8, 12');
  });

  it('are shown by name', () => {
    expect([pes, lanes, numbers, depth, mode].map(rangeText)).toEqual([
      '1..32',
      '1, 2, 4, 16',
      'fixed, fp16',
      '0..64, none',
      'off, 2, fast',
    ]);
    expect(valueText(numbers, 1)).toBe('fp16');
    expect(valueText(depth, 1)).toBe('1');
  });

  it('come back from how they are shown', () => {
    const given = fc.record({
      pes: fc.integer({ min: 1, max: 32 }),
      lanes: fc.constantFrom(...lanes.values!),
      numbers: fc.constantFrom(0, 1),
      depth: fc.integer({ min: 0, max: 64 }),
      mode: fc.constantFrom(...mode.values!),
    });
    fc.assert(
      fc.property(given, (p) => {
        expect(resolved(namedParameters({ parameters }, p))).toEqual(p);
      }),
    );
  });
});
