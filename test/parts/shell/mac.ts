/** A small core and its shell: sums of products of two streams, plus offsets that are configured. */
import {
  bit,
  defineModule,
  elaborate,
  fires,
  input,
  mem,
  output,
  reg,
  sint,
  stream,
  uint,
  when,
} from '../../../src/hdl/index.ts';
import type { Program } from '../../../src/ir/index.ts';
import type { Rng } from '../../../src/numeric/index.ts';
import { shell } from '../../../src/parts/shell/index.ts';
import type { ShellOptions } from '../../../src/parts/shell/index.ts';
import { noStalls, packBeats, unpackBeats } from '../../../src/testbench/index.ts';
import type { Job, Outcome } from '../../../src/testbench/index.ts';

export interface MacParameters {
  /** Whether the results say `last` themselves. */
  readonly marksLast: boolean;
}

/**
 * Multiplies beats of `a` and `b` and adds up until `last` of `a`; the sum of row r leaves with
 * `offsets[r % 4]` and, in `row`, r. A result is held until it has left; then the next pair is taken.
 */
export const mac = defineModule(
  'mac',
  {
    doc: 'Sums of products',
    parameters: { marksLast: 'whether the end of a row is marked' },
    named: (p: MacParameters) => (p.marksLast ? 'mac_last' : 'mac'),
  },
  ({ marksLast }: MacParameters) => ({
    ports: {
      setup: input(stream({ address: uint(2), data: sint(20) }), 'offsets'),
      a: input(stream({ value: sint(12), last: bit() }), 'left operands; last ends a row'),
      b: input(stream({ value: sint(9) }), 'right operands'),
      sums: output(
        stream({ total: sint(34), row: uint(3), ...(marksLast ? { last: bit() } : {}) }),
        'sums',
      ),
      lastRow: input(uint(3), 'row whose sum is the last'),
      pairs: output(uint(16), 'pairs taken since reset'),
      least: output(sint(12), 'last left operand'),
      zeros: output(bit(), 'a pair of zeros is taken'),
    },
    body({ setup, a, b, sums, lastRow, pairs, least, zeros }) {
      const offsets = mem(sint(20), 4);
      // Takes a beat in every third cycle only.
      const beat = reg(uint(2), { init: 0 });
      beat.set(beat.addWrap(1));
      setup.ready.set(beat.eq(2));
      when(fires(setup), () => offsets.write(setup.data.address, setup.data.data));
      const sum = reg(sint(34), { init: 0 });
      const row = reg(uint(3), { init: 0 });
      const full = reg(bit(), { init: 0 });
      const both = a.valid.and(b.valid).and(full.not().or(sums.ready));
      a.ready.set(b.valid.and(full.not().or(sums.ready)));
      b.ready.set(a.valid.and(full.not().or(sums.ready)));
      const total = reg(sint(34));
      const resultRow = reg(uint(3));
      const taken = reg(uint(16), { init: 0 });
      const latest = reg(sint(12), { init: 0 });
      const product = sum.accumulate(a.data.value.mul(b.data.value));
      when(sums.ready, () => full.set(0));
      when(both, () => {
        taken.set(taken.addWrap(1));
        latest.set(a.data.value);
        sum.set(product);
        when(a.data.last, () => {
          sum.set(0);
          row.set(row.addWrap(1));
          full.set(1);
          total.set(product.accumulate(offsets.read(row.truncate(2))));
          resultRow.set(row);
        });
      });
      sums.valid.set(full);
      sums.data.total.set(total);
      sums.data.row.set(resultRow);
      const { last } = sums.data as { last?: { set(value: unknown): void } };
      last?.set(resultRow.eq(lastRow));
      pairs.set(taken);
      least.set(latest);
      zeros.set(both.and(a.data.value.eq(0)).and(b.data.value.eq(0)));
      return { offsets, beat, sum, row, full, both, total, resultRow, taken, latest, product };
    },
  }),
);

/** Two shells around it: one that counts results, one that trusts their `last`. */
export function macShell(
  marksLast: boolean,
  change: Partial<ShellOptions<MacParameters, never>> = {},
): Program {
  const options = {
    name: marksLast ? 'mac_last_shell' : 'mac_shell',
    doc: 'Sums of products behind the common shell',
    core: [mac, { marksLast }],
    id: 0x4d414331,
    version: 0x00010203,
    parameters: { operandBits: 12, rows: 8 },
    registers: [
      { name: 'RESULTS', access: 'read-write', doc: 'results of a run' },
      { name: 'LAST_ROW', access: 'read-write', port: 'lastRow', reset: 5, doc: 'row of the end' },
      { name: 'PAIRS', access: 'read-only', port: 'pairs', counter: true, doc: 'pairs taken' },
      { name: 'LEAST', access: 'read-only', port: 'least', doc: 'last left operand' },
    ],
    errors: [{ name: 'zeros', port: 'zeros', doc: 'a pair of zeros was taken' }],
    ...(marksLast ? {} : { packets: { sums: 3 }, done: { stream: 'sums', beats: 'RESULTS' } }),
    ...change,
  };
  return elaborate(...shell(options as never));
}

export interface Rows {
  readonly offsets: readonly number[];
  /** Pairs of each row. */
  readonly rows: readonly (readonly (readonly [number, number])[])[];
}

export function randomRows(random: Rng, count: number): Rows {
  const operand = (bits: number): number => {
    const half = 2 ** (bits - 1);
    return [0, -half, half - 1, -1][random.below(8)] ?? random.below(2 * half) - half;
  };
  return {
    offsets: Array.from({ length: 4 }, () => operand(20)),
    rows: Array.from({ length: count }, () =>
      Array.from({ length: 1 + random.below(6) }, () => [operand(12), operand(9)] as const),
    ),
  };
}

const widths = [34, 3];

/** The job, for the bare core as for its shells. */
export function rowsJob({ offsets, rows }: Rows, change: Partial<Job> = {}): Job {
  const pairs = rows.flat();
  const last = rows.flatMap((row) => row.map((_, i) => (i === row.length - 1 ? 1 : 0)));
  return {
    writes: offsets.map((value, address) => [address, value]),
    inputs: {
      a: packBeats([12, 1], [pairs.map(([a]) => a), last]),
      b: packBeats([9], [pairs.map(([, b]) => b)]),
    },
    expect: { sums: rows.length },
    stalls: noStalls,
    maxCycles: 1000 + 300 * pairs.length,
    ...change,
  };
}

/** What the rows give, the first of them being row `first`: outputs, and cycles without stalls. */
export function rowsOutcome({ offsets, rows }: Rows, first = 0, lastRow?: number): Outcome {
  const numbers = rows.map((_, i) => (first + i) % 8);
  const totals = rows.map(
    (row, i) => row.reduce((sum, [a, b]) => sum + a * b, 0) + offsets[numbers[i]! % 4]!,
  );
  const ends = numbers.map((row) => (row === lastRow ? 1 : 0));
  const bytes =
    lastRow === undefined
      ? packBeats(widths, [totals, numbers])
      : packBeats([...widths, 1], [totals, numbers, ends]);
  return { outputs: { sums: bytes }, cycles: rows.flat().length + 1, counters: {} };
}

export const totalsOf = (outcome: Outcome): number[] => [
  ...unpackBeats(widths, outcome.outputs['sums']!, [true])[0]!,
];
