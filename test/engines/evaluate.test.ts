import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { designEngine, evaluateModel, quantizeModel } from '../../src/engines/index.ts';
import type { EvaluationSetup, QuantizedModel } from '../../src/engines/index.ts';
import { findMethod } from '../../src/families/index.ts';
import { resolveParameters } from '../../src/testbench/index.ts';
import type { Lowering } from '../../src/testbench/index.ts';
import {
  askTask,
  classify,
  encode,
  floatEngine,
  linearSites,
  linearUses,
  loadTokenizer,
  packBatch,
  readExamples,
  siteKey,
} from '../../src/transformer/index.ts';
import type { MatmulEngine, Questionnaire } from '../../src/transformer/index.ts';
import { tinyNli } from '../transformer/fixtures.ts';
import { assembleModel } from '../../src/engines/index.ts';
import { hardwareOf, opened, quantized, resolve, settings } from './model-fixtures.ts';

const worker = new URL('../../bin/evaluation-worker.js', import.meta.url);
const { stored, checkpoint } = opened(tinyNli);
const tokenizer = loadTokenizer(tinyNli);
const gobo = findMethod('gobo');

const questions = (limit: number): Questionnaire =>
  askTask(classify, checkpoint, tokenizer, readExamples(join(tinyNli, 'test.jsonl'), limit));

const calibration = {
  data: 'calibration.jsonl',
  sequences: readExamples(join(tinyNli, 'calibration.jsonl'), 8).map(({ text, pair }) =>
    tokenizer.encode(text, pair),
  ),
};

const evaluated = (setup: EvaluationSetup, questionnaire: Questionnaire, jobs: number) =>
  evaluateModel({ setup, questionnaire, resolve, jobs, worker });

describe('evaluateModel', () => {
  it('gives the same in one thread and in several, to the last bit', async () => {
    const model = await quantized(
      tinyNli,
      gobo,
      settings({ model: [{ place: 'test', options: { bits: 2 } }] }),
    );
    const setup: EvaluationSetup = { model: tinyNli, quantized: model, engine: { kind: 'float' } };
    const questionnaire = questions(70);
    const alone = await evaluated(setup, questionnaire, 1);
    const together = await evaluated(setup, questionnaire, 2);
    expect(together).toEqual(alone);
    expect(alone.evaluation).toMatchObject({ examples: 70, predictions: 70 });
    // Two bits ruin this model; three quarters right would mean that nothing was quantized.
    expect(alone.evaluation.accuracy).toBeLessThan(0.75);
  });

  it('says in one sentence what a worker refused', async () => {
    const model = await quantized(tinyNli, gobo);
    const setup: EvaluationSetup = { model: tinyNli, quantized: model, engine: { kind: 'exact' } };
    for (const jobs of [1, 2]) {
      await expect(evaluated(setup, questions(70), jobs)).rejects.toThrow(
        `${tinyNli}: the range of the activations that reach 0.query is not known, which the engine needs; calibrate the model: name a file of examples with --calibration.`,
      );
    }
  });

  it('counts what a design does, the same on one core and on two', async () => {
    const { model } = await quantizeModel(stored, checkpoint, gobo, settings(), { calibration });
    const setup: EvaluationSetup = {
      model: tinyNli,
      quantized: model,
      engine: { kind: 'design', design: 'gobo-tile', engine: 'golden', seed: 1, check: true },
    };
    const questionnaire = questions(3);
    const alone = await evaluated(setup, questionnaire, 1);
    const tokens = questionnaire.questions.reduce((sum, q) => sum + q.sequence.ids.length, 0);
    expect(alone.work).toMatchObject({
      // 24 layers and the pooler, for each of two chunks.
      products: 2 * 25,
      compared: tokens * 4 * (4 * 128 + 512 + 128) + 3 * 128,
      mismatches: 0,
    });
    expect(await evaluated(setup, questionnaire, 2)).toEqual(alone);
  });

  it.skipIf(process.platform !== 'linux')(
    'leaves no process behind that its threads started',
    async () => {
      const counts: number[] = [];
      const fixture = new URL('child-worker.js', import.meta.url);
      const { evaluation } = await evaluateModel({
        setup: { model: tinyNli, engine: { kind: 'float' } },
        questionnaire: questions(100),
        ...{ resolve, jobs: 2, worker: fixture },
        onProgress: () => counts.push(childrenOf(process.pid).filter((n) => n === 'cat').length),
      });
      expect(evaluation.examples).toBe(100);
      expect(Math.max(...counts)).toBeGreaterThan(0);
      expect(childrenOf(process.pid)).not.toContain('cat');
    },
  );
});

