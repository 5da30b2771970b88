import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { InputError } from '../numeric/index.ts';
import type {
  Evaluation,
  LayerEvent,
  Question,
  Questionnaire,
  Score,
} from '../transformer/index.ts';
import { openEvaluator } from './evaluator.ts';
import type { ChunkResult, EvaluationSetup, Resolve } from './evaluator.ts';
import type { DesignWork } from './design-engine.ts';

/** What a worker is asked: a chunk, or to close its model, which ends the processes that it started. */
export type WorkerRequest = readonly Question[] | 'close';

/** What a worker answers: errors lose their class on the way, so that a refusal travels as data. */
export type WorkerAnswer =
  | { readonly result: ChunkResult }
  | { readonly closed: true }
  | { readonly refused: { readonly message: string; readonly code: string | undefined } };

export interface EvaluateModelOptions {
  readonly setup: EvaluationSetup;
  readonly questionnaire: Questionnaire;
  readonly resolve: Resolve;
  /** Cores to use; all unless given. With one, everything runs in this thread. */
  readonly jobs?: number;
  /** The module that a worker runs, in JavaScript: its default export is what `evaluationWorker` gives. */
  readonly worker: URL;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Questions that a worker gets at once; hardware that is simulated takes seconds for a single one. */
const chunkSize = { software: 32, hardware: 2 };

/**
 * Asks all questions, in chunks that do not depend on the number of workers: so the result does not either.
 *
 * @throws InputError as `openEvaluator` and `scoreQuestions` do
 */
export async function evaluateModel(options: EvaluateModelOptions): Promise<{
  readonly evaluation: Evaluation;
  /** Of a design, if one was the engine. */
  readonly work?: DesignWork;
  /** Tokens of every layer by their bits, where the engine decides about them. */
  readonly precisions?: readonly LayerEvent['precisions'][];
}> {
  const { setup, questionnaire, onProgress } = options;
  const { questions, summarize } = questionnaire;
  const size = setup.engine.kind === 'design' ? chunkSize.hardware : chunkSize.software;
  const chunks: (readonly Question[])[] = [];
  for (let at = 0; at < questions.length; at += size) chunks.push(questions.slice(at, at + size));

  const results: ChunkResult[] = [];
  const jobs = Math.min(options.jobs ?? availableParallelism(), chunks.length);
  const { run, close } =
    jobs > 1 ? inWorkers(options, jobs) : await inThisThread(setup, options.resolve);
  let done = 0;
  let complete = false;
  try {
    await Promise.all(
      chunks.map(async (chunk, i) => {
        results[i] = await run(chunk);
        done += chunk.length;
        onProgress?.(done, questions.length);
      }),
    );
    complete = true;
  } finally {
    await close(complete);
  }
  const scores: Score[] = results.map(({ score }) => score);
  const work = results.flatMap((result) => result.work ?? []);
  const precisions = results.flatMap((result) => (result.precisions ? [result.precisions] : []));
  return {
    evaluation: summarize(scores),
    ...(work.length > 0 && { work: work.reduce(addWork) }),
    ...(precisions.length > 0 && { precisions: precisions.reduce(addPrecisions) }),
  };
}

/** Layer by layer. */
const addPrecisions = (
  a: readonly LayerEvent['precisions'][],
  b: readonly LayerEvent['precisions'][],
): readonly LayerEvent['precisions'][] =>
  a.map((layer, i) => ({ 8: layer[8] + b[i]![8], 4: layer[4] + b[i]![4], 0: layer[0] + b[i]![0] }));

const addWork = (a: DesignWork, b: DesignWork): DesignWork => ({
  products: a.products + b.products,
  cycles: a.cycles + b.cycles,
  compared: a.compared + b.compared,
  mismatches: a.mismatches + b.mismatches,
});

interface Runner {
  run(chunk: readonly Question[]): Promise<ChunkResult>;
  /** @param complete whether all chunks have been run; others are given up */
  close(complete: boolean): Promise<void>;
}

/** One chunk after the other. */
async function inThisThread(setup: EvaluationSetup, resolve: Resolve): Promise<Runner> {
  const evaluator = await openEvaluator(setup, resolve);
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (chunk) => {
      const result = last.then(() => evaluator.run(chunk));
      last = result.catch(() => undefined);
      return result;
    },
    close: () => evaluator.close(),
  };
}

function inWorkers({ setup, worker }: EvaluateModelOptions, jobs: number): Runner {
  const pool = new Piscina<WorkerRequest, WorkerAnswer>({
    filename: worker.href,
    minThreads: jobs,
    maxThreads: jobs,
    workerData: setup,
    // Flags of this process, such as those of a loader, are none of the worker's.
    execArgv: [],
  });
  // A worker that cannot start fails its chunk, too, which is enough.
  pool.on('error', () => undefined);
  return {
    run: async (chunk) => {
      const answer = await pool.run(chunk);
      if ('refused' in answer) throw new InputError(answer.refused.message, answer.refused.code);
      if ('closed' in answer) throw new Error('a worker closed its model instead of running it');
      return answer.result;
    },
    close: async (complete) => {
      // All workers are idle, and each takes one request at a time: so each gets one. Processes of a thread that is
      // destroyed without it stay behind as zombies.
      if (complete) await Promise.all(pool.threads.map(() => pool.run('close')));
      await pool.destroy();
    },
  };
}

/** What a worker does with each chunk; the model is opened with the first. */
export function evaluationWorker(
  setup: EvaluationSetup,
  resolve: Resolve,
): (request: WorkerRequest) => Promise<WorkerAnswer> {
  const evaluator = openEvaluator(setup, resolve);
  // The first chunk gets to see what went wrong.
  evaluator.catch(() => undefined);
  return async (request) => {
    try {
      if (request !== 'close') return { result: await (await evaluator).run(request) };
      await (await evaluator).close();
      return { closed: true };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { refused: { message: error.message, code: error.code } };
    }
  };
}
