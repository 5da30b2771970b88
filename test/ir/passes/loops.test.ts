import { describe, expect, it } from 'vitest';
import { findCombinationalLoops } from '../../../src/ir/index.ts';
import type { Module, Program } from '../../../src/ir/index.ts';
import { elasticPipeline } from '../../simulator/designs.ts';
import { buildModule } from '../build-module.ts';

/** Two paths through: `x` to `x_out` combinationally, `y` to `y_out` through a register. */
function paths(): Module {
  const m = buildModule('paths');
  const [x, y] = [m.input('x', 4), m.input('y', 4)];
  const held = m.register('held', 4);
  m.next(held, y);
  m.output('x_out', m.unary('not', x));
  m.output('y_out', held);
  return m.finish();
}

function loopThrough(input: string, output: string): Program {
  const child = paths();
  const m = buildModule('top');
  const back = m.wire(4);
  const zero = m.constant(0, 4);
  const read = m.instance('u_paths', child, [], {
    x: { kind: 'broadcast', value: input === 'x' ? back : zero },
    y: { kind: 'broadcast', value: input === 'y' ? back : zero },
  });
  m.drive(back, read(output));
  m.output('out', back);
  return { top: 'top', modules: [child, m.finish()] };
}

function array(otherStep: 1 | -1, closed: boolean, [first, second] = ['b_out', 'a_out']): Program {
  const c = buildModule('cell');
  const [a, b] = [c.input('a', 1), c.input('b', 1)];
  // Each output follows the input that comes from the other side.
  c.output('a_out', c.unary('not', b));
  c.output('b_out', c.unary('not', a));
  const cell = c.finish();
  const m = buildModule('top');
  const edge = m.wire(1);
  const free = m.input('free', 1);
  const cells = m.instance('u_cell', cell, [3], {
    a: { kind: 'neighbour', port: first!, axis: 0, step: 1, edge },
    b: { kind: 'neighbour', port: second!, axis: 0, step: otherStep, edge: free },
  });
  const end = m.slice(cells('b_out'), 2, 1);
  m.drive(edge, closed ? end : free);
  m.output('out', end);
  return { top: 'top', modules: [cell, m.finish()] };
}

describe('findCombinationalLoops', () => {
  it('names the path of a loop in one module', () => {
    const m = buildModule('top');
    const wire = m.wire(4);
    m.nodes[wire] = { ...m.nodes[wire]!, name: 'sum' };
    const next = m.binary('add', wire, m.input('x', 4));
    m.nodes[next] = { ...m.nodes[next]!, name: 'sum_plus_x' };
    m.drive(wire, next);
    m.output('out', wire);
    expect(findCombinationalLoops({ top: 'top', modules: [m.finish()] })).toEqual([
      { module: 'top', path: ['sum_plus_x', 'sum', 'sum_plus_x'] },
    ]);
  });

  it('follows combinational paths through instances, port by port', () => {
    expect(findCombinationalLoops(loopThrough('x', 'x_out'))).toEqual([
      { module: 'top', path: ['u_paths.x', 'u_paths.x_out', 'u_paths.x'] },
    ]);
    expect(findCombinationalLoops(loopThrough('y', 'y_out'))).toEqual([]);
    expect(findCombinationalLoops(loopThrough('x', 'y_out'))).toEqual([]);
    expect(findCombinationalLoops(loopThrough('y', 'x_out'))).toEqual([]);
  });

  it('takes a register, but not an asynchronous read, for a break', () => {
    const reading = (kind: 'asynchronous' | 'synchronous'): Program => {
      const m = buildModule('top');
      const address = m.wire(2);
      const [read] = m.memory({
        name: 'table',
        width: 2,
        depth: 4,
        writes: [],
        reads: [
          kind === 'asynchronous' ? { kind, address } : { kind, address, mode: 'old', domain: 0 },
        ],
      });
      m.drive(address, read!);
      m.output('out', address);
      return { top: 'top', modules: [m.finish()] };
    };
    expect(findCombinationalLoops(reading('asynchronous'))).toHaveLength(1);
    expect(findCombinationalLoops(reading('synchronous'))).toEqual([]);
  });

  it('allows a chain of neighbours and finds what closes it', () => {
    expect(findCombinationalLoops(elasticPipeline(4, 8))).toEqual([]);
    expect(findCombinationalLoops(array(1, false))).toEqual([]);
    expect(findCombinationalLoops(array(-1, false))).toEqual([]);
    const [loop] = findCombinationalLoops(array(1, true));
    expect(loop).toMatchObject({ module: 'top' });
    expect(loop!.path[0]).toBe(loop!.path.at(-1));
    // Element 0 answers element 1 in the same cycle and the other way round.
    expect(findCombinationalLoops(array(-1, false, ['a_out', 'b_out']))).toEqual([
      {
        module: 'top',
        path: ['u_cell[0].b', 'u_cell[0].a_out', 'u_cell[1].a', 'u_cell[1].b_out', 'u_cell[0].b'],
      },
    ]);
  });
});
