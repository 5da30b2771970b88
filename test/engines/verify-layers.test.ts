import { beforeAll, describe, expect, it } from 'vitest';

import { layerCases, verifyLayers } from '../../src/engines/index.ts';
import type { LayerCase } from '../../src/engines/index.ts';
import { goboTile } from '../../src/families/gobo/designs.ts';
import { oliveAccelerator, oliveArray } from '../../src/families/olive/designs.ts';
import { rng } from '../../src/numeric/index.ts';
import {
  describeFirstMismatch,
  verificationReport,
  verificationTables,
} from '../../src/report/index.ts';
import { resolveParameters } from '../../src/testbench/index.ts';
import type { Design } from '../../src/testbench/index.ts';
import { captureActivations, loadCheckpoint, packBatch } from '../../src/transformer/index.ts';
import { loadTokenizer, readExamples } from '../../src/transformer/index.ts';
import { mutationsOf } from '../ir/mutations.ts';

const folder = 'models/tiny-nli';
const checkpoint = loadCheckpoint(folder);
const parameters = resolveParameters(goboTile, {}, 'test');
const options = {
  engine: 'simulator',
  seed: 1,
  stalls: { seed: 1, source: 64, sink: 64 },
} as const;
const run = { pe: 'gobo', engine: 'simulator', model: folder, seed: 1 };

let layers: readonly LayerCase[] = [];
beforeAll(async () => {
  layers = await layerCases(checkpoint, folder, {
    cases: 3,
    random: rng(1),
    selection: { tensor: 'bert.pooler.dense.weight' },
  });
});

/** The tile with one fault in it. */
const faulty = (fault: RegExp): Design => ({
  ...goboTile,
  rtl: (p) => {
    const found = mutationsOf(goboTile.rtl(p)).filter(({ what }) => fault.test(what));
    expect(found).toHaveLength(1);
    return found[0]!.program;
  },
});

describe('layerCases', () => {
  it('takes the activations that reach a layer, from consecutive tokens', async () => {
    const tokenizer = loadTokenizer(folder);
    const data = `${folder}/test.jsonl`;
    const [query] = await layerCases(checkpoint, folder, {
      cases: 5,
      random: rng(3),
      selection: { layer: 0 },
    });
    expect(query!.activations).toMatchObject({ rows: 5, columns: 128 });
    // Some example of the set begins with exactly these activations.
    const examples = readExamples(data).map(({ text, pair }) => tokenizer.encode(text, pair));
    const first = async (index: number): Promise<Float32Array> => {
      const batch = packBatch(checkpoint.config, [examples[index]!]);
      const captured = await captureActivations(checkpoint, batch);
      return captured.get('0.query')!.x.data.subarray(0, 5 * 128);
    };
    const random = rng(3);
    const order = examples.map((_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    expect(query!.activations.data).toEqual(await first(order[0]!));
    expect(query!.range).toBeGreaterThan(3);
    expect(query!.range).toBeLessThan(6);
  });

  it('gives heads one vector for each sequence', () => {
    expect(layers).toHaveLength(1);
    expect(layers[0]!.activations.rows).toBe(3);
  });
});

describe('verifyLayers', () => {
  it('counts exactly the outputs that model and cases imply', async () => {
    const results = await verifyLayers(goboTile, goboTile.lowering!, parameters, layers, options);
    const report = verificationReport(run, results);
    expect(report).toMatchObject({ expected: 384, compared: 384, mismatches: 0, verified: true });
    expect(report.stalled).toMatchObject({ expected: 384, compared: 384 });
    expect(describeFirstMismatch(results)).toBeUndefined();
    expect(verificationTables(report)).toContain('384 of 384 outputs, and 384 of 384 with');
  });

  it('finds a wrong adder and says where', async () => {
    const design = faulty(/^gobo_pe: node \d+ sum: add becomes sub|^gobo_pe: node \d+ sum add/);
    const results = await verifyLayers(design, goboTile.lowering!, parameters, layers, options);
    const report = verificationReport(run, results);
    expect(report.verified).toBe(false);
    expect(report.mismatches).toBeGreaterThan(384);
    expect(describeFirstMismatch(results)).toMatch(
      /^First mismatch: layer 4 pooler \(bert\.pooler\.dense\.weight\), tile 0, row 0, token 0, value: expected -?\d+, got -?\d+\.$/,
    );
  });

  it('finds a golden model that differs from the whole product', async () => {
    const lowering = goboTile.lowering!;
    const results = await verifyLayers(
      goboTile,
      {
        ...lowering,
        product: (p, call) =>
          lowering.product(p, call).map((value, i) => (i === 7 ? value + 1 : value)),
      },
      parameters,
      layers,
      options,
    );
    expect(verificationReport(run, results)).toMatchObject({ mismatches: 1, verified: false });
    expect(describeFirstMismatch(results)).toContain('differ in 1 outputs');
  });

  it.each([oliveArray, oliveAccelerator])(
    'counts the beats of $name, each with outputs of several tokens',
    async (design) => {
      const p = resolveParameters(design, { rows: 16, columns: 2 }, 'test');
      const results = await verifyLayers(design, design.lowering!, p, layers, options);
      const report = verificationReport(run, results);
      // Three tokens make two tiles, each with a beat for every row.
      expect(report).toMatchObject({ expected: 256, compared: 256, mismatches: 0, verified: true });
      expect(report).toMatchObject({ results: 384, layers: [{ results: 384 }] });
      const tables = verificationTables(report);
      expect(tables).toContain(
        '256 of 256 beats with 384 outputs, and 256 of 256 with random stalls: all equal',
      );
      expect(tables).toMatch(/pooler .* 384 │ all/);
    },
    60_000,
  );

  it('finds jobs that lack outputs', async () => {
    const lowering = goboTile.lowering!;
    const lower: typeof lowering.lower = (p, call) =>
      lowering.lower(p, { ...call, tokens: 2, activations: call.activations.subarray(0, 2 * 128) });
    await expect(
      verifyLayers(goboTile, { ...lowering, lower }, parameters, layers, options),
    ).rejects.toThrow(/the jobs give 256 outputs, but 384 are due/);
  });
});
