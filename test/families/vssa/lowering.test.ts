import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { designProducts } from '../../../src/engines/design-engine.ts';
import { acceleratorLowering } from '../../../src/families/vssa/accelerator-lowering.ts';
import { vssaAccelerator, vssaArray } from '../../../src/families/vssa/designs.ts';
import { goldenArray } from '../../../src/families/vssa/golden-array.ts';
import { arrayLowering } from '../../../src/families/vssa/lowering.ts';
import { vssaMethod } from '../../../src/families/vssa/method.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import { matrix, softmaxRows } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import type { MatmulEngine, Product, Tokens } from '../../../src/transformer/index.ts';

const none = new Map<string, Uint8Array>();
const linear = { layer: 0, role: 'query', tensor: 'w' } as const;
const head = { layer: 0, role: 'attention-0' } as const;
const scales = new Map([
  ['0.query', 0.04],
  ['0.queries', 0.03],
  ['0.keys', 0.05],
  ['0.values', 0.02],
]);

function gaussian(rows: number, columns: number, std: number, seed: number): Matrix {
  const random = rng(seed);
  return matrix(
    rows,
    columns,
    Float32Array.from({ length: rows * columns }, () => random.normal() * std),
  );
}

describe('a linear layer on the array', () => {
  const p = { rows: 3, cols: 4, skid: 0 };

  it('is the product computed whole, beat for beat where `locate` says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 12 }),
        fc.nat(),
        (tokens, features, inner, seed) => {
          const { weights } = arrayLowering.quantize(p, gaussian(features, inner, 1, seed), 'w');
          const x = gaussian(tokens, inner, 2, seed + 1);
          const call = { weights, tokens, activations: arrayLowering.encode(p, x, 6) };
          const jobs = arrayLowering.lower(p, call);
          const outcomes = jobs.map((job) => goldenArray(p, job, none));
          const sums = arrayLowering.raise(p, call, outcomes);
          const whole = arrayLowering.product(p, call);
          expect([...sums]).toEqual([...whole]);
          const beats = outcomes.map(({ outputs }) => outputs['results']!.length / (4 * 4 + 1));
          expect(arrayLowering.resultBeats!(p, call)).toBe(beats.reduce((a, b) => a + b, 0));
          outcomes.forEach(({ outputs }, job) => {
            const bytes = new DataView(outputs['results']!.slice().buffer);
            for (let beat = 0; beat < beats[job]!; beat++) {
              const { token, row, tile } = arrayLowering.locate(p, call, job, beat);
              expect(tile).toBe(Math.floor(row / 4));
              const due = token < tokens ? whole[token * features + row]! : 0;
              expect(bytes.getInt32(beat * 17, true)).toBe(due);
            }
          });
          // The values are sum x scale x scale.
          const values = arrayLowering.decode(p, { ...call, scale: 0.5 }, sums, 6);
          expect(values[0]).toBe(Math.fround(sums[0]! * 0.5 * weights.scale));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is refused without an activation for every column', () => {
    const { weights } = arrayLowering.quantize(p, gaussian(2, 5, 1, 1), 'w');
    const call = { weights, tokens: 2, activations: new Int32Array(9) };
    expect(() => arrayLowering.lower(p, call)).toThrow(InputError);
  });
});

const stores = { maxTokens: 16, loadWords: 2, leftBlocks: 64, rightBlocks: 64 };
const hardware = [
  {
    name: 'the array',
    ...{ design: vssaArray, lowering: arrayLowering, parameters: { cols: 3, skid: 0 } },
  },
  {
    name: 'the accelerator',
    ...{ design: vssaAccelerator, lowering: acceleratorLowering },
    parameters: { cols: 4, skid: 0, ...stores },
  },
];

describe.each(hardware)('the engine on $name', ({ design, lowering, parameters }) => {
  const precisions = fc
    .array(fc.array(fc.constantFrom(8, 4, 0), { minLength: 1, maxLength: 7 }), {
      minLength: 1,
      maxLength: 2,
    })
    .filter((all) => all.every((bits) => bits.some((b) => b > 0)));
  const options = fc.record({
    code: fc.constantFrom('truncation', 'own-scale'),
    pMode: fc.constantFrom('8-bit', 'query'),
    scope: fc.constantFrom('attention', 'full'),
    weights: fc.constantFrom('8-bit', 'clipped'),
  });

  function probabilities({ starts, bits }: Tokens, columns: number, seed: number): Matrix {
    const rows = starts.at(-1)!;
    const logits = gaussian(rows, columns, 2, seed);
    const lengths = new Uint32Array(rows);
    for (let s = 0; s + 1 < starts.length; s++) {
      const [begin, end] = [starts[s]!, starts[s + 1]!];
      for (let row = begin; row < end; row++) {
        if (bits?.[row] !== 0) lengths[row] = end - begin;
        for (let key = begin; key < end; key++) {
          if (bits?.[key] === 0) logits.data[row * columns + key - begin] = -Infinity;
        }
      }
    }
    return softmaxRows(logits, lengths, 1);
  }

  it('gives what it gives in software, for every product and precision of tokens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.option(precisions),
        options,
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        async (bits, given, rows, seed) => {
          const starts = [0];
          for (const { length } of bits ?? [[8, 8, 8]]) starts.push(starts.at(-1)! + length);
          const tokens: Tokens = {
            starts: Uint32Array.from(starts),
            ...(bits && { bits: Uint8Array.from(bits.flat()) }),
          };
          const n = starts.at(-1)!;
          const chosen = vssaMethod.options.parse(given);
          const { packed } = vssaMethod.quantize(gaussian(5, 6, 0.1, seed), 'w', chosen);
          const layers = { weights: new Map([['w', packed]]), scales, options: chosen };
          const device = designProducts({
            design,
            lowering: lowering.products!,
            parameters: { ...parameters, rows },
            ...{ engine: 'golden', seed: 1, check: true },
          });
          const longest = Math.max(...starts.slice(1).map((end, i) => end - starts[i]!));
          const x = gaussian(n, 6, 2, seed + 1);
          const [q, k, v] = [2, 3, 4].map((more) => gaussian(n, 4, 1.5, seed + more));
          const p = probabilities(tokens, longest, seed + 5);
          const all = (engine: MatmulEngine): Promise<Product>[] => [
            engine.linear(linear, x, tokens),
            engine.scores(head, q!, k!, tokens),
            engine.context(head, p, v!, tokens),
          ];
          const soft = await Promise.all(all(vssaMethod.engine(layers)));
          const hard = await Promise.all(all(vssaMethod.engine(layers, device.products)));
          const live = (row: number): boolean => tokens.bits?.[row] !== 0;
          soft.forEach(({ value, exact }, i) => {
            const width = value.columns;
            for (let at = 0; at < value.data.length; at++) {
              if (!live(Math.floor(at / width))) continue;
              expect(hard[i]!.exact![at]! + 0).toBe(exact![at]! + 0);
              expect(hard[i]!.value.data[at]! + 0).toBe(value.data[at]! + 0);
            }
            expect(hard[i]!.cycles).toBeGreaterThan(0);
          });
          const work = device.work();
          expect(work.mismatches).toBe(0);
          expect(work.compared).toBeGreaterThan(0);
          expect(work.cycles).toBe(hard.reduce((sum, { cycles }) => sum + cycles!, 0));
          await device.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});
