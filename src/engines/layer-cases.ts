import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { InputError } from '../numeric/index.ts';
import type { Rng } from '../numeric/index.ts';
import type { Matrix } from '../tensor/index.ts';
import {
  calibrate,
  captureActivations,
  linearUses,
  loadTokenizer,
  packBatch,
  readExamples,
  siteKey,
} from '../transformer/index.ts';
import type { Checkpoint, Encoding, LinearSite } from '../transformer/index.ts';

/** A linear layer of a real checkpoint with real activations that reach it. */
export interface LayerCase extends LinearSite {
  /** [cases x in] */
  readonly activations: Matrix;
  /** Largest |x| at this place over the calibration examples. */
  readonly range: number;
}

export interface LayerSelection {
  /** Only this tensor of the checkpoint, in every pass that uses it. */
  readonly tensor?: string;
  /** Only this pass of the encoder, from 0. */
  readonly layer?: number;
}

/** What can be wrong with a choice of layers and examples. */
export type LayerIssue =
  | {
      readonly code: 'unknown-tensor';
      readonly tensor: string;
      readonly path: string;
      readonly allowed: readonly string[];
    }
  | {
      readonly code: 'unknown-layer';
      readonly layer: number;
      readonly of: string;
      readonly allowed: readonly number[];
    }
  | { readonly code: 'no-examples'; readonly folder: string; readonly found: readonly string[] }
  | {
      readonly code: 'too-many-cases';
      readonly cases: number;
      readonly rows: number;
      readonly tensor: string;
      readonly data: string;
    };

function describe(issue: LayerIssue): string {
  switch (issue.code) {
    case 'unknown-tensor':
      return (
        `--tensor: ${issue.path} has no linear layer '${issue.tensor}'; ` +
        `did you mean '${closest(issue.tensor, issue.allowed)}'? ` +
        `Its linear layers are ${issue.allowed.join(', ')}.`
      );
    case 'unknown-layer':
      return (
        `--layer: ${issue.layer} is no layer with linear layers of ${issue.of}; ` +
        `choose from ${issue.allowed.join(', ')}.`
      );
    case 'no-examples': {
      const has =
        issue.found.length === 0
          ? 'has no examples'
          : `has several files of examples, ${issue.found.join(', ')}`;
      return `--model: ${issue.folder} ${has}; name a .jsonl, .csv or .tsv file with --data.`;
    }
    case 'too-many-cases':
      return (
        `--cases: ${issue.cases} activation vectors are asked for, but ${issue.data} gives only ` +
        `${issue.rows} at ${issue.tensor}; ask for at most ${issue.rows} or give more examples ` +
        'with --data.'
      );
  }
}

const refuse = (issue: LayerIssue): InputError => new InputError(describe(issue), issue.code);

/** Examples that set the ranges: enough for a fixed-point scale, few enough to wait for. */
const calibrationExamples = 16;

/**
 * The linear layers of a checkpoint, in order of use, each with `cases` activation vectors of
 * examples drawn by `random`: consecutive tokens from the start of the first example on, so that
 * enough cases cover whole sequences. Ranges come from the first 16 rows of `calibration.jsonl` in
 * the model's folder or, where there is none, of the examples.
 *
 * @param data examples; default: the `test.jsonl`, or else the only example file, of the folder
 * @throws InputError for a selection that matches nothing, or fewer activation vectors than cases
 */
export async function layerCases(
  checkpoint: Checkpoint,
  folder: string,
  options: {
    readonly cases: number;
    readonly random: Rng;
    readonly selection: LayerSelection;
    readonly data?: string;
  },
): Promise<readonly LayerCase[]> {
  const { cases, random, selection } = options;
  const uses = selectUses(checkpoint, selection);
  const tokenizer = loadTokenizer(folder);
  const tokenized = (path: string, limit?: number): Encoding[] =>
    readExamples(path, limit).map(({ text, pair }) => tokenizer.encode(text, pair));

  const examplesPath = options.data ?? testData(folder);
  const examples = shuffled(tokenized(examplesPath), random);
  const calibrationPath = join(folder, 'calibration.jsonl');
  const ranges = await calibrate(
    checkpoint,
    tokenized(existsSync(calibrationPath) ? calibrationPath : examplesPath, calibrationExamples),
  );

  // A classification head sees one vector per sequence, every other layer one per token.
  const perSequence = checkpoint.head.kind === 'classification';
  const sequences: Encoding[] = [];
  let tokens = 0;
  for (const example of examples) {
    if (tokens >= cases && (!perSequence || sequences.length >= cases)) break;
    sequences.push(example);
    tokens += example.ids.length;
  }
  const captured = await captureActivations(checkpoint, packBatch(checkpoint.config, sequences));
  return uses.map((use): LayerCase => {
    const { x } = captured.get(siteKey(use.site))!;
    if (x.rows < cases) {
      const { rows } = x;
      throw refuse({ code: 'too-many-cases', cases, rows, tensor: use.tensor, data: examplesPath });
    }
    const data = x.data.subarray(0, cases * x.columns);
    const activations = { rows: cases, columns: x.columns, data };
    return { ...use, activations, range: ranges.get(siteKey(use.site))! };
  });
}

function selectUses(
  checkpoint: Checkpoint,
  { tensor, layer }: LayerSelection,
): readonly LinearSite[] {
  const uses = linearUses(checkpoint);
  const selected = uses.filter(
    (use) =>
      (tensor === undefined || use.tensor === tensor) &&
      (layer === undefined || use.site.layer === layer),
  );
  if (selected.length > 0) return selected;
  const allowed = [...new Set(uses.map((use) => use.tensor))];
  if (tensor !== undefined && !allowed.includes(tensor)) {
    throw refuse({ code: 'unknown-tensor', tensor, path: checkpoint.path, allowed });
  }
  const candidates = uses.filter((use) => tensor === undefined || use.tensor === tensor);
  throw refuse({
    code: 'unknown-layer',
    layer: layer!,
    of: tensor ?? checkpoint.path,
    allowed: [...new Set(candidates.map((use) => use.site.layer))],
  });
}

/**
 * The examples in a model's folder: `test.jsonl`, or else the only example file.
 *
 * @throws InputError for a folder with none or several
 */
export function testData(folder: string): string {
  const preferred = join(folder, 'test.jsonl');
  if (existsSync(preferred)) return preferred;
  const found = readdirSync(folder)
    .filter((name) => /\.(jsonl|csv|tsv)$/.test(name) && name !== 'calibration.jsonl')
    .sort();
  if (found.length === 1) return join(folder, found[0]!);
  throw refuse({ code: 'no-examples', folder, found });
}

function shuffled<T>(items: readonly T[], random: Rng): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
