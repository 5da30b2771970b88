import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  evaluateAtomMapping,
  mapAtoms,
  readReaction,
  readReactions,
} from '../../examples/atom-mapping.ts';
import { InputError } from '../../src/numeric/index.ts';
import { matrix } from '../../src/tensor/index.ts';
import { loadCheckpoint, loadTokenizer, smilesRule } from '../../src/transformer/index.ts';
import { dataFolder, messageOf, temporaryFolder, tinyNli } from '../transformer/fixtures.ts';

const script = join(import.meta.dirname, '../../examples/atom-mapping.ts');

const read = (smiles: string) => {
  const tokens = smiles.match(new RegExp(smilesRule.pattern, 'gu'))!;
  return readReaction(tokens.map((token, i): [number, string] => [i + 1, token]));
};
/** Bonds as pairs, each once. */
const bonds = (neighbours: readonly (readonly number[])[]): string[] =>
  neighbours.flatMap((of, a) => of.filter((b) => a < b).map((b) => `${a}-${b}`)).sort();

describe('a reaction', () => {
  it('binds atoms along chains, branches and rings, and not across dots and the arrow', () => {
    const { reactants, products } = read('CC(=O)Cl.N>>C%12C[nH]%12');
    expect(bonds(reactants.neighbours)).toEqual(['0-1', '1-2', '1-3']);
    expect(reactants.neighbours[4]).toEqual([]);
    expect(reactants.places).toEqual([1, 2, 5, 7, 9]);
    expect(products.places).toEqual([11, 13, 14]);
    expect(bonds(products.neighbours)).toEqual(['0-1', '0-2', '1-2']);
  });

  it('knows rings that share atoms and numbers that are used again', () => {
    // Naphthalene, then two separate rings with the same number.
    expect(bonds(read('c1ccc2ccccc2c1>>C').reactants.neighbours)).toEqual(
      ['0-1', '1-2', '2-3', '3-4', '4-5', '5-6', '6-7', '7-8', '3-8', '8-9', '0-9'].sort(),
    );
    expect(bonds(read('C1CC1C1CC1>>C').reactants.neighbours)).toEqual(
      ['0-1', '1-2', '0-2', '2-3', '3-4', '4-5', '3-5'].sort(),
    );
    expect(bonds(read('C(N(C)C)(F)*>>C').reactants.neighbours)).toEqual(
      ['0-1', '1-2', '1-3', '0-4', '0-5'].sort(),
    );
  });

  it('needs an arrow', () => {
    expect(() => read('CC')).toThrow(InputError);
  });
});

describe('mapAtoms', () => {
  it('takes the surest first, then favours its neighbours', () => {
    // Product 1 is sure of reactant 0. Product 0 leans to reactant 2, but only 1 is bound to 0.
    const affinity = matrix(2, 3, Float32Array.of(0, 0.1, 0.9, 0.98, 0.01, 0.01));
    const chain = [[1], [0]];
    expect(mapAtoms(affinity, chain, [[1], [0], []])).toEqual([1, 0]);
    expect(mapAtoms(affinity, [[], []], [[1], [0], []])).toEqual([2, 0]);
  });

  it('compares shares of a row, not what is in it, and leaves atoms without a partner alone', () => {
    const affinity = matrix(3, 2, Float32Array.of(5, 5, 0.001, 0, 0, 0));
    expect(mapAtoms(affinity, [[], [], []], [[], []])).toEqual([1, 0, -1]);
  });
});

describe('readReactions', () => {
  it('refuses lines of another kind, by number', () => {
    const folder = temporaryFolder();
    const path = join(folder, 'rows.jsonl');
    writeFileSync(path, '{"rxn":"C>>C","gold":[0],"rcls":[0],"rz":[6],"pz":[6]}\n{"rxn":"C>>C"}\n');
    expect(readReactions(path, 1)).toEqual([
      { rxn: 'C>>C', gold: [0], rcls: [0], rz: [6], pz: [6] },
    ]);
    expect(messageOf(folder, () => readReactions(path))).toBe(
      '<folder>/rows.jsonl:2: is no JSON object with rxn (text), gold, rcls, rz and pz (lists of whole numbers); correct the line.',
    );
    rmSync(folder, { recursive: true });
  });
});

const albert = dataFolder('rxnmapper-albert');
const golden = dataFolder('golden-aam');

it('needs the layer and the head that follow atoms', async () => {
  await expect(
    evaluateAtomMapping(loadCheckpoint(tinyNli), loadTokenizer(tinyNli), []),
  ).rejects.toThrow(
    'the mapping is read from layer 10, head 5 (from 0), but the model has 4 layers of 2 heads',
  );
});

it('computes exactly with quantized models alone', () => {
  const given = ['--model', tinyNli, '--data', join(import.meta.dirname, 'absent.jsonl')];
  const run = (...more: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', script, ...given, ...more], {
      encoding: 'utf8',
    });
  const { status, stderr } = run('--engine', 'exact');
  expect(stderr).toBe(
    `--engine exact: ${tinyNli} is in floating point; give a folder that systole quantize wrote.\n`,
  );
  expect(status).toBe(2);
});

describe.skipIf(!albert || !golden)('the attention of RXNMapper', () => {
  it('maps most reactions as people do', async () => {
    const reactions = readReactions(join(golden!, 'golden_eval.jsonl'), 48).slice(16);
    const result = await evaluateAtomMapping(
      loadCheckpoint(albert!),
      loadTokenizer(albert!),
      reactions,
    );
    console.log(JSON.stringify(result));
    expect(result.reactions).toBe(32);
    expect(result.atoms).toBe(reactions.flatMap(({ gold }) => gold.filter((a) => a >= 0)).length);
    // The full half of the set gives 0.84 and 0.97.
    expect(result.reactionAccuracy).toBeGreaterThan(0.75);
    expect(result.atomAccuracy).toBeGreaterThan(0.95);
  });

  it('is refused for reactions whose atoms are counted in another way', async () => {
    const [reaction] = readReactions(join(golden!, 'golden_eval.jsonl'), 1);
    const wrong = { ...reaction!, pz: reaction!.pz.slice(1) };
    await expect(
      evaluateAtomMapping(loadCheckpoint(albert!), loadTokenizer(albert!), [wrong]),
    ).rejects.toThrow(/34 reactant and 33 product atoms are read, but .* for 34 and 32/);
  });
});
