import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { quantizeModel } from '../../../src/engines/index.ts';
import { vssaMethod } from '../../../src/families/vssa/method.ts';
import { selectTokens } from '../../../src/families/vssa/next-tokens.ts';
import { countsOf, scheduleOf } from '../../../src/families/vssa/schedule.ts';
import type { LayerPlan } from '../../../src/families/vssa/schedule.ts';
import { matrix } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { encode, loadTokenizer, packBatch, readExamples } from '../../../src/transformer/index.ts';
import type { ProductEvent, Tokens } from '../../../src/transformer/index.ts';
import { opened, settings } from '../../engines/model-fixtures.ts';
import { tinyNli } from '../../transformer/fixtures.ts';
import { naiveTopK } from './naive.ts';

const residual = { accumulate: true, pruned: 'residual' } as const;

/** One head in which every query gives key j the same probability. */
const uniform = (length: number, p: readonly number[]): Matrix =>
  matrix(
    length,
    length,
    Float32Array.from({ length: length ** 2 }, (_, i) => p[i % length]!),
  );
const sequence = (length: number, more: Partial<Tokens> = {}): Tokens => ({
  starts: Uint32Array.of(0, length),
  ...more,
});
const ratios = (r0: number, r1: number): LayerPlan => ({ r0, r1 });

describe('the tokens of the next layer', () => {
  it('are chosen by what heads and live queries have given them so far', () => {
    const plan = [ratios(1, 1), ratios(0.5, 0.25), ratios(0.5, 0.5)];
    const heads = [uniform(4, [0.5, 0.5, 0, 0]), uniform(4, [0, 0, 0, 1])];
    const first = selectTokens(plan, residual, 0, heads, sequence(4));
    const half = 32768;
    expect([...first.importance!]).toEqual([4 * half, 4 * half, 0, 4 * 65535]);
    expect([...first.bits!]).toEqual([4, 0, 0, 8]);
    // Rows of the pruned tokens count no more, whatever they hold.
    const second = selectTokens(plan, residual, 1, [uniform(4, [1, 0, 0, 0])], first);
    expect([...second.importance!]).toEqual([4 * half + 2 * 65535, 4 * half, 0, 4 * 65535]);
    expect([...second.bits!]).toEqual([8, 0, 0, 8]);
    const forgetful = { ...residual, accumulate: false };
    const last = selectTokens(plan, forgetful, 1, [uniform(4, [1, 0, 0, 0])], first);
    expect([...last.importance!]).toEqual([2 * 65535, 0, 0, 0]);
  });

  it('count in the first layers, which use them all, and end with the last', () => {
    const plan: LayerPlan[] = ['all-8', 'all-8', ratios(0.5, 0)];
    const first = selectTokens(plan, residual, 0, [uniform(2, [0.25, 0.75])], sequence(2));
    expect(first).not.toHaveProperty('bits');
    const second = selectTokens(plan, residual, 1, [uniform(2, [0.8, 0.2])], first);
    expect([...second.bits!]).toEqual([4, 0]);
    expect(selectTokens(plan, residual, 2, [uniform(2, [0, 1])], second)).toBe(second);
  });

  it('keep protected tokens: with no place for any other, [CLS] alone', () => {
    const plan = [ratios(1, 1), ratios(0, 0)];
    const tokens = sequence(3, { protected: Uint8Array.of(1, 0, 0) });
    const next = selectTokens(plan, residual, 0, [uniform(3, [0, 0.5, 0.5])], tokens);
    expect([...next.bits!]).toEqual([4, 0, 0]);
    expect(next.protected).toBe(tokens.protected);
    const single = selectTokens(plan, residual, 0, [uniform(1, [1])], sequence(1));
    expect([...single.bits!]).toEqual([4]);
  });

  it('may be stood for by their mean, which goes on gathering', () => {
    const plan = [ratios(1, 1), ratios(0.6, 0.2), ratios(0.4, 0)];
    const mean = { accumulate: true, pruned: 'mean' } as const;
    const tokens = sequence(5, { protected: Uint8Array.of(1, 0, 0, 0, 0) });
    const p = [0.1, 0.3, 0.15, 0.25, 0.2];
    const code = p.map((x) => Math.floor(65535 * Math.fround(x) + 0.5));
    const first = selectTokens(plan, mean, 0, [uniform(5, p)], tokens);
    expect([...first.bits!]).toEqual([4, 8, 4, 4, 0]);
    const gone = code[2]! + code[4]!;
    expect(first.merges).toEqual([
      { row: 2, from: [2, 4], weights: [code[2]! / gone, code[4]! / gone] },
    ]);
    expect(first.importance![2]).toBe(5 * gone);
    // Now four rows give attention; token 3 goes and the row of the mean takes it in.
    const second = selectTokens(plan, mean, 1, [uniform(5, [0, 1, 0, 0, 0])], first);
    expect([...second.bits!]).toEqual([4, 4, 4, 0, 0]);
    const [before, now] = [5 * gone, 5 * code[3]!];
    expect(second.merges).toEqual([
      { row: 2, from: [2, 3], weights: [before / (before + now), now / (before + now)] },
    ]);
    const nothing = selectTokens(plan, mean, 0, [uniform(5, [1, 0, 0, 0, 0])], sequence(5));
    expect(nothing.merges).toEqual([{ row: 3, from: [3, 4], weights: [0.5, 0.5] }]);
  });

  it('have a width that holds what can come', () => {
    const tokens = sequence(1, { importance: Float64Array.of(2 ** 40 - 1) });
    const plan = [ratios(1, 1), ratios(1, 1)];
    expect(() => selectTokens(plan, residual, 0, [uniform(1, [1])], tokens)).toThrow(
      /beyond 40 bits/,
    );
  });
});

