import { describe, expect, it } from 'vitest';
import type { Connection } from '../../src/ir/index.ts';
import { rng } from '../../src/numeric/rng.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { expectFaithful, skipReason } from './against-tools.ts';
import { ModuleBuilder, program } from './build.ts';

const width = 6;

/** Passes `x` on a cycle later, `y` after another change; `z` goes to no neighbour. */
function cell(): ModuleBuilder {
  const m = new ModuleBuilder('cell_of_test');
  const x = m.input('x', width);
  const y = m.input('y', width);
  const across = m.register('across', width, 5);
  const down = m.register('down', width, 9);
  m.drive(across, m.binary('add', x, down));
  m.drive(down, m.binary('xor', y, across));
  m.output('p', across);
  m.output('q', down);
  m.output('z', m.binary('add', across, down));
  return m;
}

const edges = (m: ModuleBuilder, axis: 0 | 1, step: 1 | -1, size: readonly number[]) => {
  const [rows = 1, columns] = size;
  const along = (of: 0 | 1) => (columns === undefined ? 1 : of === 0 ? columns : rows);
  const other = columns === undefined ? axis : ((1 - axis) as 0 | 1);
  const from = (port: string, on: 0 | 1, name: string): Connection => ({
    kind: 'neighbour',
    port,
    axis: on,
    step,
    edge: m.input(name, width * along(on)),
  });
  return (name: string) => ({
    x: from('p', axis, `${name}_edge_x`),
    y: from('q', other, `${name}_edge_y`),
  });
};

type Reads = readonly (readonly [low: number, high: number])[];

/** An array whose bits `reads` of one output go into a register each. */
function reading(
  size: readonly number[],
  port: 'p' | 'q' | 'z',
  axis: 0 | 1,
  step: 1 | -1,
  reads: Reads,
) {
  const child = cell();
  const m = new ModuleBuilder('reader_of_test');
  addReader(m, 'u_grid', size, port, axis, step, reads);
  return program(child, m);
}

function addReader(
  m: ModuleBuilder,
  name: string,
  size: readonly number[],
  port: 'p' | 'q' | 'z',
  axis: 0 | 1,
  step: 1 | -1,
  reads: Reads,
): void {
  const count = size.reduce((product, length) => product * length, 1);
  const array = m.instance(name, 'cell_of_test', edges(m, axis, step, size)(name), size);
  const all = m.outputOf(array, port, width * count);
  reads.forEach(([low, high], index) => {
    const kept = m.register(`${name}_${port}_kept${index}`, high - low + 1, 0);
    m.drive(kept, m.slice(all, high, low));
    m.output(`${name}_${port}_out${index}`, kept);
  });
}

const element = (index: number, count = 1): readonly [number, number] => [
  width * index,
  width * (index + count) - 1,
];

const text = (...of: Parameters<typeof reading>) => emitVerilog(reading(...of)).at(-1)!.text;

