import { expect, it } from 'vitest';

import { openEngine, openModel, quantizeModel } from '../../../src/engines/index.ts';
import {
  acceleratorJobs,
  acceleratorSums,
} from '../../../src/families/vssa/accelerator-products.ts';
import { vssaAccelerator } from '../../../src/families/vssa/designs.ts';
import { vssaMethod } from '../../../src/families/vssa/method.ts';
import { exactMatmul } from '../../../src/tensor/index.ts';
import type { IntegerProduct } from '../../../src/tensor/index.ts';
import { layoutOf, openSession, verifyJobs } from '../../../src/testbench/index.ts';
import type { Outcome, ProductLowering, Session } from '../../../src/testbench/index.ts';
import {
  checkpointFrom,
  encode,
  loadTokenizer,
  packBatch,
  readExamples,
} from '../../../src/transformer/index.ts';

const folder = 'models/tiny-nli';

/** Computes every product whole and keeps those of attention. */
const software = (kept: IntegerProduct[]): ProductLowering => ({
  lower: () => [],
  raise: (_p, product) => {
    if (product.right.rowBits || product.right.columnBits) kept.push(product);
    return Int32Array.from(exactMatmul(product.left, product.right));
  },
});

/** What the method multiplies in the attention of an example, layer by layer and head by head. */
async function attentionOf(example: number): Promise<readonly IntegerProduct[]> {
  const stored = openModel(folder);
  const checkpoint = checkpointFrom(stored.config, stored.file);
  const tokenizer = loadTokenizer(folder);
  const sequences = readExamples(`${folder}/test.jsonl`, example + 1).map(({ text, pair }) =>
    tokenizer.encode(text, pair),
  );
  const options = { unprunedLayers: 1, r0End: 0.7, rho: 0.5, pMode: 'query' };
  const quantized = await quantizeModel(
    ...([stored, checkpoint, vssaMethod] as const),
    { model: [{ place: 'test', options }], embeddings: [], patterns: [] },
    { calibration: { data: folder, sequences } },
  );
  const kept: IntegerProduct[] = [];
  const design = {
    ...vssaAccelerator,
    lowering: { ...vssaAccelerator.lowering!, products: software(kept) },
  };
  const { engine, checkpoint: model } = openEngine(
    {
      model: folder,
      quantized: quantized.model,
      engine: { kind: 'design', design: design.name, engine: 'golden', seed: 1, check: false },
    },
    { method: () => vssaMethod, design: () => design },
  );
  await encode(model, packBatch(model.config, [sequences[example]!]), engine);
  return kept;
}

/** The session, with every outcome also put into `kept`. */
const keeping = (session: Session, kept: Outcome[]): Session => ({
  ...session,
  run: async (jobs) => {
    const outcomes = await session.run(jobs);
    kept.push(...outcomes);
    return outcomes;
  },
});

it('computes the attention of a real sentence, all heads of a layer in one job, with stalls or without', async () => {
  const p = {
    ...{ rows: 8, cols: 8, skid: 0, maxTokens: 64, loadWords: 4 },
    ...{ leftBlocks: 128, rightBlocks: 128 },
  };
  const products = await attentionOf(0);
  const { heads, layers } = openModel(folder).config;
  // All tokens have 8 bits in the first layer.
  expect(products).toHaveLength(2 * heads * (layers - 1));
  const kinds = new Set(products.flatMap(({ left }) => [...(left.rowBits ?? [])]));
  expect([...kinds].sort()).toEqual([0, 4, 8]);

  const layout = layoutOf(vssaAccelerator.rtl(p));
  const golden = await openSession('golden', vssaAccelerator, p);
  const device = await openSession('simulator', vssaAccelerator, p, { seed: 1 });
  try {
    for (let layer = 0; layer < products.length; layer += 2 * heads) {
      for (const offset of [0, 1]) {
        // Scores and context of a head follow each other.
        const own = products.filter(
          (_, i) => i >= layer && i < layer + 2 * heads && i % 2 === offset,
        );
        const jobs = acceleratorJobs(p, own);
        expect(jobs).toHaveLength(1);
        const outcomes: Outcome[] = [];
        const found = await verifyJobs(layout, jobs, keeping(golden, outcomes), device, {
          stalls: { seed: 1, source: 64, sink: 64 },
        });
        expect(found.free.mismatches + found.stalled!.mismatches).toBe(0);
        expect(found.cycleMismatches).toBe(0);
        acceleratorSums(p, own, outcomes).forEach((sums, head) => {
          const { left, right } = own[head]!;
          const whole = exactMatmul(left, right);
          const due = whole.map((sum, at) => {
            const row = left.rowBits![Math.floor(at / right.rows)];
            return row !== 0 && right.rowBits?.[at % right.rows] !== 0 ? sum : 0;
          });
          expect([...sums]).toEqual([...due]);
        });
      }
    }
  } finally {
    await device.close();
    await golden.close();
  }
}, 120_000);
