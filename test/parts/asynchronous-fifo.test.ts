/** The asynchronous FIFO: order and number of beats, under clocks that fire in any order. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { elaborate, uint } from '../../src/hdl/index.ts';
import { verifyProgram } from '../../src/ir/index.ts';
import { rng as createRng } from '../../src/numeric/index.ts';
import { asynchronousFifo } from '../../src/parts/index.ts';
import { createReference, createSimulator } from '../../src/simulator/index.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { lint, missingTools } from '../verilog/lint.ts';

const build = (depth: number, width: number, stages?: number) =>
  elaborate(
    ...asynchronousFifo({
      fields: { word: uint(width) },
      depth,
      ...(stages === undefined ? {} : { stages }),
    }),
  );

/** How often each clock fires, of 10, and how eager both sides are. */
const paces = [
  { write: 5, read: 5, push: 5, pop: 5 },
  { write: 9, read: 2, push: 9, pop: 9 },
  { write: 2, read: 9, push: 9, pop: 9 },
  { write: 9, read: 9, push: 10, pop: 10 },
  { write: 7, read: 7, push: 9, pop: 2 },
  { write: 7, read: 7, push: 2, pop: 9 },
] as const;

/** Pushes 0, 1, 2, ... in random order of edges; gives what came out, and how it went. */
function transfer(
  create: typeof createReference,
  depth: number,
  pace: (typeof paces)[number],
  seed: number,
  edges: number,
): { readonly popped: number[]; readonly pushed: number; readonly most: number } {
  const rng = createRng(seed);
  const simulator = create(build(depth, 16, 2 + (seed % 2)), { seed });
  for (const reset of [0, 1]) {
    simulator.poke('write_resetn', reset);
    simulator.poke('read_resetn', reset);
    if (reset === 0) simulator.run(2);
  }
  const popped: number[] = [];
  let pushed = 0;
  let most = 0;
  for (let edge = 0; edge < edges; edge++) {
    const names = (['write', 'read'] as const).filter((name) => rng.below(10) < pace[name]);
    simulator.poke('push_valid', rng.below(10) < pace.push ? 1 : 0);
    simulator.poke('push_word', pushed);
    simulator.poke('pop_ready', rng.below(10) < pace.pop ? 1 : 0);
    const fires = (name: 'push' | 'pop') =>
      simulator.peek(`${name}_valid`) === 1n && simulator.peek(`${name}_ready`) === 1n;
    if (names.includes('read') && fires('pop')) popped.push(Number(simulator.peek('pop_word')));
    if (names.includes('write') && fires('push')) pushed += 1;
    most = Math.max(most, pushed - popped.length);
    simulator.settle();
    simulator.tick(names);
  }
  return { popped, pushed, most };
}

describe('the asynchronous FIFO', () => {
  it.each(paces.map((pace, index) => [index, pace] as const))(
    'keeps every beat in order, at pace %i',
    (index, pace) => {
      for (const depth of [2, 4, 16]) {
        const seed = 100 * depth + index;
        const { popped, pushed, most } = transfer(createSimulator, depth, pace, seed, 1500);
        expect(popped, `seed ${seed}`).toEqual(popped.map((_, position) => position));
        expect(pushed - popped.length).toBeLessThanOrEqual(depth + 1);
        expect(popped.length, `seed ${seed}`).toBeGreaterThan(100);
        // It fills up where the reader is slower.
        if (pace.read < pace.write || pace.pop < pace.push) expect(most).toBe(depth + 1);
      }
    },
  );

  it('goes the same way in the reference', () => {
    const [pace] = paces;
    expect(transfer(createReference, 4, pace, 7, 150)).toEqual(
      transfer(createSimulator, 4, pace, 7, 150),
    );
  });

  it('moves a beat in every cycle of one clock for both sides', () => {
    const both = { write: 10, read: 10, push: 10, pop: 10 } as const;
    const { popped } = transfer(createSimulator, 16, both as never, 2, 200);
    expect(popped.length).toBeGreaterThan(190);
  });

  it('refuses depths that Gray code does not fit', () => {
    expect(() => asynchronousFifo({ fields: { word: uint(8) }, depth: 6 })).toThrow(
      'an asynchronous FIFO has a power of two of words, not 6: use 2, 4, 8, ...',
    );
    expect(() => build(4, 8, 1)).toThrow('a synchronizer has 2 stages or more, not 1');
  });
});

