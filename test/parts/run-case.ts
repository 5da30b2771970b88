import { expect } from 'vitest';
import type { Program } from '../../src/ir/index.ts';
import { rng } from '../../src/numeric/index.ts';
import type { Rng } from '../../src/numeric/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import type { CheckFailure } from '../../src/simulator/index.ts';
import { layoutOf, noStalls } from '../../src/testbench/index.ts';
import type { Job, Stalls, StreamLayout } from '../../src/testbench/index.ts';
import { simulatorSession } from '../../src/testbench/simulator-session.ts';
import type { BeatLists, PartCase } from './cases.ts';
import { brokenPromises, observer, tracing } from './trace.ts';
import type { Cycle } from './trace.ts';

const toBytes = (beats: readonly bigint[], { beatBytes }: StreamLayout): Uint8Array =>
  Uint8Array.from(
    beats.flatMap((beat) =>
      Array.from({ length: beatBytes }, (_, i) => Number((beat >> BigInt(8 * i)) & 255n)),
    ),
  );

const toBeats = (bytes: Uint8Array, { beatBytes }: StreamLayout): bigint[] =>
  Array.from({ length: bytes.length / beatBytes }, (_, beat) =>
    bytes
      .subarray(beat * beatBytes, (beat + 1) * beatBytes)
      .reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n),
  );

/** The even stalls, a slow sink, a slow source. */
export const profiles: readonly Omit<Stalls, 'seed'>[] = [
  { source: 90, sink: 90 },
  { source: 0, sink: 200 },
  { source: 200, sink: 20 },
];

/** A job of random beats for a case, and these beats. */
export function randomJob(
  part: PartCase,
  random: Rng,
  stalls: Stalls,
): { readonly inputs: BeatLists; readonly job: Job } {
  const { streams } = layoutOf(part.program);
  const inputs = part.inputs(random);
  const total = Object.values(inputs).reduce((sum, beats) => sum + beats.length, 0);
  const bytes = streams.flatMap((stream): [string, Uint8Array][] =>
    stream.direction === 'input' ? [[stream.name, toBytes(inputs[stream.name]!, stream)]] : [],
  );
  const job: Job = {
    writes: [],
    inputs: Object.fromEntries(bytes),
    expect: part.counts(inputs),
    stalls,
    maxCycles: 200 + 100 * total,
  };
  return { inputs, job };
}

/** Throws where an output offers nothing until somebody is ready: two such parts wait for ever. */
function checkOffers(part: PartCase, seed: number, program: Program): void {
  const { streams } = layoutOf(program);
  const inputs = part.inputs(rng(seed));
  const simulator = createSimulator(program, { seed });
  const look = observer(program, simulator);
  simulator.run(2);
  simulator.poke('resetn', 1);
  for (const { name, valid, fields } of streams.filter(({ direction }) => direction === 'input')) {
    simulator.poke(valid, 1);
    for (const { port, offset, width } of fields) {
      const bits = BigInt.asUintN(width, inputs[name]![0]! >> BigInt(offset));
      simulator.poke(port, bits);
    }
  }
  simulator.run(30);
  simulator.settle();
  const silent = streams.filter(({ name }) => !look()[name]!.valid);
  expect(silent.map(({ name }) => name)).toEqual([]);
}

/** Throws where the checks of a part do not tell who keeps to its contract. */
function checkContracts({ contracts = [] }: PartCase, seed: number, program: Program): void {
  for (const { drive, broken } of contracts) {
    const failures = new Set<string>();
    const onFailure = ({ path }: CheckFailure): unknown => failures.add(path);
    const simulator = createSimulator(program, { seed, onFailure });
    simulator.run(2);
    for (const pins of [{ resetn: 1 }, ...drive]) {
      for (const [port, value] of Object.entries(pins)) simulator.poke(port, value);
      simulator.run();
    }
    expect(failures.size, JSON.stringify(drive)).toBe(broken ? 1 : 0);
  }
}

/**
 * Runs a case in the embedded simulator, first without stalls and with its cycles counted, then with
 * stalls on every stream, and throws where anything is wrong. `program` may be a faulty variant.
 */
export async function runCase(
  part: PartCase,
  seed: number,
  program: Program = part.program,
): Promise<void> {
  const layout = layoutOf(program);
  const random = rng(seed);
  const outputs = layout.streams.filter((stream) => stream.direction === 'output');
  checkOffers(part, seed, program);
  checkContracts(part, seed, program);
  const trace: Cycle[] = [];
  const session = simulatorSession(tracing(trace), program, layout, seed);
  for (const stalls of [noStalls, ...profiles.map((profile) => ({ ...profile, seed }))]) {
    const { inputs, job } = randomJob(part, random, stalls);
    const [outcome] = await session.run([job]);
    expect(brokenPromises(layout, trace)).toEqual([]);
    const beats = outputs.map((stream): [string, bigint[]] => [
      stream.name,
      toBeats(outcome!.outputs[stream.name]!, stream),
    ]);
    part.check(inputs, Object.fromEntries(beats), trace);
    if (stalls !== noStalls) continue;
    const lastOut = trace.findLastIndex((cycle) =>
      outputs.some(({ name }) => cycle[name]!.valid && cycle[name]!.ready),
    );
    expect(lastOut + 1).toBe(part.cycles(inputs));
  }
}
