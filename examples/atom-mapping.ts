/**
 * Atom mapping by attention, as RXNMapper does it (Schwaller et al., "Extraction of organic chemistry grammar from
 * unsupervised learning of chemical reactions", Science Advances 7, 2021): which atom of the reactants becomes which
 * atom of the product is read off the attention of one head of a masked language model that was never told.
 *
 *   npx tsx examples/atom-mapping.ts --model <folder of RXNMapper> --data golden_eval.jsonl
 *       [--engine float|exact] [--limit n] [--json]
 *
 * Shows how a program of yours looks into the encoder: open a model, choose an engine, watch with an observer. The
 * folder may be one that `systole quantize` wrote, which shows what quantizing does to the mapping.
 */
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { z } from 'zod';

import { openEngine, openModel } from '../src/engines/index.ts';
import { findDesign, findMethod } from '../src/families/index.ts';
import { InputError } from '../src/numeric/index.ts';
import { rowOf } from '../src/tensor/index.ts';
import type { Matrix } from '../src/tensor/index.ts';
import {
  encode,
  floatEngine,
  linearSites,
  loadTokenizer,
  packBatch,
} from '../src/transformer/index.ts';
import type { Checkpoint, MatmulEngine, TextTokenizer } from '../src/transformer/index.ts';

/** The pass (from 0) and the head whose attention follows the atoms: found by the authors, on unmapped reactions. */
const mappingLayer = 10;
const mappingHead = 5;
/** How much likelier it becomes that neighbours of mapped atoms belong together. */
const neighbourFactor = 90;
/** An atom whose best share is below has no counterpart. */
const leastShare = 1e-8;
/** Reactions per forward pass. */
const batchSize = 16;

const integers = z.array(z.int()).readonly();
const mappedReaction = z.object({
  /** SMILES: reactants>>product. */
  rxn: z.string(),
  /** For each product atom the index of its reactant atom; -1 where nobody knows. */
  gold: integers,
  /** Symmetry class of each reactant atom: atoms of one class are interchangeable. */
  rcls: integers,
  /** Atomic numbers of the reactant atoms. */
  rz: integers,
  /** Atomic numbers of the product atoms. */
  pz: integers,
});
/** A reaction whose mapping people have checked. */
export type MappedReaction = Readonly<z.infer<typeof mappedReaction>>;

/** One side of a reaction. */
export interface Atoms {
  /** Place of each atom's token in the sequence. */
  readonly places: readonly number[];
  /** For each atom the indexes of the atoms it is bound to. */
  readonly neighbours: readonly (readonly number[])[];
}

/**
 * Finds the atoms of a reaction among its tokens, and who is bound to whom: each atom to the one before it, a branch to
 * the atom it hangs on, ring closures to each other.
 *
 * @param tokens the SMILES tokens with their places in the sequence, without special tokens
 */
export function readReaction(tokens: readonly (readonly [place: number, token: string])[]): {
  readonly reactants: Atoms;
  readonly products: Atoms;
} {
  const arrow = tokens.findIndex(([, token]) => token === '>>');
  if (arrow < 0) throw new InputError('the reaction has no ">>"; write reactants>>product.');
  return {
    reactants: readAtoms(tokens.slice(0, arrow)),
    products: readAtoms(tokens.slice(arrow + 1)),
  };
}

