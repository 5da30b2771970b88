import { join } from 'node:path';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { quantizeModel } from '../../../src/engines/index.ts';
import { tokenOrder } from '../../../src/families/vssa/decoding.ts';
import { vssaScores, vssaTopK } from '../../../src/families/vssa/designs.ts';
import {
  encodeProbabilities,
  importanceCode,
} from '../../../src/families/vssa/format/probabilities.ts';
import { vssaMethod } from '../../../src/families/vssa/method.ts';
import { selectTokens } from '../../../src/families/vssa/next-tokens.ts';
import { quotaOf, scheduleOf } from '../../../src/families/vssa/schedule.ts';
import type { LayerPlan, TokenQuota } from '../../../src/families/vssa/schedule.ts';
import { listBeats, scoresJob } from '../../../src/families/vssa/scores-job.ts';
import { rng } from '../../../src/numeric/index.ts';
import type { Rng } from '../../../src/numeric/index.ts';
import { matrix, softmaxRows } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { noStalls, unpackBeats } from '../../../src/testbench/index.ts';
import type { Job, Outcome } from '../../../src/testbench/index.ts';
import { encode, loadTokenizer, packBatch, readExamples } from '../../../src/transformer/index.ts';
import type { Tokens } from '../../../src/transformer/index.ts';
import { opened, settings } from '../../engines/model-fixtures.ts';
import { tinyNli } from '../../transformer/fixtures.ts';
import { simulate } from './hardware.ts';

const times = process.env['SYSTOLE_REGRESS'] ? 20 : 1;

/** `value`, `protected`, `live`, `last`, and how many bytes that is. */
const scoreWidths = [40, 1, 1, 1];
const scoreBytes = 6;
/** Of a token in a list. */
const listBytes = 2;

const maxTokens = 64;
const scoresOf = (loadWords: number) => ({ maxTokens, loadWords });

/** One sequence of a batch as a layer saw it. */
interface SeenLayer {
  readonly heads: readonly Matrix[];
  readonly tokens: Tokens;
}

const bitsOf = ({ starts, bits }: Tokens, s: number): Uint8Array =>
  bits?.slice(starts[s], starts[s + 1]) ?? new Uint8Array(starts[s + 1]! - starts[s]!).fill(8);

/** Probabilities of live queries and keys as the list orders them, head by head. */
function inOrder(
  { heads, tokens }: SeenLayer,
  s: number,
  valueOf: (head: number, row: number, key: number) => number,
): number[] {
  const order = tokenOrder(bitsOf(tokens, s));
  const begin = tokens.starts[s]!;
  return heads.flatMap((_, head) =>
    order.flatMap((query) => order.map((key) => valueOf(head, begin + query, key))),
  );
}

/**
 * Runs a sequence through the score accumulator, and the scores of each layer as they are through the selection: its
 * lists are what the software says, and what the score accumulator took for the layer that follows.
 */
async function chain(
  loadWords: number,
  plan: readonly LayerPlan[],
  seen: readonly SeenLayer[],
  s: number,
  how: { readonly accumulates: boolean; readonly byQuery: boolean },
): Promise<void> {
  const [{ tokens }] = seen as readonly [SeenLayer];
  const [begin, end] = [tokens.starts[s]!, tokens.starts[s + 1]!];
  const length = end - begin;
  const isProtected = [...(tokens.protected?.subarray(begin, end) ?? new Uint8Array(length))];
  const p = scoresOf(loadWords);
  const job = scoresJob(p, {
    ...{ ...how, length, isProtected },
    layers: seen.map((layer) => ({
      bits: bitsOf(layer.tokens, s),
      heads: layer.heads.length,
      codes: inOrder(layer, s, (head, row, key) => {
        const { columns, data } = layer.heads[head]!;
        return importanceCode(data[row * columns + key]!);
      }),
    })),
  });
  const [{ outputs }] = (await simulate(vssaScores, p, [job])) as readonly [Outcome];

  expect(operandsOf(outputs['codes']!, loadWords, seen, s)).toEqual(
    seen.map((layer) => {
      const { bits } = layer.tokens;
      const coded = layer.heads.map((head) => {
        const folds = new Float64Array(head.columns).fill(1);
        const own = bits ?? new Uint8Array(head.rows).fill(8);
        const rowBits = own.map((b) => (b === 0 || how.byQuery ? b : 8));
        return encodeProbabilities(head, folds, rowBits, 'truncation');
      });
      return inOrder(layer, s, (head, row, key) => {
        const { columns, data } = coded[head]!;
        return data[row * columns + key]!;
      });
    }),
  );

  const bytes = length * scoreBytes;
  const selections: { readonly job: Job; readonly list: Uint8Array }[] = [];
  for (const [layer, next] of plan.slice(1, seen.length).entries()) {
    const scores = outputs['scores']!.slice(layer * bytes, (layer + 1) * bytes);
    const after = seen[layer + 1]!.tokens;
    const [value, , live] = unpackBeats(scoreWidths, scores);
    expect([...value!]).toEqual([...after.importance!.subarray(begin, end)]);
    const bits = bitsOf(seen[layer]!.tokens, s);
    expect([...live!]).toEqual(Array.from(bits, (b) => (b > 0 ? 1 : 0)));
    if (next === 'all-8') continue;
    const list = listBeats(bitsOf(after, s));
    selections.push({ list, job: selection(scores, quotaOf(next, length), list) });
  }
  const selected = await simulate(
    vssaTopK,
    { maxTokens },
    selections.map(({ job: own }) => own),
  );
  expect(selected.map((outcome) => outcome.outputs['tokens'])).toEqual(
    selections.map(({ list }) => list),
  );
}

