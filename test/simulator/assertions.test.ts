/** An assertion that fails points at the line of its author, whatever runs the design. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import {
  assertAlways,
  connect,
  defineModule,
  elaborate,
  fires,
  input,
  instanceArray,
  output,
  reg,
  stream,
  uint,
  when,
} from '../../src/hdl/index.ts';
import { createReference, createSimulator } from '../../src/simulator/index.ts';
import type { CheckFailure } from '../../src/simulator/index.ts';
import { noStalls } from '../../src/testbench/job.ts';
import type { Job, Session } from '../../src/testbench/job.ts';
import type { Design } from '../../src/testbench/design.ts';
import { openSession } from '../../src/testbench/open-session.ts';
import { compiler, icarus, verilator } from '../../src/tools/index.ts';
import { available } from '../tools/available.ts';

const counted = defineModule('counted', { doc: 'Counts what passes' }, () => ({
  ports: { step: input(uint(1)), total: output(uint(4)) },
  body({ step, total }) {
    const count = reg(uint(4), { init: 0 });
    count.set(count.accumulate(step));
    assertAlways('few', count.lt(3), 'at most 2 beats pass'); // <- points here
    total.set(count);
    return { count };
  },
}));

/** Hands beats on, and counts them in each element of an array. */
const program = () =>
  elaborate(
    defineModule('watched', { doc: 'Watched stream' }, () => ({
      ports: { from: input(stream({ value: uint(8) })), to: output(stream({ value: uint(8) })) },
      body({ from, to }) {
        connect(from, to);
        const counters = instanceArray(counted, undefined, [2]);
        const step = fires(from);
        counters.step.broadcast(step.asUnsigned());
        const most = reg(uint(4), { init: 0 });
        when(step, () => most.set(counters.total.at(1)));
        return { counters, most };
      },
    })),
    undefined,
  );

const line =
  readFileSync(new URL(import.meta.url), 'utf8')
    .split('\n')
    .findIndex((text) => text.endsWith('// <- points here')) + 1;

const design: Design = {
  name: 'watched',
  summary: '',
  parameters: {},
  rtl: program,
  golden: () => {
    throw new Error('not asked for');
  },
  manual: () => ({ operation: [], timing: [] }),
  randomJob: () => job(1),
};

const job = (beats: number): Job => ({
  writes: [],
  inputs: { from: Uint8Array.from({ length: beats }, (_, index) => index) },
  expect: { to: beats },
  stalls: noStalls,
  maxCycles: 40,
});

describe.each([
  ['compiled', createSimulator],
  ['reference', createReference],
])('the %s simulator', (_, create) => {
  it('reports path, message, line and cycle', () => {
    const failures: CheckFailure[] = [];
    const simulator = create(program(), { onFailure: (failure) => failures.push(failure) });
    simulator.run(2);
    for (const name of ['resetn', 'from_valid', 'to_ready']) simulator.poke(name, 1);
    simulator.run(4);
    // Three beats pass in cycles 2, 3 and 4; the count is 3 in cycle 5.
    expect(failures.sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
      [0, 1].map((element) => ({
        path: `u_counters[${element}].few`,
        message: 'at most 2 beats pass',
        location: `test/simulator/assertions.test.ts:${line}`,
        cycle: 5,
      })),
    );
  });

  it('throws a message with the line by default', () => {
    const simulator = create(program());
    for (const name of ['resetn', 'from_valid', 'to_ready']) simulator.poke(name, 1);
    expect(() => simulator.run(40)).toThrow(
      `at most 2 beats pass (test/simulator/assertions.test.ts:${line}).`,
    );
  });
});

const engines = [
  'simulator' as const,
  ...((await available(icarus)) ? ['icarus' as const] : []),
  ...((await available(verilator, compiler)) ? ['verilator' as const] : []),
];
const sessions: Session[] = [];
afterAll(async () => {
  for (const session of sessions) await session.close();
});

it.each(engines)('a job in %s that breaks an assertion is ended with its line', async (engine) => {
  const session = await openSession(engine, design, {});
  sessions.push(session);
  const [outcome] = await session.run([job(2)]);
  expect(outcome!.outputs).toEqual({ to: Uint8Array.of(0, 1) });
  await expect(session.run([job(4)])).rejects.toThrow(
    new RegExp(`few.*at most 2 beats pass.*assertions\\.test\\.ts:${line}\\b`, 's'),
  );
});
