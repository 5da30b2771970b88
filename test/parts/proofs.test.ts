import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  assertAlways,
  bit,
  defineModule,
  elaborate,
  input,
  output,
  reg,
  sint,
  uint,
  vec,
  when,
} from '../../src/hdl/index.ts';
import { operandsOf } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { writeSources } from '../../src/testbench/verilog-source.ts';
import { yosys, yosysProve } from '../../src/tools/index.ts';
import type { Proof } from '../../src/tools/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { mutationsOf } from '../ir/mutations.ts';
import { available } from '../tools/available.ts';
import { fifoToProve, registerSliceToProve } from './proofs.ts';

async function prove(program: Program, maxSteps?: number): Promise<Proof> {
  const folder = await mkdtemp(join(tmpdir(), 'systole-proof-'));
  try {
    const files = await writeSources(folder, emitVerilog(program));
    return await yosysProve(files, {
      top: program.top,
      reset: 'resetn',
      ...(maxSteps === undefined ? {} : { maxSteps }),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Nodes that the outputs depend on, at once or later: the hardware without what watches it. */
function hardwareOf({ modules }: Program): ReadonlySet<number> {
  const { nodes, ports, memories } = modules.at(-1)!;
  const found = new Set<number>();
  const waiting = ports.flatMap(({ value }) => value ?? []);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    const node = nodes[id]!;
    waiting.push(...operandsOf(node));
    if (node.kind === 'register') waiting.push(node.next);
    if (node.kind !== 'read') continue;
    const { reads, writes } = memories[node.memory]!;
    waiting.push(reads[node.port]!.address);
    for (const { address, data, enable } of writes) waiting.push(address, data, enable);
  }
  return found;
}

/** Faults of the hardware that Yosys does not refute with a run that shows them. */
async function survivors(program: Program): Promise<string[]> {
  const hardware = hardwareOf(program);
  const alive: string[] = [];
  let tried = 0;
  for (const { what, program: faulty } of mutationsOf(program)) {
    if (!hardware.has(Number(/: node (\d+) /.exec(what)![1]))) continue;
    tried += 1;
    const { kind } = await prove(faulty, 12);
    if (kind !== 'refuted') alive.push(`${what}: ${kind}`);
  }
  console.log(`${program.top}: ${tried - alive.length} of ${tried} faults refuted`);
  return alive;
}

/** Counts 0, 1, 2 and starts again; never 3, which takes induction over two cycles to see. */
const lap = defineModule('lap', { doc: 'Counts to 2' }, (p: { top: number; step: boolean }) => ({
  ports: { go: input(bit()), count: output(uint(3)) },
  body({ go, count }) {
    const place = reg(uint(3), { init: 0 });
    when(go, () => {
      when(place.eq(2), () => place.set(0)).otherwise(() => place.set(place.addWrap(1)));
    });
    count.set(place);
    assertAlways('below', p.step ? place.ne(p.top) : place.lt(p.top), 'counts too far');
    return { place };
  },
}));

const fields = { tag: uint(2), value: sint(3), flags: vec(bit(), 2) };

describe.skipIf(!(await available(yosys)))('proofs', () => {
  it('come out as they should for a counter', async () => {
    expect(await prove(elaborate(lap, { top: 3, step: false }))).toMatchObject({ kind: 'proven' });
    const wrong = await prove(elaborate(lap, { top: 2, step: false }));
    expect(wrong).toMatchObject({ kind: 'refuted' });
    expect(wrong.kind === 'refuted' && wrong.trace).toMatch(/\\resetn/);
    // From 3 it would reach 6 in the end: true of all reachable states, but not by induction.
    const hard = await prove(elaborate(lap, { top: 6, step: true }), 3);
    expect(hard).toEqual({ kind: 'bounded', steps: 3 });
  });

  it.each([2, 3, 4, 5, 7, 8])(
    'of a FIFO of %i: no overflow, no loss, order kept, beats stable, by induction',
    async (depth) => {
      expect(await prove(fifoToProve(fields, depth))).toEqual({ kind: 'proven', steps: 2 });
    },
  );

  it.each([fields, { value: uint(1) }, { value: uint(40) }])(
    'of a register slice for %o: the same, by induction',
    async (carried) => {
      expect(await prove(registerSliceToProve(carried))).toEqual({ kind: 'proven', steps: 2 });
    },
  );

  it('of a FIFO find every fault', async () => {
    expect(await survivors(fifoToProve(fields, 3))).toEqual([]);
    expect(await survivors(fifoToProve(fields, 4))).toEqual([]);
  });

  it('of a register slice find every fault', async () => {
    expect(await survivors(registerSliceToProve(fields))).toEqual([]);
  });
});