function readAtoms(tokens: readonly (readonly [place: number, token: string])[]): Atoms {
  const places: number[] = [];
  const neighbours: number[][] = [];
  const branches: (number | undefined)[] = [];
  const openRings = new Map<string, number>();
  let previous: number | undefined;
  const bind = (a: number, b: number): void => {
    neighbours[a]!.push(b);
    neighbours[b]!.push(a);
  };
  for (const [place, token] of tokens) {
    if (/^[A-Za-z[*]/.test(token)) {
      const atom = places.push(place) - 1;
      neighbours.push([]);
      if (previous !== undefined) bind(previous, atom);
      previous = atom;
    } else if (token === '(') {
      branches.push(previous);
    } else if (token === ')') {
      previous = branches.pop();
    } else if (token === '.') {
      previous = undefined;
    } else if (/^(%\d\d|\d)$/.test(token) && previous !== undefined) {
      const partner = openRings.get(token);
      if (partner === undefined) {
        openRings.set(token, previous);
      } else {
        openRings.delete(token);
        bind(partner, previous);
      }
    }
  }
  return { places, neighbours };
}

/**
 * Maps product atoms to reactant atoms, the surest first: each choice makes the neighbours of the two likelier partners.
 *
 * @param affinity [product atoms x reactant atoms], 0 where a pair is impossible
 * @returns for each product atom its reactant atom, -1 if it has none
 */
export function mapAtoms(
  affinity: Matrix,
  products: Atoms['neighbours'],
  reactants: Atoms['neighbours'],
): readonly number[] {
  // Float64: the factor of 90 piles up.
  const weighted = Float64Array.from(affinity.data);
  const { rows, columns } = affinity;
  const mapping = new Array<number>(rows).fill(-1);
  for (let step = 0; step < rows; step++) {
    let [best, atP, atR] = [0, -1, -1];
    for (let p = 0; p < rows; p++) {
      const row = weighted.subarray(p * columns, (p + 1) * columns);
      const sum = row.reduce((a, b) => a + b, 0);
      row.forEach((x, r) => {
        if (sum > 0 && x / sum > best) [best, atP, atR] = [x / sum, p, r];
      });
    }
    if (best < leastShare) break;
    mapping[atP] = atR;
    for (const p of products[atP]!) {
      for (const r of reactants[atR]!) weighted[p * columns + r]! *= neighbourFactor;
    }
    weighted.fill(0, atP * columns, (atP + 1) * columns);
    for (let p = 0; p < rows; p++) weighted[p * columns + atR] = 0;
  }
  return mapping;
}

/** Attention between product and reactant atoms, both ways added; 0 between different elements. */
function affinityOf(
  attention: Matrix,
  firstRow: number,
  { rz, pz }: MappedReaction,
  products: Atoms,
  reactants: Atoms,
): Matrix {
  const [rows, columns] = [products.places.length, reactants.places.length];
  const data = new Float32Array(rows * columns);
  products.places.forEach((placeP, p) => {
    const fromProduct = rowOf(attention, firstRow + placeP);
    reactants.places.forEach((placeR, r) => {
      if (pz[p] !== rz[r]) return;
      const fromReactant = rowOf(attention, firstRow + placeR);
      data[p * columns + r] = fromProduct[placeR]! + fromReactant[placeP]!;
    });
  });
  return { rows, columns, data };
}

/** What came of a set of reactions. */
export interface AtomMappingResult {
  readonly reactions: number;
  /** Reactions all of whose known atoms are right. */
  readonly rightReactions: number;
  readonly reactionAccuracy: number;
  /** Product atoms whose reactant atom is known. */
  readonly atoms: number;
  readonly rightAtoms: number;
  readonly atomAccuracy: number;
}

/**
 * Maps reactions and compares with what people found. An atom is right if its reactant atom is of the same symmetry
 * class as the known one.
 *
 * @param engine what computes the products of the encoder
 * @throws InputError for a model without that layer and head, and for a reaction that is longer than the model's positions, has other numbers of atoms than its
 *   atomic numbers say, or holds tokens outside the vocabulary
 */
export async function evaluateAtomMapping(
  checkpoint: Checkpoint,
  tokenizer: TextTokenizer,
  reactions: readonly MappedReaction[],
  engine: MatmulEngine = floatEngine(linearSites(checkpoint)),
  progress?: (done: number) => void,
): Promise<AtomMappingResult> {
  if (checkpoint.layers.length <= mappingLayer || checkpoint.config.heads <= mappingHead) {
    throw new InputError(
      `${checkpoint.path}: the mapping is read from layer ${mappingLayer}, head ${mappingHead} (from 0), but the model has ${checkpoint.layers.length} layers of ${checkpoint.config.heads} heads; give RXNMapper's.`,
    );
  }
  // Nothing after the layer of interest can matter.
  const upToMapping: Checkpoint = {
    ...checkpoint,
    layers: checkpoint.layers.slice(0, mappingLayer + 1),
    head: { kind: 'none' },
  };
  const total = { reactions: 0, rightReactions: 0, atoms: 0, rightAtoms: 0 };
  for (let at = 0; at < reactions.length; at += batchSize) {
    const part = reactions.slice(at, at + batchSize);
    const batch = packBatch(
      checkpoint.config,
      part.map(({ rxn }) => tokenizer.encode(rxn)),
    );
    let attention: Matrix | undefined;
    await encode(upToMapping, batch, engine, {
      observer: {
        product({ operation, site, operands }) {
          // The context product's first operand is what softmax made of the scores: the attention.
          const wanted = site.layer === mappingLayer && site.role === `attention-${mappingHead}`;
          if (wanted && operation === 'context') attention = operands[0];
        },
      },
    });
    part.forEach((reaction, i) => {
      const first = batch.tokens.starts[i]!;
      const ids = batch.ids.subarray(first, batch.tokens.starts[i + 1]);
      const { atoms, right } = judge(reaction, attention!, first, smilesTokens(tokenizer, ids));
      total.reactions++;
      total.atoms += atoms;
      total.rightAtoms += right;
      if (right === atoms) total.rightReactions++;
    });
    progress?.(at + part.length);
  }
  return {
    ...total,
    reactionAccuracy: total.rightReactions / total.reactions,
    atomAccuracy: total.rightAtoms / total.atoms,
  };
}

/** The tokens of a sequence that stand for text, each with its place. */
function smilesTokens(tokenizer: TextTokenizer, ids: Uint32Array): (readonly [number, string])[] {
  return Array.from(ids, (id, place) => ({ id, place }))
    .filter(({ id }) => !tokenizer.specialIds.has(id))
    .map(({ id, place }) => [place, tokenizer.token(id)!]);
}

/** How many atoms of a reaction are known, and how many of them the attention maps right. */
function judge(
  reaction: MappedReaction,
  attention: Matrix,
  firstRow: number,
  tokens: readonly (readonly [number, string])[],
): { atoms: number; right: number } {
  const { reactants, products } = readReaction(tokens);
  const { rxn, gold, rcls, rz, pz } = reaction;
  if (products.places.length !== pz.length || reactants.places.length !== rz.length) {
    throw new InputError(
      `${rxn}: ${reactants.places.length} reactant and ${products.places.length} product atoms are read, but atomic numbers are given for ${rz.length} and ${pz.length}; write hydrogens as the data set does.`,
    );
  }
  const affinity = affinityOf(attention, firstRow, reaction, products, reactants);
  const mapping = mapAtoms(affinity, products.neighbours, reactants.neighbours);
  const known = gold.flatMap((atom, p) => (atom < 0 ? [] : [p]));
  const right = known.filter((p) => mapping[p]! >= 0 && rcls[mapping[p]!] === rcls[gold[p]!]);
  return { atoms: known.length, right: right.length };
}

/**
 * Reads one JSON object per line.
 *
 * @throws InputError naming file and line for what is no such object
 */
export function readReactions(path: string, limit = Infinity): readonly MappedReaction[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}); give a file with a JSON object per line.`,
    );
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(0, limit).map((line, i) => {
    try {
      return mappedReaction.parse(JSON.parse(line));
    } catch {
      throw new InputError(
        `${path}:${i + 1}: is no JSON object with rxn (text), gold, rcls, rz and pz (lists of whole numbers); correct the line.`,
      );
    }
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      model: { type: 'string' },
      data: { type: 'string' },
      engine: { type: 'string', default: 'float' },
      limit: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  if (!values.model || !values.data) {
    throw new InputError(
      'give the folder of the model with --model and the reactions with --data.',
    );
  }
  const limit = Number(values.limit ?? Infinity);
  if (!(limit >= 1)) {
    throw new InputError(`--limit is ${values.limit}, allowed are whole numbers from 1 on.`);
  }
  const { engine: kind } = values;
  if (kind !== 'float' && kind !== 'exact') {
    throw new InputError(`--engine is ${kind}, allowed are float and exact.`);
  }
  const { quantized } = openModel(values.model);
  if (kind === 'exact' && !quantized) {
    throw new InputError(
      `--engine exact: ${values.model} is in floating point; give a folder that systole quantize wrote.`,
    );
  }
  const reactions = readReactions(values.data, limit);
  const { checkpoint, engine } = openEngine(
    { model: values.model, ...(quantized && { quantized }), engine: { kind } },
    { method: findMethod, design: (name) => findDesign(name).design },
  );
  const result = await evaluateAtomMapping(
    checkpoint,
    loadTokenizer(values.model),
    reactions,
    engine,
    (done) => process.stderr.write(`\r${done} of ${reactions.length} reactions`),
  );
  process.stderr.write('\n');
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  console.log(
    values.json
      ? JSON.stringify(result)
      : `reactions ${result.rightReactions} of ${result.reactions} (${percent(result.reactionAccuracy)}), ` +
          `atoms ${result.rightAtoms} of ${result.atoms} (${percent(result.atomAccuracy)})`,
  );
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
