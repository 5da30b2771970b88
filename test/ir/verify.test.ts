import { describe, expect, it } from 'vitest';
import { verifyProgram } from '../../src/ir/index.ts';
import type { Connection, Module, Node, Program } from '../../src/ir/index.ts';
import { elasticPipeline, systolicArray } from '../simulator/designs.ts';
import { buildModule } from './build-module.ts';

/** A module with one of everything, well formed. */
function good(): Program {
  const child = buildModule('child');
  child.output('out', child.input('in', 4));
  const m = buildModule('m');
  const [x, y, c] = [m.input('x', 8), m.input('y', 8), m.input('c', 1)]; // 0 1 2
  const register = m.register('total', 8, 0); // 3
  m.next(register, m.binary('add', x, y), c); // 4
  const [read] = m.memory({
    name: 'memory',
    width: 8,
    depth: 5,
    reads: [{ kind: 'asynchronous', address: m.slice(x, 0, 3) }], // 5
    writes: [{ address: 5, data: y, enable: c, domain: 0, mask: m.slice(x, 0, 2) }], // 6
  }); // 7
  const part = m.instance('u_child', child.finish(), [2], { in: { kind: 'each', value: x } });
  m.output('out', m.mux(c, read!, part('out'))); // 8 output, 9 mux
  m.check('small', c, 'c is small');
  return { top: 'm', modules: [child.finish(), m.finish()] };
}

function change(edit: (m: Module) => Partial<Module>): Program {
  const program = good();
  const [child, m] = [program.modules[0]!, program.modules[1]!];
  return { ...program, modules: [child, { ...m, ...edit(m) }] };
}

const node = (id: number, edit: object) =>
  change((m) => ({ nodes: m.nodes.map((n, i) => (i === id ? ({ ...n, ...edit } as Node) : n)) }));
const connect = (connection: Connection | undefined) =>
  change((m) => ({
    instances: [{ ...m.instances[0]!, inputs: connection === undefined ? {} : { in: connection } }],
  }));

describe('verifyProgram', () => {
  it('finds nothing in good programs', () => {
    expect(verifyProgram(good())).toEqual([]);
    expect(verifyProgram(systolicArray(3))).toEqual([]);
    expect(verifyProgram(elasticPipeline(3, 40))).toEqual([]);
  });

  const broken: Record<string, [Program, string]> = {
    'a missing operand': [node(4, { a: 99 }), 'm: node 4 (binary): operand 99 does not exist'],
    'a forward reference': [node(4, { a: 9 }), 'operand 9 is not an earlier node'],
    'operands of unequal widths': [node(4, { b: 2 }), 'b has 1 bits, 8 are needed'],
    'a wrong result': [node(4, { width: 9 }), 'the result has 9 bits, 8 are needed'],
    'a width of 0': [node(4, { width: 0 }), 'width 0 is not a whole number of at least 1'],
    'a wide condition': [node(9, { condition: 0 }), 'condition has 8 bits, 1 are needed'],
    'a slice out of range': [node(5, { low: 6 }), 'are not in 8'],
    'an unknown input': [node(0, { port: 'z' }), "there is no input port 'z'"],
    'an unknown output': [node(8, { port: 'z' }), "instance 0 has no output port 'z'"],
    'a packed output of a wrong width': [
      node(8, { width: 4 }),
      'the node has 4 bits, 8 are needed',
    ],
    'an unknown read port': [node(7, { port: 3 }), 'memory 0 has no read port 3'],
    'a large init': [node(3, { init: '100' }), "init '100' is not a value of 8 bits"],
    'an unknown domain': [node(3, { domain: 2 }), 'domain 2 does not exist'],
    'a narrow next value': [node(3, { next: 2 }), 'next has 1 bits, 8 are needed'],
    'an undriven output': [
      change((m) => ({ ports: m.ports.map(({ value: _value, ...port }) => port) })),
      "m: port 'out': the output is not driven",
    ],
    'two equal names': [node(4, { name: 'total' }), "m: internal 'total': the name is used twice"],
    'an unconnected input': [connect(undefined), "input 'in' is not connected"],
    'a narrow broadcast': [
      connect({ kind: 'broadcast', value: 2 }),
      "input 'in' of instance 'u_child': node 2 (input) has 1 bits, 4 are needed",
    ],
    'an axis too many': [
      connect({ kind: 'neighbour', port: 'out', axis: 1, step: 1, edge: 0 }),
      'there is no axis 1',
    ],
    'a wide edge': [
      connect({ kind: 'neighbour', port: 'out', axis: 0, step: 1, edge: 0 }),
      'node 0 (input) has 8 bits, 4 are needed',
    ],
    'a wide check': [
      change((m) => ({ checks: [{ ...m.checks[0]!, condition: 0 }] })),
      "check 'small': node 0 (input) has 8 bits, 1 are needed",
    ],
    'a mask that does not divide the word': [node(6, { width: 3 }), '8 bits are not 3 equal lanes'],
    'an init of a wrong length': [
      change((m) => ({ memories: [{ ...m.memories[0]!, init: ['1'] }] })),
      'init has 1 words, 5 are needed',
    ],
    'a child after its parent': [
      { ...good(), modules: [...good().modules].reverse() },
      "module 'child' is not defined before 'm'",
    ],
    'a stream of unknown ports': [
      change(() => ({
        streams: [{ name: 's', direction: 'input', valid: 'c', ready: 'r', fields: [], doc: '' }],
      })),
      "stream 's': there is no output port 'r' of 1 bits",
    ],
  };
  it.each(Object.entries(broken))('finds %s', (_, [program, problem]) => {
    expect(verifyProgram(program).join('\n')).toContain(problem);
  });
});
