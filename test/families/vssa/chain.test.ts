import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { acceleratorJob } from '../../../src/families/vssa/accelerator-job.ts';
import type { AcceleratorRun, OperandSide } from '../../../src/families/vssa/accelerator-job.ts';
import {
  contextOf,
  scoresOf,
  softwareProducts,
} from '../../../src/families/vssa/attention-products.ts';
import { tokenOrder } from '../../../src/families/vssa/decoding.ts';
import { vssaAccelerator, vssaScores, vssaTopK } from '../../../src/families/vssa/designs.ts';
import { encodeTokens } from '../../../src/families/vssa/format/codes.ts';
import { importanceCode } from '../../../src/families/vssa/format/probabilities.ts';
import { goldenTopK } from '../../../src/families/vssa/golden-topk.ts';
import { accumulateImportance } from '../../../src/families/vssa/importance.ts';
import { eightAddress, keepAddress } from '../../../src/families/vssa/params.ts';
import { scoresJob } from '../../../src/families/vssa/scores-job.ts';
import { rng } from '../../../src/numeric/index.ts';
import { matrix, softmaxRows } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { noStalls, openSession } from '../../../src/testbench/index.ts';
import type { Design, Job, Outcome, Parameters, Session } from '../../../src/testbench/index.ts';
import { resultsOf } from './naive-accelerator.ts';

/** Runs a job on a design. */
type Run = (design: Design, p: Parameters, job: Job) => Promise<Outcome>;

const accelerator = {
  ...{ rows: 3, cols: 4, skid: 0, maxTokens: 16, loadWords: 2 },
  ...{ leftBlocks: 40, rightBlocks: 40 },
};
const scores = { maxTokens: 16, loadWords: 2 };
const topK = { maxTokens: 16 };
const depth = 6;
const scale = 0.02;

/**
 * One sequence through some layers: what one engine gives goes to the next as it is, byte by byte; softmax alone is in
 * software. Everything is compared with the method's own arithmetic.
 */
