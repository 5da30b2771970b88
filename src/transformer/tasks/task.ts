import type { Rng } from '../../numeric/index.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { HeadKind } from '../config.ts';
import type { Example } from '../examples.ts';
import type { Observer } from '../observer.ts';
import type { Encoding, TextTokenizer } from '../text-tokenizer.ts';

/** One prediction that a task asks for. */
export interface Target {
  /** Row of the sequence's logits: 0 for a classifier, the token's place for a masked LM. */
  readonly row: number;
  /** Column of the right answer: a label's or a token's index. */
  readonly answer: number;
}

/** A sequence for the model and the predictions that count. */
export interface Question {
  readonly sequence: Encoding;
  readonly targets: readonly Target[];
}

/** What turning an example into a question may need. */
export interface TaskContext {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: TextTokenizer;
  /** Draws in the order of the examples, so that the first n of them do not depend on how many follow. */
  readonly random: Rng;
}

/** A way to ask a model questions whose answers are known. */
export interface Task {
  /** As on the command line: `classify`. */
  readonly name: string;
  /** One line for help texts, without a full stop. */
  readonly summary: string;
  /** The head that the checkpoint needs. */
  readonly head: HeadKind;
  /** Whether `seed` changes the questions. */
  readonly random: boolean;
  /** Whether perplexity, the exponential of the mean cross-entropy, is a usual figure of the task. */
  readonly perplexity: boolean;
  /**
   * @param place what error messages call the example: `example 3`
   * @throws InputError for an example that the task cannot use
   */
  ask(context: TaskContext, example: Example, sequence: Encoding, place: string): Question;
}

export interface EvaluateOptions {
  /** Use at most so many examples, from the first; all unless given. */
  readonly limit?: number;
  /** Seed of what a task draws at random, such as masks; 1 unless given. */
  readonly seed?: number;
  /** Sequences per forward pass; 32 unless given. */
  readonly batch?: number;
  /** Cut examples that are longer than the model's positions, instead of refusing them. */
  readonly truncate?: boolean;
  readonly observer?: Observer;
  /** Called after every batch. */
  readonly progress?: (done: number, total: number) => void;
}

export interface Evaluation {
  readonly task: string;
  /** Examples that were run. */
  readonly examples: number;
  /** Predictions that were scored: one per example for a classifier, one per masked token for a masked LM. */
  readonly predictions: number;
  readonly correct: number;
  /** correct / predictions */
  readonly accuracy: number;
  /** Mean of -ln(probability of the right answer) over the predictions. */
  readonly crossEntropy: number;
  /** exp(crossEntropy), for tasks where that is usual. */
  readonly perplexity?: number;
  /** For tasks that draw at random. */
  readonly seed?: number;
  /** Tokens of all examples, special tokens included. */
  readonly tokens: number;
  /** Tokens that the tokenizer does not know. */
  readonly unknownTokens: number;
  /** Examples that were cut to the model's positions. */
  readonly truncated: number;
}
