import { readFile } from 'node:fs/promises';
import type { Port, Program, Stream } from '../../src/ir/index.ts';
import type { Rng } from '../../src/numeric/index.ts';
import { packBeats } from '../../src/testbench/beats.ts';
import type { Job, Outcome } from '../../src/testbench/job.ts';
import { noStalls } from '../../src/testbench/job.ts';
import type { VerilogSource } from '../../src/testbench/verilog-source.ts';

/**
 * The outside of `rtl/pair_sum.v`, as the testbench sees it: sums of pairs from two streams, plus an
 * offset that is configured. Inside there is just a register, so that it counts as clocked.
 */
const streams: Stream[] = [
  stream('setup', 'input', { address: 2, data: 12 }),
  stream('a', 'input', { value: 17, last: 1 }),
  stream('b', 'input', { tag: 96, value: 40 }),
  stream('sums', 'output', { value: 41, tag: 96, last: 1 }),
];

function stream(
  name: string,
  direction: Stream['direction'],
  fields: Record<string, number>,
): Stream {
  return {
    name,
    direction,
    valid: `${name}_valid`,
    ready: `${name}_ready`,
    doc: '',
    fields: Object.entries(fields).map(([field, width]) => ({
      name: field,
      port: `${name}_${field}`,
      width,
      signed: false,
    })),
  };
}

function portsOf({ direction, valid, ready, fields }: Stream): Port[] {
  const back = direction === 'input' ? 'output' : 'input';
  const port = (name: string, way: Port['direction'], width: number): Port => ({
    name,
    direction: way,
    width,
    signed: false,
    doc: '',
  });
  return [
    port(valid, direction, 1),
    port(ready, back, 1),
    ...fields.map((field) => port(field.port, direction, field.width)),
  ];
}

export const pairSum: Program = {
  top: 'pair_sum',
  modules: [
    {
      name: 'pair_sum',
      doc: 'Sums of pairs',
      parameters: [],
      ports: streams.flatMap(portsOf),
      streams,
      domains: [{ name: 'main', clock: 'clk', reset: 'resetn' }],
      nodes: [{ kind: 'register', width: 1, next: 0, init: '0', domain: 0 }],
      memories: [],
      instances: [],
      checks: [],
    },
  ],
};

export async function pairSumVerilog(): Promise<VerilogSource[]> {
  const text = await readFile(new URL('rtl/pair_sum.v', import.meta.url), 'utf8');
  const [domain] = pairSum.modules[0]!.domains;
  return [{ name: 'pair_sum.v', text, domains: [{ domain: domain!, clock: true, reset: true }] }];
}

export interface Pairs {
  readonly offset: number;
  readonly a: readonly number[];
  readonly b: readonly number[];
}

const tagWidths = [32, 32, 32] as const;
const tagsOf = (count: number): number[][] =>
  tagWidths.map((_, word) =>
    Array.from({ length: count }, (__, i) => (0x9e3779b9 * (i + 1) + word) % 2 ** 32),
  );

/** A job that adds the pairs; each beat of `b` has a tag of its own. */
export function pairJob(pairs: Pairs, change: Partial<Job> = {}): Job {
  const { a, b } = pairs;
  return {
    writes: [[1, pairs.offset]],
    inputs: {
      a: packBeats([17, 1], [a, a.map((_, i) => (i === a.length - 1 ? 1 : 0))]),
      b: packBeats([...tagWidths, 40], [...tagsOf(b.length), b]),
    },
    expect: { sums: Math.min(a.length, b.length) },
    stalls: noStalls,
    maxCycles: 100 + 200 * a.length,
    ...change,
  };
}

/** What the job must give, in cycles without stalls: a pair per cycle, one cycle deep. */
export function pairOutcome({ offset, a, b }: Pairs): Outcome {
  const sums = a
    .map((value, i) => offset + value + b[i]!)
    .map((sum) => (sum < 0 ? sum + 2 ** 41 : sum));
  const last = a.map((_, i) => (i === a.length - 1 ? 1 : 0));
  return {
    outputs: { sums: packBeats([41, ...tagWidths, 1], [sums, ...tagsOf(a.length), last]) },
    cycles: a.length + 1,
    counters: {},
  };
}

export function randomPairs(rng: Rng, count: number): Pairs {
  const extremes = [0, -1, -65536, 65535];
  return {
    offset: rng.below(4096),
    a: Array.from({ length: count }, () => extremes[rng.below(8)] ?? rng.below(131072) - 65536),
    b: Array.from(
      { length: count },
      () => [0, 2 ** 40 - 1][rng.below(6)] ?? rng.below(2 ** 32) * 255,
    ),
  };
}