describe('what is read of the elements of an array', () => {
  const first = (columns: number) => [element(0, columns)];
  const column = (at: number) => [0, 1, 2, 3].map((row) => element(4 * row + at));

  it('is a row, straight from the chain that carries it', () => {
    for (const [axis, step, slice] of [
      [1, 1, 'u_grid_y[47:24]'],
      [1, -1, 'u_grid_y[23:0]'],
      [0, 1, 'u_grid_y[29:6]'],
      [0, -1, 'u_grid_y[23:0]'],
    ] as const) {
      const written = text([4, 4], 'q', axis, step, first(4));
      expect(written).toContain(`wire [23:0] u_grid_q_first_row = ${slice};`);
      expect(written).not.toMatch(/\bu_grid_q\b/);
      expect(written).toContain('u_grid_q_kept0 <= u_grid_q_first_row;');
    }
  });

  it('is a column, in the loop over the rows', () => {
    const out = (at: number, axis: 0 | 1, step: 1 | -1) =>
      /assign (u_grid_p_\w*column\w*\[6\*row \+: 6\]\s+=\s+u_grid_x\[.*\]);/
        .exec(text([4, 4], 'p', axis, step, column(at)))![1]!
        .replace(/\s+/g, ' ');
    expect(out(3, 1, 1)).toBe(
      'u_grid_p_last_column[6*row +: 6] = u_grid_x[6*((GRID_COLUMNS + 1)*row + GRID_COLUMNS) +: 6]',
    );
    expect(out(0, 1, -1)).toBe(
      'u_grid_p_first_column[6*row +: 6] = u_grid_x[6*(GRID_COLUMNS + 1)*row +: 6]',
    );
    expect(out(0, 0, 1)).toBe(
      'u_grid_p_first_column[6*row +: 6] = u_grid_x[6*GRID_COLUMNS*(row + 1) +: 6]',
    );
    expect(out(2, 0, -1)).toBe(
      'u_grid_p_column_2[6*row +: 6] = u_grid_x[6*(GRID_COLUMNS*row + 2) +: 6]',
    );
  });

  it('is a row and a column, which share an element, or one element', () => {
    const frame = text([4, 4], 'z', 0, 1, [element(12, 4), ...column(0)]);
    expect(frame).toContain('wire [23:0] u_grid_z_last_row = u_grid_z[95:72];');
    expect(frame).toMatch(/wire \[23:0\] +u_grid_z_first_column;/);
    const corner = text([4, 4], 'z', 0, 1, [element(15), element(5)]);
    expect(corner).toMatch(/wire \[5:0\] u_grid_z_row_1_column_1 += u_grid_z\[35:30\];/);
    expect(corner).toMatch(/wire \[5:0\] u_grid_z_last_row_last_column = u_grid_z\[95:90\];/);
    const line = text([9], 'z', 0, 1, [element(0), element(4), element(6, 2)]);
    expect(line).toMatch(/u_grid_z_first +=/);
    expect(line).toMatch(/u_grid_z_4 +=/);
    expect(line).toMatch(/u_grid_z_6_to_7 +=/);
    const places = text([9], 'z', 0, 1, [element(0), element(4), element(8)]);
    expect(places).toMatch(/u_grid_z_0 +=/);
    expect(places).toMatch(/u_grid_z_8 +=/);
  });

  it('stays the whole output where all elements, or any, are read', () => {
    expect(text([2, 2], 'z', 0, 1, [element(0, 4)])).toContain('<= u_grid_z;');
    // The index of elements whose width is no power of 2 becomes a table.
    const m = new ModuleBuilder('reader_of_test');
    const array = m.instance('u_grid', 'cell_of_test', edges(m, 0, 1, [4])('u_grid'), [4]);
    const all = m.outputOf(array, 'p', 4 * width);
    m.output('some', m.element(all, m.input('index', 2), width));
    m.output('last', m.slice(all, 4 * width - 1, 3 * width));
    const written = emitVerilog(program(cell(), m)).at(-1)!.text;
    expect(written).toContain('assign u_grid_p      = u_grid_x[29:6];');
    expect(written).toContain('assign last = u_grid_p[23:18];');
  });

  it('is row by row, or column by column, where all at once would be too wide', () => {
    const elements = Array.from({ length: 1024 }, (_, index) => element(index));
    const rows = text([32, 32], 'q', 0, 1, elements);
    expect(rows).toContain('wire [191:0] u_grid_q_row_0  = u_grid_y[197:6];');
    expect(rows).toContain('wire [191:0] u_grid_q_row_31 = u_grid_y[6335:6144];');
    expect(rows).toContain('u_grid_q_kept33 <= u_grid_q_row_1[11:6];');
    expect(rows).not.toMatch(/\bu_grid_q\b/);
    const columns = text([100, 4], 'z', 0, 1, elements.slice(0, 400));
    expect(columns).toMatch(/wire \[599:0\] +u_grid_z_column_0;/);
    expect(columns).toContain('u_grid_z_kept5 <= u_grid_z_column_1[11:6];');
  });

  it('keeps what is wide out of processes, however large the array', () => {
    const written = text([32, 32], 'q', 1, -1, first(32));
    const processes = written.split('always').slice(1).join();
    expect(processes).toContain('u_grid_q_first_row');
    expect(processes.split('wire unused_ok')[0]).not.toMatch(/u_grid_[qxy]\b/);
    expect(written).toContain('wire [191:0] u_grid_q_first_row = u_grid_y[191:0];');
  });
});

describe
  .skipIf(skipReason !== '')
  .each(
    [[1], [5], [1, 4], [3, 1], [2, 3], [3, 3]].map((size) => [size.join(' x '), size] as const),
  )(`arrays of %s, read in part${skipReason}`, (_, size) => {
  const count = size.reduce((product, length) => product * length, 1);
  const columns = size[1] ?? 1;
  const rows = count / columns;
  const axes = size.length === 1 ? ([0] as const) : ([0, 1] as const);
  const line = (length: number, at: (index: number) => number): Reads =>
    Array.from({ length }, (__, index) => element(at(index)));
  const patterns: readonly Reads[] = [
    line(columns, (index) => index),
    line(rows, (index) => columns * index + columns - 1),
    [...line(columns, (index) => (rows - 1) * columns + index), ...line(rows, (i) => i * columns)],
    line(Math.min(rows, columns), (index) => index * columns + index),
    [element(count - 1)],
  ];

  it.each([
    ['rows, columns, frames, diagonals and corners', patterns],
    ['any bits', Array.from({ length: 4 }, (__, seed) => randomReads(count, seed))],
  ])('give %s', (name, reads) => {
    const m = new ModuleBuilder('reader_of_test');
    const ports = ['p', 'q', 'z'] as const;
    let number = 0;
    for (const axis of axes) {
      for (const step of [1, -1] as const) {
        for (const port of ports) {
          const chosen = reads[number % reads.length]!;
          addReader(m, `u_grid${number++}`, size, port, axis, step, chosen);
        }
      }
    }
    expectFaithful(program(cell(), m), 7);
  });
});

/** A few ranges of bits, which need not end where elements do. */
function randomReads(count: number, seed: number): Reads {
  const random = rng(seed);
  return Array.from({ length: 1 + random.below(3) }, () => {
    const low = random.below(count * width);
    return [low, Math.min(count * width - 1, low + random.below(3 * width))] as const;
  });
}