const selection = (scores: Uint8Array, { k0, k1 }: TokenQuota, list: Uint8Array): Job => ({
  writes: [
    [0, k0],
    [1, k1],
  ],
  inputs: { scores },
  expect: { tokens: list.length / listBytes },
  stalls: noStalls,
  maxCycles: 100_000,
});

/** Codes that left, layer by layer, without those behind the end of a row. */
function operandsOf(
  beats: Uint8Array,
  loadWords: number,
  seen: readonly SeenLayer[],
  s: number,
): readonly number[][] {
  const [id, ...rest] = unpackBeats([10, ...Array<number>(loadWords).fill(8), 1], beats);
  const last = rest.pop()!;
  let beat = 0;
  return seen.map(({ heads, tokens }) => {
    const order = tokenOrder(bitsOf(tokens, s));
    return heads.flatMap(() =>
      order.flatMap((query, row) => {
        const codes: number[] = [];
        for (; codes.length < order.length; beat++) {
          for (const lane of rest) codes.push(lane[beat]!);
          const ends = row === order.length - 1 && codes.length >= order.length;
          expect([id![beat], last[beat]]).toEqual([query, ends ? 1 : 0]);
        }
        return codes.slice(0, order.length);
      }),
    );
  });
}

/** Attention of a random head: some keys get nearly all of it. */
function attention({ starts, bits }: Tokens, random: Rng): Matrix {
  const length = starts[1]!;
  const logits = matrix(length, length);
  for (let i = 0; i < length ** 2; i++) {
    logits.data[i] = bits?.[i % length] === 0 ? -Infinity : 4 * random.normal();
  }
  const lengths = Uint32Array.from({ length }, (_, row) => (bits?.[row] === 0 ? 0 : length));
  return softmaxRows(logits, lengths, 1);
}

it(`leads to the tokens that the software chooses, for ${8 * times} random sequences`, async () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 24 }),
      fc.constantFrom(1, 2),
      fc.array(fc.record({ r0: share, r1: share }), { maxLength: 2 }),
      fc.record({ accumulates: fc.boolean(), byQuery: fc.boolean() }),
      fc.constantFrom(1, 2, 4, 8),
      fc.nat(),
      async (length, first, later, how, loadWords, seed) => {
        const random = rng(seed);
        const plan: readonly LayerPlan[] = [...Array<LayerPlan>(first).fill('all-8'), ...later];
        const isProtected = Uint8Array.from({ length }, () => (random.below(6) === 0 ? 1 : 0));
        let tokens: Tokens = { starts: Uint32Array.of(0, length), protected: isProtected };
        const seen = plan.map((_, layer): SeenLayer => {
          const heads = [1, 2].map(() => attention(tokens, random));
          const now = { heads, tokens };
          const options = { accumulate: how.accumulates, pruned: 'residual' } as const;
          tokens = selectTokens(plan, options, layer, heads, tokens);
          return now;
        });
        await chain(loadWords, plan, seen, 0, how);
      },
    ),
    { numRuns: 8 * times },
  );
}, 600_000);

it('leads to the tokens that the bundled model goes on with', async () => {
  const { stored, checkpoint } = opened(tinyNli);
  const tokenizer = loadTokenizer(tinyNli);
  const sequences = readExamples(join(tinyNli, 'calibration.jsonl'), 2).map((e) =>
    tokenizer.encode(e.text, e.pair),
  );
  const patterns = [{ place: 'test', pattern: 'classifier', options: {}, quantize: true }];
  const { model } = await quantizeModel(stored, checkpoint, vssaMethod, settings({ patterns }), {
    calibration: { data: 'few', sequences },
  });
  const sites = Object.entries(model.calibration!.sites);
  const options = vssaMethod.options.parse({
    ...{ firstLayers8: 1, unprunedLayers: 1, r0End: 0.4, rho: 0.5, pMode: 'query' },
  });
  const engine = vssaMethod.engine({
    weights: new Map(
      model.matrices.map(({ name, bytes }) => [name, vssaMethod.format.read(bytes, name)]),
    ),
    scales: new Map(sites.map(([key, { scale }]): [string, number] => [key, scale as number])),
    options,
  });
  const seen: SeenLayer[] = [];
  const batch = packBatch(checkpoint.config, sequences);
  await encode(checkpoint, batch, {
    ...engine,
    nextTokens: (layer, heads, tokens) => {
      seen.push({ heads: heads.map((p) => matrix(p.rows, p.columns, p.data.slice())), tokens });
      return engine.nextTokens!(layer, heads, tokens);
    },
  });
  const plan = scheduleOf(options, 4);
  expect(seen.length).toBe(plan.length);
  for (const s of sequences.keys()) {
    await chain(4, plan, seen, s, { accumulates: true, byQuery: true });
  }
}, 60_000);