/** Names of the processes that this one started and that are there, ended or not. */
function childrenOf(pid: number): string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.flatMap((name) => {
    try {
      const stat = readFileSync(join('/proc', name, 'stat'), 'utf8');
      const [, command, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat)!;
      return Number(rest!.split(' ')[1]) === pid ? [command!] : [];
    } catch {
      // It is gone meanwhile.
      return [];
    }
  });
}

/** The bundled model's quantized layers with their packed matrices and what calibration found. */
async function layersOf(model: QuantizedModel) {
  const assembled = assembleModel(stored, model, gobo);
  const sites = model.calibration!.sites;
  const uses = linearUses(assembled.checkpoint).filter(({ tensor }) =>
    assembled.packed.has(tensor),
  );
  const bySite = (of: (key: string) => number) =>
    new Map(uses.map(({ site }): [string, number] => [siteKey(site), of(siteKey(site))]));
  return {
    ...assembled,
    ranges: bySite((key) => sites[key]!.range),
    scales: bySite((key) => sites[key]!.scale as number),
  };
}

describe('a design as a matrix engine', () => {
  const design = hardwareOf(gobo);
  const lowering = design.lowering!;
  const parameters = resolveParameters(design, {}, 'test');
  const batch = packBatch(checkpoint.config, [
    { ids: [1, 20, 30, 2], types: [0, 0, 1, 1] },
    { ids: [1, 40, 2], types: [0, 0, 1] },
  ]);
  // Two widths of indexes: the matrices need two tiles.
  const mixed = settings({
    patterns: [{ place: 'test', pattern: 'layer.1.', options: { bits: 4 } }],
  });

  const engineOf = (
    model: Awaited<ReturnType<typeof layersOf>>,
    given: Lowering = lowering,
  ): ReturnType<typeof designEngine> =>
    designEngine({
      ...{ design, parameters, engine: 'golden', seed: 1, check: true },
      lowering: given,
      weights: model.packed,
      ranges: model.ranges,
    });

  /** Everything the encoder is given, by site; layers that stay in floating point go to the float engine. */
  async function run(engine: MatmulEngine, packed: ReadonlyMap<string, unknown>) {
    const float = floatEngine(linearSites(checkpoint));
    const exact = new Map<string, ArrayLike<number>>();
    const { logits } = await encode(
      checkpoint,
      batch,
      {
        ...engine,
        linear: (site, x, tokens) =>
          (packed.has(site.tensor!) ? engine : float).linear(site, x, tokens),
      },
      {
        observer: {
          product: ({ site, product }) => {
            if (product.exact) exact.set(siteKey(site), Float64Array.from(product.exact));
          },
        },
      },
    );
    return { logits: logits!.data, exact };
  }

  it('computes the integers and the values of the exact software engine', async () => {
    const { model } = await quantizeModel(stored, checkpoint, gobo, mixed, { calibration });
    const layers = await layersOf(model);
    const hardware = engineOf(layers);
    const software = gobo.engine({
      weights: layers.packed,
      scales: layers.scales,
      options: model.options,
    });
    const onDesign = await run(hardware, layers.packed);
    const inSoftware = await run(software, layers.packed);
    expect(onDesign.exact.size).toBe(25);
    expect(onDesign).toEqual(inSoftware);
    expect(hardware.work()).toMatchObject({ products: 25, mismatches: 0 });
    expect(hardware.work().cycles).toBeGreaterThan(0);
    await hardware.close();
  });

  it('notices a result that differs', async () => {
    const { model } = await quantizeModel(stored, checkpoint, gobo, settings(), { calibration });
    const layers = await layersOf(model);
    let calls = 0;
    const hardware = engineOf(layers, {
      ...lowering,
      raise: (p, call, outcomes) => {
        const exact = lowering.raise(p, call, outcomes);
        if (calls++ === 7) exact[3]! += 1;
        return exact;
      },
    });
    await run(hardware, layers.packed);
    expect(hardware.work()).toMatchObject({ mismatches: 1 });
    await hardware.close();
  });
});
