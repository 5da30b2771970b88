import { describe, expect, it } from 'vitest';
import { emitVerilog } from '../../src/verilog/index.ts';
import { expectFaithful, skipReason } from './against-tools.ts';
import { ModuleBuilder, program } from './build.ts';

/** Passes `x` on at once and `y` a cycle later; both are changed on the way. */
function cell(width: number): ModuleBuilder {
  const m = new ModuleBuilder('cell_of_test');
  const x = m.input('x', width);
  const y = m.input('y', 4);
  const add = m.input('add', width);
  const state = m.register('state', 4, 5);
  m.drive(state, m.binary('xor', y, m.extend(m.unary('reduceXor', x), 4)));
  m.output('p', m.binary('add', x, add));
  m.output('q', state);
  return m;
}

const sizes = [[1], [2], [5], [1, 1], [1, 4], [3, 1], [2, 3], [3, 3]];

describe.skipIf(skipReason !== '').each(sizes.map((size) => [size.join(' x '), size] as const))(
  `an array of %s${skipReason}`,
  (_, size) => {
    const [rows = 1, columns] = size;
    const count = rows * (columns ?? 1);
    const along = (axis: 0 | 1) => (columns === undefined ? 1 : axis === 0 ? columns : rows);
    const axes = columns === undefined ? ([0] as const) : ([0, 1] as const);

    it.each([1, 8])('passes %i bits between neighbours in every direction', (width) => {
      const child = cell(width);
      const m = new ModuleBuilder('array_of_test');
      let number = 0;
      for (const axis of axes) {
        for (const step of [1, -1] as const) {
          const other = columns === undefined ? axis : ((1 - axis) as 0 | 1);
          const name = `u_grid${number++}`;
          const array = m.instance(
            name,
            child.name,
            {
              x: {
                kind: 'neighbour',
                port: 'p',
                axis,
                step,
                edge: m.input(`${name}_x`, width * along(axis)),
              },
              y: {
                kind: 'neighbour',
                port: 'q',
                axis: other,
                step,
                edge: m.input(`${name}_y`, 4 * along(other)),
              },
              add: { kind: 'each', value: m.input(`${name}_add`, width * count) },
            },
            size,
          );
          m.output(`${name}_p`, m.outputOf(array, 'p', width * count));
          m.output(`${name}_q`, m.outputOf(array, 'q', 4 * count));
        }
      }
      expectFaithful(program(child, m), count);
    });

    it('lets one output feed two neighbours, and unused ones end in the sink', () => {
      const child = cell(4);
      const m = new ModuleBuilder('array_of_test');
      const edge = m.input('border', 4 * Math.max(...axes.map(along)));
      const last = axes.length - 1;
      const take = (axis: 0 | 1) => m.slice(edge, 4 * along(axis) - 1, 0);
      m.instance(
        'u_grid',
        child.name,
        {
          x: { kind: 'neighbour', port: 'q', axis: 0, step: 1, edge: take(0) },
          y: {
            kind: 'neighbour',
            port: 'q',
            axis: last as 0 | 1,
            step: -1,
            edge: take(last as 0 | 1),
          },
          add: m.input('add', 4),
        },
        size,
      );
      m.output('border_again', edge);
      expectFaithful(program(child, m), count);
    });
  },
);

describe('arrays', () => {
  it('are one generate loop, however large', () => {
    const child = cell(8);
    const m = new ModuleBuilder('large');
    const array = m.instance(
      'u_grid',
      child.name,
      {
        x: { kind: 'neighbour', port: 'p', axis: 1, step: 1, edge: m.input('x', 8 * 64) },
        y: { kind: 'neighbour', port: 'q', axis: 0, step: 1, edge: m.input('y', 4 * 64) },
        add: m.input('add', 8),
      },
      [64, 64],
    );
    m.output('q', m.slice(m.outputOf(array, 'q', 4 * 64 * 64), 4 * 64 * 64 - 1, 4 * 63 * 64));
    const text = emitVerilog(program(child, m)).at(-1)!.text;
    expect(text.split('\n').length).toBeLessThan(70);
    expect(text.match(/cell_of_test u_grid \(/g)).toHaveLength(1);
    expect(text).toMatch(/localparam GRID_ROWS += 64;/);
  });
});
