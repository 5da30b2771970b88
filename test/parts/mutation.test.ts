import { describe, expect, it } from 'vitest';
import { bit, sint, uint, vec } from '../../src/hdl/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { mutationsOf } from '../ir/mutations.ts';
import {
  downsizerCase,
  fifoCase,
  forkCase,
  joinCase,
  mapCase,
  priorityCase,
  registerSliceCase,
  roundRobinCase,
  upsizerCase,
} from './cases.ts';
import type { PartCase } from './cases.ts';
import { runCase } from './run-case.ts';

const seeds = [11, 12, 13, 14, 15];

/** Whether a faulty program is found out by the runs that the right one passes. */
async function killed(part: PartCase, program: Program): Promise<boolean> {
  for (const seed of seeds) {
    try {
      await runCase(part, seed, program);
    } catch {
      return true;
    }
  }
  return false;
}

const fields = { tag: uint(2), value: sint(5), lanes: vec(bit(), 2) };
const three = ['left', 'middle', 'right'];

/** Parts, at two points where a power of two makes another circuit. */
const parts = [
  fifoCase(fields, 3),
  fifoCase(fields, 4),
  registerSliceCase(fields),
  forkCase(fields, three),
  roundRobinCase(fields, three),
  priorityCase(fields, three),
  upsizerCase(sint(3), 3),
  upsizerCase(uint(3), 4),
  downsizerCase(sint(3), 3),
  downsizerCase(uint(3), 4),
  mapCase(),
  joinCase(),
];

/** Faults that change nothing that can be seen, with the reason. */
const harmless: Readonly<Record<string, string>> = {
  'round_robin_arbiter_3x9: later resets to another value':
    'after reset the first stream is preferred, which it is anyway when none is',
  'round_robin_arbiter_3x9: unary is stuck at 0':
    'the assumption is reached always, and its negation is 0',
  'priority_arbiter_3x9: unary is stuck at 0': 'as above',
};

describe('every small fault that matters is found', () => {
  it.each(parts)('in $name', async (part) => {
    expect(await killed(part, part.program)).toBe(false);
    const alive: string[] = [];
    const mutations = mutationsOf(part.program);
    for (const { what, program } of mutations) {
      if (!(await killed(part, program))) alive.push(what.replace(/node \d+ /, ''));
    }
    console.log(`${part.name}: ${mutations.length - alive.length} of ${mutations.length} killed`);
    const expected = Object.keys(harmless).filter((what) =>
      what.startsWith(`${part.program.top}:`),
    );
    expect(alive.sort()).toEqual(expected.sort());
  });
});
