import { relative } from 'node:path';
import { openEvaluator, openModel, quantizeModel, testData } from '../engines/index.ts';
import { cyclesMethod, findDesign, findMethod } from '../families/index.ts';
import { InputError } from '../numeric/index.ts';
import { askTask, checkpointFrom, readExamples, tasks } from '../transformer/index.ts';
import type { CyclesOptions } from './cycles.ts';
import { cliError } from './issue.ts';
import { calibrationOf, chooseQuantizer, numberOf, tokenizerOf } from './model-options.ts';

/** Bits of each token of a sequence in one layer: 8, 4 or 0. */
export type LayerTokens = readonly number[];

/** What the tokens of a model's examples get, and how accurate that is. */
export interface ModelTokens {
  /** Of each layer, the sequences. */
  readonly layers: readonly (readonly LayerTokens[])[];
  readonly heads: number;
  /** Columns of a head. */
  readonly depth: number;
  readonly accuracy: number;
}

const usualLimit = 20;
/** Sequences per forward pass. */
const batchSize = 8;

/**
 * Runs examples through a model in software and notes the precision of every token in every layer.
 *
 * @throws InputError as `eval` does
 */
export async function modelTokens(options: CyclesOptions, seed: number): Promise<ModelTokens> {
  const limit = numberOf('--limit', options.limit, 1) ?? usualLimit;
  const { model = '', bits, schedule, calibration, tokenizer: rule } = options;
  const given = {
    ...(bits !== undefined && { bits }),
    ...(schedule !== undefined && { config: schedule }),
    ...(calibration !== undefined && { calibration }),
    ...(rule !== undefined && { tokenizer: rule }),
  };
  const choice = await chooseQuantizer(given);
  const name = choice.method?.name ?? cyclesMethod;
  if (name !== cyclesMethod) {
    throw new InputError(
      `${choice.method!.place}: the method ${name} gives all tokens the same precision; choose ${cyclesMethod}.`,
    );
  }
  const method = findMethod(cyclesMethod);
  const stored = openModel(model);
  const tokenizer = tokenizerOf(stored.folder, given);
  const data = options.data ?? relative(process.cwd(), testData(stored.folder));
  const found = calibrationOf(stored.folder, given, tokenizer, data);
  if (!found) {
    throw cliError({ code: 'missing-calibration', what: cyclesMethod, folder: stored.folder });
  }
  const checkpoint = checkpointFrom(stored.config, stored.file);
  const quantized = await quantizeModel(stored, checkpoint, method, choice.settings(method), {
    calibration: found,
  });
  const task = tasks.find(({ head }) => head === checkpoint.head.kind) ?? tasks[0]!;
  const { questions, summarize } = askTask(task, checkpoint, tokenizer, readExamples(data, limit), {
    seed,
    truncate: true,
  });
  const evaluator = await openEvaluator(
    { model: stored.path, quantized: quantized.model, engine: { kind: 'exact' } },
    { method: (own) => findMethod(own), design: (own) => findDesign(own).design },
  );
  const layers: LayerTokens[][] = [];
  const scores = [];
  for (let at = 0; at < questions.length; at += batchSize) {
    const part = questions.slice(at, at + batchSize);
    const { score } = await evaluator.run(part, ({ layer, tokens: { starts, bits: own } }) => {
      const sequences = (layers[layer] ??= []);
      for (let s = 0; s + 1 < starts.length; s++) {
        const [begin, end] = [starts[s]!, starts[s + 1]!];
        sequences.push(Array.from({ length: end - begin }, (_, i) => own?.[begin + i] ?? 8));
      }
    });
    scores.push(score);
  }
  await evaluator.close();
  const { heads, hidden } = checkpoint.config;
  return { layers, heads, depth: hidden / heads, accuracy: summarize(scores).accuracy };
}