async function runChain(length: number, heads: number, layers: number, seed: number, run: Run) {
  const random = rng(seed);
  const pMode = random.below(2) === 1 ? 'query' : '8-bit';
  const starts = Uint32Array.of(0, length);
  const ids = [...Array(length).keys()];
  let bits = new Uint8Array(length).fill(8);
  let importance: Float64Array | undefined;
  let list: Uint8Array | undefined;
  const chain: { bits: Uint8Array; heads: number; codes: readonly number[] }[] = [];

  for (let layer = 0; layer < layers; layer++) {
    const order = tokenOrder(bits);
    const tokens = { starts, bits };
    const operands = Array.from({ length: heads }, () => {
      const [q, k, v] = [0, 1, 2].map(() => {
        const x = matrix(length, depth);
        for (let at = 0; at < x.data.length; at++) x.data[at] = 1.3 * random.normal();
        return x;
      }) as [Matrix, Matrix, Matrix];
      return { q, k, v };
    });
    const coded = (x: Matrix, own?: Uint8Array) => encodeTokens(x, own, scale, 'truncation');
    // The host sends all tokens with 8 bits; the hardware drops and rounds.
    const rows = (x: Matrix) => ({ ids, columns: depth, data: coded(x).data });
    const listed: Omit<OperandSide, 'matrices'> = {
      ...{ count: order.length, signed: true, byList: true, requantizes: true, uses: 1 },
      tags: 'lanes',
    };
    const attend = async (more: AcceleratorRun, left?: Uint8Array): Promise<Int32Array[]> => {
      const job = acceleratorJob(accelerator, { ...more, bits, rowsByList: true });
      const inputs = { ...job.inputs, ...(list && { tokens: list }), ...(left && { left }) };
      const outcome = await run(vssaAccelerator, accelerator, { ...job, inputs });
      const found = resultsOf(accelerator, outcome);
      const { count, byIndex } = more.right;
      const width = byIndex ? depth : length;
      return operands.map((_, head) => {
        const own = found.slice((head * found.length) / heads, ((head + 1) * found.length) / heads);
        const sums = new Int32Array(length * width);
        for (const { row, column, sums: lanes } of own) {
          lanes.forEach((sum, lane) => {
            if (column + lane >= count) return;
            const to = byIndex ? column + lane : order[column + lane]!;
            sums[row * width + to] = sum;
          });
        }
        return sums;
      });
    };

    const sums = await attend({
      ...{ depth, rowsByList: true },
      left: { ...listed, matrices: operands.map(({ q }) => rows(q)) },
      right: { ...listed, byIndex: false, matrices: operands.map(({ k }) => rows(k)) },
    });
    const probabilities: Matrix[] = [];
    for (const [head, { q, k }] of operands.entries()) {
      const { value, exact } = await scoresOf(
        coded(q, bits),
        coded(k, bits),
        tokens,
        softwareProducts,
      );
      expect(sums[head]).toEqual(exact);
      for (let at = 0; at < value.data.length; at++) {
        if (bits[at % length] === 0) value.data[at] = -Infinity;
      }
      probabilities.push(softmaxRows(value, new Uint32Array(length).fill(length), 0.5));
    }

    chain.push({
      ...{ bits, heads },
      codes: probabilities.flatMap(({ data }) =>
        order.flatMap((i) => order.map((j) => importanceCode(data[i * length + j]!))),
      ),
    });
    const isProtected = ids.map((id) => (id === 0 ? 1 : 0));
    const added = await run(
      vssaScores,
      scores,
      scoresJob(scores, {
        ...{ length, isProtected, byQuery: pMode === 'query', accumulates: true },
        layers: chain,
      }),
    );
    // The sequence begins anew with each job: what the last layer gave is at the end.
    const part = (stream: string, share: number): Uint8Array => {
      const bytes = added.outputs[stream]!;
      return bytes.subarray(bytes.length - share);
    };
    const beatBytes = Math.ceil((10 + 8 * scores.loadWords + 1) / 8);
    const beats = heads * order.length * Math.ceil(order.length / scores.loadWords);
    const context = await attend(
      {
        ...{ depth: order.length, rowsByList: true },
        left: {
          ...listed,
          ...{ signed: false, byList: false, requantizes: false },
          tags: pMode === 'query' ? 'lanes' : 'eight',
          // Their place is taken by the codes that the accumulator gave.
          matrices: operands.map(() => ({ ids: order, columns: order.length, data: [] })),
        },
        right: {
          ...{ ...listed, count: depth, byIndex: true },
          tags: 'indexes',
          matrices: operands.map(({ v }) => rows(v)),
        },
      },
      part('codes', beats * beatBytes),
    );
    for (const [head, { v }] of operands.entries()) {
      const how = { code: 'truncation', pMode } as const;
      const { exact } = await contextOf(
        probabilities[head]!,
        coded(v, bits),
        tokens,
        how,
        softwareProducts,
      );
      for (const id of order) {
        expect([...context[head]!.subarray(id * depth, (id + 1) * depth)]).toEqual([
          ...exact!.subarray(id * depth, (id + 1) * depth),
        ]);
      }
    }

    const k0 = 1 + random.below(order.length);
    const k1 = random.below(k0 + 1);
    importance = accumulateImportance(importance, probabilities, tokens);
    const { eight, four } = goldenTopK({ scores: importance, live: bits, isProtected, k0, k1 });
    const chosen = await run(vssaTopK, topK, {
      writes: [
        [keepAddress, k0],
        [eightAddress, k1],
      ],
      inputs: { scores: part('scores', length * 6) },
      expect: { tokens: eight.length + four.length },
      stalls: noStalls,
      maxCycles: 10_000,
    });
    list = chosen.outputs['tokens']!;
    bits = bits.map((_, id) => (eight.includes(id) ? 8 : four.includes(id) ? 4 : 0));
  }
}

describe('accelerator, score accumulator and selection', () => {
  it('are the attention of the method, layer by layer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 2 }),
        fc.nat(),
        (length, heads, seed) =>
          runChain(length, heads, 3, seed, async (design, p, job) =>
            design.golden(p, job, new Map()),
          ),
      ),
      { numRuns: 15 },
    );
  });

  it('are so as hardware, too', async () => {
    const sessions = new Map<string, Session>();
    try {
      await runChain(11, 2, 2, 1, async (design, p, job) => {
        const session =
          sessions.get(design.name) ?? (await openSession('simulator', design, p, { seed: 3 }));
        sessions.set(design.name, session);
        return (await session.run([job]))[0]!;
      });
    } finally {
      for (const session of sessions.values()) await session.close();
    }
  });
});