/**
 * Steps of the proof, of which the first 6 are in reset; an edge of a clock takes two. 34 steps take
 * about a minute.
 */
const steps = process.env['SYSTOLE_REGRESS'] === '1' ? 34 : 26;

/**
 * Both clocks are free. Words are numbered modulo 8 as they enter (an assumption) and must leave in
 * that order (the assertion): a beat that is lost, doubled or overtaken would be up to 7 off.
 */
const harness = `
module harness (
  input wire write_clk, input wire read_clk, input wire resetn,
  input wire push_valid, input wire pop_ready
);
  wire push_ready, pop_valid;
  wire [2:0] pop_word;
  reg [2:0] pushed;
  reg [2:0] popped;
  asynchronous_fifo_2x3 dut (
    .write_clk(write_clk), .write_resetn(resetn), .read_clk(read_clk), .read_resetn(resetn),
    .push_valid(push_valid), .push_ready(push_ready), .push_word(pushed),
    .pop_valid(pop_valid), .pop_ready(pop_ready), .pop_word(pop_word)
  );
  always @(posedge write_clk)
    if (!resetn) pushed <= 0; else if (push_valid && push_ready) pushed <= pushed + 1;
  always @(posedge read_clk)
    if (!resetn) popped <= 0; else if (pop_valid && pop_ready) popped <= popped + 1;
  wire [2:0] stored = pushed - popped;
  always @* if (resetn) begin
    assert (!pop_valid || pop_word == popped);
    assert (stored <= 3);
  end
endmodule
`;

/** Whether the harness holds within the bound, with `edit` applied to the Verilog of the FIFO. */
function holds(edit: (text: string) => string = (text) => text): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'systole-formal-'));
  try {
    const files = emitVerilog(build(2, 3));
    files.forEach(({ name, text }) => writeFileSync(join(folder, name), edit(text)));
    writeFileSync(join(folder, 'harness.v'), harness);
    // Three edges of both clocks in reset; then anything.
    const reset = [1, 2, 3, 4, 5, 6].map(
      (step) =>
        `-set-at ${step} resetn 0 -set-at ${step} write_clk ${step % 2 ? 0 : 1} -set-at ${step} read_clk ${step % 2 ? 0 : 1}`,
    );
    const free = Array.from({ length: steps - 6 }, (_, index) => `-set-at ${index + 7} resetn 1`);
    const script = [
      `read_verilog -formal ${[...files.map(({ name }) => name), 'harness.v'].join(' ')}`,
      'prep -top harness -flatten',
      'memory_map',
      'clk2fflogic',
      'opt -fast',
      'opt_clean',
      `sat -tempinduct-baseonly -maxsteps ${steps} -prove-asserts ${[...reset, ...free].join(' ')}`,
    ].join('\n');
    writeFileSync(join(folder, 'prove.ys'), `${script}\n`);
    const said = execFileSync('yosys', ['prove.ys'], { cwd: folder, encoding: 'utf8' });
    expect(said).toMatch(
      /proved base case for \d+ steps: SUCCESS!|model found for base case: FAIL!/,
    );
    return /: SUCCESS!/.test(said);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(missingTools.length > 0)('the Verilog of the asynchronous FIFO', () => {
  it('is clean', () => {
    for (const program of [build(2, 1), build(8, 13, 3)]) {
      expect(verifyProgram(program)).toEqual([]);
      expect(lint(emitVerilog(program), program.top)).toBe('');
    }
  });

  it(
    `loses, doubles and reorders nothing within ${steps} steps of free clocks`,
    { timeout: 200_000 },
    () => {
      expect(holds()).toBe(true);
    },
  );

  it('fails that proof with a fault put in', () => {
    // Full is looked for where only the highest bit of the Gray code differs.
    const broken = (text: string) => text.replace('~head_seen;', '{~head_seen[1], head_seen[0]};');
    const { text } = emitVerilog(build(2, 3))[0]!;
    expect(broken(text)).not.toBe(text);
    expect(holds(broken)).toBe(false);
  });
});