describe('on the bundled model', () => {
  const { stored, checkpoint } = opened(tinyNli);
  const tokenizer = loadTokenizer(tinyNli);
  const sequences = readExamples(join(tinyNli, 'calibration.jsonl'), 4).map((e) =>
    tokenizer.encode(e.text, e.pair),
  );
  const batch = packBatch(checkpoint.config, sequences);

  // What is packed and calibrated depends on no option.
  const quantized = layersOf();
  async function layersOf() {
    const { model } = await quantizeModel(
      stored,
      checkpoint,
      vssaMethod,
      settings({
        patterns: [{ place: 'test', pattern: 'classifier', options: {}, quantize: true }],
      }),
      { calibration: { data: 'few', sequences } },
    );
    const sites = Object.entries(model.calibration!.sites);
    return {
      weights: new Map(
        model.matrices.map(({ name, bytes }) => [name, vssaMethod.format.read(bytes, name)]),
      ),
      scales: new Map(sites.map(([key, { scale }]): [string, number] => [key, scale as number])),
    };
  }

  it('calibration gives scales of what attention takes', async () => {
    const keys = [...(await quantized).scales.keys()];
    expect(keys.filter((key) => key.startsWith('1.'))).toEqual([
      ...['1.query', '1.key', '1.value', '1.queries', '1.keys', '1.values'],
      ...['1.attention-output', '1.intermediate', '1.output'],
    ]);
  });

  it.each(['residual', 'mean'] as const)('the schedule is kept, %s', async (pruned) => {
    const options = vssaMethod.options.parse({
      ...{ firstLayers8: 2, unprunedLayers: 2, r0End: 0.4, rho: 0.5, pruned },
    });
    const engine = vssaMethod.engine({ ...(await quantized), options });
    const seen: Tokens[] = [];
    const heads: ProductEvent[] = [];
    const counted: object[] = [];
    await encode(checkpoint, batch, engine, {
      observer: {
        product: (event) => void (event.operation === 'context' && heads.push(event)),
        layer: ({ tokens, precisions }) => {
          seen.push(tokens);
          counted.push(precisions);
        },
      },
    });
    const plan = scheduleOf(options, 4);
    const expected = sequences.map(({ ids, frame }) =>
      countsOf(plan, ids.length, frame!.length, pruned === 'mean'),
    );
    expect(counted).toEqual(
      plan.map((_, layer) => ({
        8: sum(expected.map((counts) => counts[layer]![8])),
        4: sum(expected.map((counts) => counts[layer]![4])),
        0: sum(expected.map((counts) => counts[layer]![0])),
      })),
    );
    if (pruned === 'mean') return;
    // Layer 2 of the second sequence, from the probabilities of layers 0 and 1.
    const [begin, end] = [batch.tokens.starts[1]!, batch.tokens.starts[2]!];
    const length = end - begin;
    const scores = new Array<number>(length).fill(0);
    for (const { site, operands } of heads.filter(({ site: { layer } }) => layer < 2)) {
      expect(site.layer).toBeLessThan(2);
      const p = operands[0]!;
      for (let q = begin; q < end; q++) {
        for (let k = 0; k < length; k++) {
          scores[k]! += Math.floor(65535 * p.data[q * p.columns + k]! + 0.5);
        }
      }
    }
    const lists = naiveTopK(
      scores,
      scores.map(() => 1),
      scores.map((_, i) => (sequences[1]!.frame!.includes(i) ? 1 : 0)),
      Math.floor(0.7 * length + 0.5),
      Math.floor(0.5 * 0.7 * length + 0.5),
    );
    const bits = [...seen[2]!.bits!.subarray(begin, end)];
    expect(bits.flatMap((b, i) => (b === 8 ? [i] : []))).toEqual(lists.eight);
    expect(bits.flatMap((b, i) => (b === 4 ? [i] : []))).toEqual(lists.four);
  });
});

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