it('makes the operand of every code, of 8 bits and of 4', async () => {
  const size = 256;
  const p = { maxTokens: size, loadWords: 8 };
  // Row r of the first head has the codes 256 r and up; the others have these rows at other places.
  const eights = 160;
  const bits = Array.from({ length: size }, (_, token) => (token < eights ? 8 : 4));
  const heads = [0, 255, 128, 64].map((turn) =>
    matrix(
      size,
      size,
      Float32Array.from(
        { length: size ** 2 },
        (_, i) => (size * (Math.floor(i / size) ^ turn) + (i % size)) / (2 ** 16 - 1),
      ),
    ),
  );
  const codes = heads.flatMap(({ data }) => Array.from(data, importanceCode));
  for (const precision of [8, 4]) {
    const seen = new Set(codes.filter((_, i) => bits[Math.floor(i / size) % size] === precision));
    expect(seen.size).toBe(2 ** 16);
  }
  const job = scoresJob(p, {
    ...{ length: size, isProtected: bits.map(() => 0), byQuery: true, accumulates: false },
    layers: [{ bits, heads: heads.length, codes }],
  });
  const [{ outputs }] = (await simulate(vssaScores, p, [job])) as readonly [Outcome];
  const lanes = unpackBeats([10, ...Array<number>(8).fill(8), 1], outputs['codes']!).slice(1, 9);
  const found = codes.map((_, i) => lanes[i % 8]![i >> 3]!);
  const folds = new Float64Array(size).fill(1);
  const due = heads.flatMap((head) => [
    ...encodeProbabilities(head, folds, Uint8Array.from(bits), 'truncation').data,
  ]);
  // The difference of so long lists would take minutes to print.
  const wrong = due.findIndex((code, i) => code !== found[i]);
  expect(wrong, `${found[wrong]} instead of ${due[wrong]} for ${codes[wrong]}`).toBe(-1);
  expect(found.length).toBe(due.length);
});

it('adds up rows of one beat without a pause, and beyond 32 bits', async () => {
  const rows = 66_000;
  const p = { maxTokens: 16, loadWords: 1 };
  const codes = new Uint16Array(rows).fill(65535);
  codes[1] = 1;
  const job = scoresJob(p, {
    ...{ length: 2, isProtected: [1, 0], byQuery: false, accumulates: true },
    layers: [
      { bits: [0, 4], heads: rows, codes },
      { bits: [8, 0], heads: 1, codes: [7] },
      { bits: [0, 8], heads: 2, codes: [5, 6] },
    ],
  });
  const [{ outputs, cycles }] = (await simulate(vssaScores, p, [job])) as readonly [Outcome];
  const sum = (rows - 1) * 65535 + 1;
  expect(sum).toBeGreaterThan(2 ** 32);
  const columns = unpackBeats(scoreWidths, outputs['scores']!).map((column) => [...column]);
  expect(columns).toEqual([
    [0, sum, 7, sum, 7, sum + 11],
    [1, 0, 1, 0, 1, 0],
    [0, 1, 1, 0, 0, 1],
    [0, 1, 0, 1, 0, 1],
  ]);
  // A list of one, its beats, two scores and 3 more, for each layer.
  expect(cycles).toBe(rows + 1 + 2 + 3 * (1 + 2 + 3));
});

it('forgets importance and protected tokens where a sequence begins, and only there', async () => {
  const p = { maxTokens: 17, loadWords: 2 };
  const run = (isProtected: readonly number[]) =>
    scoresJob(p, {
      ...{ length: 3, isProtected, byQuery: false, accumulates: true },
      layers: [
        { bits: [4, 0, 0], heads: 1, codes: [65535] },
        { bits: [4, 0, 0], heads: 1, codes: [65535] },
      ],
    });
  const outcomes = await simulate(vssaScores, p, [run([1, 1, 1]), run([0, 0, 1])]);
  const [first, second] = outcomes.map(({ outputs }) =>
    unpackBeats(scoreWidths, outputs['scores']!).map((column) => [...column]),
  );
  const values = [65535, 0, 0, 2 * 65535, 0, 0];
  expect(first!.slice(0, 2)).toEqual([values, [1, 1, 1, 1, 1, 1]]);
  expect(second!.slice(0, 2)).toEqual([values, [0, 0, 1, 0, 0, 1]]);
});
