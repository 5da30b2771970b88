import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { maxMagnitude, rowOf } from '../../src/tensor/index.ts';
import {
  calibrate,
  captureActivations,
  encode,
  floatEngine,
  linearSites,
  linearUses,
  loadCheckpoint,
  loadTokenizer,
  packBatch,
  readExamples,
  siteKey,
} from '../../src/transformer/index.ts';
import type { MatmulEngine } from '../../src/transformer/index.ts';
import { tinyNli } from './fixtures.ts';

const checkpoint = loadCheckpoint(tinyNli);
const tokenizer = loadTokenizer(tinyNli);
const encodings = readExamples(join(tinyNli, 'calibration.jsonl'), 40).map(({ text, pair }) =>
  tokenizer.encode(text, pair),
);

describe('captureActivations', () => {
  it('keeps the operand of every use of a linear layer, in order, at its shape', async () => {
    const batch = packBatch(checkpoint.config, encodings.slice(0, 3));
    const captured = await captureActivations(checkpoint, batch);
    const uses = linearUses(checkpoint);
    expect([...captured.keys()]).toEqual(uses.map(({ site }) => siteKey(site)));
    for (const { site, weight } of uses) {
      const { x } = captured.get(siteKey(site))!;
      const head = site.role === 'pooler' || site.role === 'classifier';
      expect([x.rows, x.columns]).toEqual([head ? 3 : batch.ids.length, weight.columns]);
    }
    expect(captured.get('0.key')!.x).toEqual(captured.get('0.query')!.x);
    expect(captured.get('1.key')!.x).not.toEqual(captured.get('0.query')!.x);
  });

  it('gives operands and weights whose products lead from one site to the next', async () => {
    const batch = packBatch(checkpoint.config, encodings.slice(0, 2));
    const captured = await captureActivations(checkpoint, batch);
    const linear = (key: string, row: number): number[] => {
      const { weight, bias } = linearUses(checkpoint).find(({ site }) => siteKey(site) === key)!;
      const x = rowOf(captured.get(key)!.x, row);
      return Array.from(bias, (b, j) => rowOf(weight, j).reduce((s, w, p) => s + w * x[p]!, b));
    };
    // pooler -> tanh -> classifier
    const pooled = linear('4.pooler', 1).map(Math.tanh);
    const classified = rowOf(captured.get('4.classifier')!.x, 1);
    pooled.forEach((y, i) => {
      expect(classified[i]).toBeCloseTo(y, 5);
    });
    // attention output + residual -> LayerNorm -> intermediate
    const residual = rowOf(captured.get('2.query')!.x, 5);
    const sum = linear('2.attention-output', 5).map((y, i) => y + residual[i]!);
    const mean = sum.reduce((a, b) => a + b) / sum.length;
    const deviation = Math.sqrt(sum.reduce((a, b) => a + (b - mean) ** 2, 0) / sum.length);
    const { attentionNorm } = checkpoint.layers[2]!;
    const normed = rowOf(captured.get('2.intermediate')!.x, 5);
    sum.forEach((y, i) => {
      const expected = ((y - mean) / deviation) * attentionNorm.weight[i]! + attentionNorm.bias[i]!;
      expect(normed[i]).toBeCloseTo(expected, 4);
    });
  });
});

describe('calibrate', () => {
  it('gives the largest magnitude over all sequences, across its batches', async () => {
    const ranges = await calibrate(checkpoint, encodings);
    const expected = new Map<string, number>();
    for (const encoding of encodings) {
      const batch = packBatch(checkpoint.config, [encoding]);
      for (const [key, { x }] of await captureActivations(checkpoint, batch)) {
        expected.set(key, Math.max(expected.get(key) ?? 0, maxMagnitude(x)));
      }
    }
    expect(ranges).toEqual(expected);
    expect(ranges.size).toBe(26);
  });

  it('refuses an empty set', async () => {
    await expect(calibrate(checkpoint, [])).rejects.toThrow('there is no calibration sequence');
  });
});

describe('the encoder', () => {
  it('asks its engine for every product, and uses the answers', async () => {
    const inner = floatEngine(linearSites(checkpoint));
    const calls: string[] = [];
    const zeroContext: MatmulEngine = {
      linear: (site, x, tokens) => {
        calls.push(siteKey(site));
        return inner.linear(site, x, tokens);
      },
      scores: (site, q, k, tokens) => {
        calls.push(`${siteKey(site)} scores`);
        return inner.scores(site, q, k, tokens);
      },
      context: async (site, p, v, tokens) => {
        calls.push(`${siteKey(site)} context`);
        const longest = Math.max(...encodings.slice(0, 2).map(({ ids }) => ids.length));
        expect([p.rows, p.columns, v.columns]).toEqual([v.rows, longest, 64]);
        for (let r = 0; r < p.rows; r++) {
          expect(rowOf(p, r).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
        }
        const { value } = await inner.context(site, p, v, tokens);
        return { value: { ...value, data: value.data.fill(0) } };
      },
    };
    const batch = packBatch(checkpoint.config, encodings.slice(0, 2));
    const changed = await encode(checkpoint, batch, zeroContext);
    expect(calls.slice(0, 10)).toEqual([
      '0.query',
      '0.key',
      '0.value',
      '0.attention-0 scores',
      '0.attention-0 context',
      '0.attention-1 scores',
      '0.attention-1 context',
      '0.attention-output',
      '0.intermediate',
      '0.output',
    ]);
    expect(calls.length).toBe(4 * 10 + 2);
    const normal = await encode(checkpoint, batch, inner);
    expect(changed.logits).not.toEqual(normal.logits);
  });

  it('is told by the float engine when a weight is missing', async () => {
    const batch = packBatch(checkpoint.config, encodings.slice(0, 1));
    await expect(encode(checkpoint, batch, floatEngine([]))).rejects.toThrow(
      'holds no weight "bert.encoder.layer.0.attention.self.query.weight"',
    );
  });
});
