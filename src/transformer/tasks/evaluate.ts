import { closest } from 'fastest-levenshtein';

import { InputError, rng } from '../../numeric/index.ts';
import { rowOf } from '../../tensor/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import { packBatch } from '../batch.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { encode } from '../encoder.ts';
import type { Example } from '../examples.ts';
import type { MatmulEngine } from '../matmul-engine.ts';
import type { Encoding, TextTokenizer } from '../text-tokenizer.ts';
import { classify } from './classify.ts';
import { maskedLm } from './masked-lm.ts';
import type { EvaluateOptions, Evaluation, Question, Task, TaskContext } from './task.ts';

/** Every task there is. */
export const tasks: readonly Task[] = [classify, maskedLm];

/** @throws InputError for a name that no task has */
export function taskNamed(name: string): Task {
  const task = tasks.find((candidate) => candidate.name === name);
  if (task) return task;
  const names = tasks.map((candidate) => candidate.name);
  throw new InputError(
    `there is no task "${name}"; did you mean "${closest(name, names)}"? Tasks are ${names.join(', ')}.`,
  );
}

/** Correct answers and the sum of -ln(probability of the right answer), over the targets of a batch. */
export interface Score {
  readonly predictions: number;
  readonly correct: number;
  readonly logLoss: number;
}

/**
 * Asks one batch of questions.
 *
 * @throws InputError as `packBatch` and `encode` do
 */
export async function scoreQuestions(
  checkpoint: Checkpoint,
  questions: readonly Question[],
  engine: MatmulEngine,
  options: Pick<EvaluateOptions, 'observer'> = {},
): Promise<Score> {
  const { observer } = options;
  const batch = packBatch(
    checkpoint.config,
    questions.map(({ sequence }) => sequence),
  );
  const { logits } = await encode(checkpoint, batch, engine, { ...(observer && { observer }) });
  const perSequence = checkpoint.head.kind === 'classification';
  let [predictions, correct, logLoss] = [0, 0, 0];
  questions.forEach(({ targets }, i) => {
    const first = perSequence ? i : batch.tokens.starts[i]!;
    for (const { row, answer } of targets) {
      const { best, loss } = judge(logits!, first + row, answer);
      predictions++;
      if (best === answer) correct++;
      logLoss += loss;
    }
  });
  return { predictions, correct, logLoss };
}

/** The column of the largest logit (the first of equals) and -ln(softmax) of the answer's, in float64. */
function judge(logits: Matrix, row: number, answer: number): { best: number; loss: number } {
  const scores = rowOf(logits, row);
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - scores[best]!);
  return { best, loss: Math.log(sum) + scores[best]! - scores[answer]! };
}

/** Sequences per forward pass: enough to amortise each call, few enough to stay in cache. */
const defaultBatch = 32;

/** A task's questions over a data set, and what to make of the answers. */
export interface Questionnaire {
  readonly questions: readonly Question[];
  /**
   * @param scores of all questions, in batches of any size
   * @throws InputError if the questions ask for no prediction at all
   */
  summarize(scores: readonly Score[]): Evaluation;
}

/**
 * Turns a data set into questions, in the order of the examples; whoever runs them in batches of its own, such as on
 * several cores, gets what `evaluateTask` gets.
 *
 * @throws InputError for a checkpoint without the head the task needs, no example, and an example that is too long
 *   (unless truncated) or that the task cannot use
 */
export function askTask(
  task: Task,
  checkpoint: Checkpoint,
  tokenizer: TextTokenizer,
  examples: readonly Example[],
  options: Pick<EvaluateOptions, 'limit' | 'seed' | 'truncate'> = {},
): Questionnaire {
  const { limit = Infinity, seed = 1 } = options;
  requireAtLeastOne('limit', limit);
  if (checkpoint.head.kind !== task.head) {
    throw new InputError(
      `${checkpoint.path}: the checkpoint has the head ${checkpoint.head.kind}, but the task ${task.name} needs ${task.head}; choose another task or checkpoint.`,
    );
  }
  const chosen = examples.slice(0, limit);
  if (chosen.length === 0) {
    throw new InputError('there is no example to evaluate; give at least one.');
  }
  const context: TaskContext = { checkpoint, tokenizer, random: rng(seed) };
  const sequences = chosen.map((example, i) =>
    tokenize(context, example, `example ${i + 1}`, options.truncate ?? false),
  );
  const questions = sequences.map((sequence, i) =>
    task.ask(context, chosen[i]!, sequence, `example ${i + 1}`),
  );
  const ids = sequences.flatMap((sequence) => sequence.ids);
  const summarize = (scores: readonly Score[]): Evaluation => {
    const sum = (of: (score: Score) => number): number =>
      scores.reduce((total, score) => total + of(score), 0);
    const predictions = sum((score) => score.predictions);
    const correct = sum((score) => score.correct);
    if (predictions === 0) {
      throw new InputError(
        `the task ${task.name} found nothing to predict in ${chosen.length} examples; give more or longer ones.`,
      );
    }
    const crossEntropy = sum((score) => score.logLoss) / predictions;
    return {
      task: task.name,
      examples: chosen.length,
      predictions,
      correct,
      accuracy: correct / predictions,
      crossEntropy,
      ...(task.perplexity && { perplexity: Math.exp(crossEntropy) }),
      ...(task.random && { seed }),
      tokens: ids.length,
      unknownTokens: ids.filter((id) => id === tokenizer.unknownId).length,
      truncated: sequences.filter(({ dropped }) => dropped !== undefined).length,
    };
  };
  return { questions, summarize };
}

/**
 * Runs a task over a data set.
 *
 * @param engine what computes the products; it must serve `linearSites(checkpoint)`
 * @throws InputError as `askTask` does, for no prediction to score, and for activations that are not finite
 */
export async function evaluateTask(
  task: Task,
  checkpoint: Checkpoint,
  tokenizer: TextTokenizer,
  examples: readonly Example[],
  engine: MatmulEngine,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { batch = defaultBatch, progress } = options;
  requireAtLeastOne('batch', batch);
  const { questions, summarize } = askTask(task, checkpoint, tokenizer, examples, options);
  const scores: Score[] = [];
  for (let at = 0; at < questions.length; at += batch) {
    const part = questions.slice(at, at + batch);
    scores.push(await scoreQuestions(checkpoint, part, engine, options));
    progress?.(at + part.length, questions.length);
  }
  return summarize(scores);
}

function requireAtLeastOne(name: string, value: number): void {
  if (value === Infinity || (Number.isInteger(value) && value >= 1)) return;
  throw new InputError(`${name} is ${value}, allowed are whole numbers from 1 on.`);
}

function tokenize(
  { checkpoint, tokenizer }: TaskContext,
  { text, pair }: Example,
  place: string,
  truncate: boolean,
): Encoding {
  const { positions } = checkpoint.config;
  const sequence = tokenizer.encode(text, pair);
  if (sequence.ids.length <= positions) return sequence;
  if (truncate) return tokenizer.encode(text, pair, positions);
  throw new InputError(
    `${place} has ${sequence.ids.length} tokens, allowed are 1 to ${positions}, the positions of the model; shorten the text or truncate it (--truncate).`,
  );
}
