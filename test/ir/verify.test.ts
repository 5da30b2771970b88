import { describe, expect, it } from 'vitest';
import { verifyProgram } from '../../src/ir/index.ts';
import type {
  Bus,
  Connection,
  Instance,
  Memory,
  Module,
  Node,
  Program,
  Register,
} from '../../src/ir/index.ts';
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

const cases = (entries: readonly { readonly match: string; readonly value: number }[]) =>
  node(7, { kind: 'cases', selector: 6, entries, fallback: 0 });
const memory = (edit: Partial<Memory>) =>
  change((m) => ({ memories: [{ ...m.memories[0]!, ...edit }] }));
const instance = (edit: Partial<Instance>) =>
  change((m) => ({ instances: [{ ...m.instances[0]!, ...edit }] }));
/** The child has an output of 5 bits instead of 4. */
const withWideOutput = ({ top, modules: [first, ...rest] }: Program): Program => {
  const ports = first!.ports.map((port) =>
    port.direction === 'output' ? { ...port, width: 5 } : port,
  );
  return { top, modules: [{ ...first!, ports }, ...rest] };
};
const child = good().modules[1]!.instances[0]!.inputs;

const bits = (name: string, low: number, width: number) => ({ name, low, width, doc: '' });
const registerAt = (name: string, offset: number): Register => ({
  ...{ name, offset, access: 'read-write', reset: 0, fields: [], doc: '' },
});
const withBus = (more: Partial<Bus>): Program =>
  change(() => ({
    buses: [
      {
        ...{ kind: 'axi4-lite', prefix: 'b', addressBits: 6, registers: [], windows: [], doc: '' },
        ...more,
      },
    ],
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
    'a constant beyond its width': [
      node(0, { kind: 'const', value: '1ff' }),
      "m: node 0 (const): '1ff' is not a value of 8 bits",
    ],
    'a constant that is no number': [
      node(0, { kind: 'const', value: '0x1' }),
      "m: node 0 (const): '0x1' is not a value of 8 bits",
    ],
    'an extension to no more bits': [
      node(4, { kind: 'extend', a: 0, sign: false }),
      'm: node 4 (extend): a has 8 bits already',
    ],
    'elements that do not divide the vector': [
      node(4, { kind: 'element', a: 0, index: 1, width: 3 }),
      'm: node 4 (element): 8 bits are not a whole number of elements of 3',
    ],
    'a case beyond the selector': [
      cases([{ match: '4', value: 0 }]),
      "m: node 7 (cases): match '4' is not a value of 2 bits",
    ],
    'the same case twice': [
      cases([
        { match: '1', value: 0 },
        { match: '01', value: 1 },
      ]),
      "m: node 7 (cases): match '01' occurs twice",
    ],
    'a narrow value of a case': [
      cases([{ match: '3', value: 2 }]),
      "m: node 7 (cases): the entry for '3' has 1 bits, 8 are needed",
    ],
    'a narrow fallback': [
      node(7, { kind: 'cases', selector: 6, entries: [], fallback: 2 }),
      'm: node 7 (cases): fallback has 1 bits, 8 are needed',
    ],
    'a concatenation of a wrong width': [
      node(4, { kind: 'concat', parts: [2, 2, 2] }),
      'm: node 4 (concat): the result has 8 bits, 3 are needed',
    ],
    'a wire of a wrong width': [
      node(4, { kind: 'wire', value: 2 }),
      'm: node 4 (wire): value has 1 bits, 8 are needed',
    ],
    'a wide enable of a register': [node(3, { enable: 0 }), 'enable has 8 bits, 1 are needed'],
    'an output of no instance': [
      node(8, { instance: 4 }),
      "m: node 8 (output): instance 4 has no output port 'out'",
    ],
    'an output that is an input': [
      node(8, { port: 'in' }),
      "m: node 8 (output): instance 0 has no output port 'in'",
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
    'two equal modules': [
      { ...good(), modules: [good().modules[0]!, ...good().modules] },
      "module 'child' is defined twice",
    ],
    'a top that is not the last module': [
      { ...good(), top: 'child' },
      "the last module is not the top 'child'",
    ],
    'a port of no bits': [
      change((m) => ({ ports: [{ ...m.ports[0]!, width: 0 }, ...m.ports.slice(1)] })),
      "m: port 'x': width 0 is not a whole number of at least 1",
    ],
    'an input that is driven': [
      change((m) => ({ ports: [{ ...m.ports[0]!, value: 1 }, ...m.ports.slice(1)] })),
      "m: port 'x': an input cannot be driven from inside",
    ],
    'a port of no domain': [
      change((m) => ({ ports: [{ ...m.ports[0]!, domain: 1 }, ...m.ports.slice(1)] })),
      "m: port 'x': domain 1 does not exist",
    ],
    'two equal ports': [
      change((m) => ({ ports: [...m.ports, m.ports[0]!] })),
      "m: port 'x': the name is used twice",
    ],
    'two equal domains': [
      change((m) => ({ domains: [m.domains[0]!, m.domains[0]!] })),
      "m: domain 'main': the name is used twice",
    ],
    'two equal checks': [
      change((m) => ({ checks: [m.checks[0]!, m.checks[0]!] })),
      "m: check 'small': the name is used twice",
    ],
    'a check of no value': [
      change((m) => ({ checks: [{ ...m.checks[0]!, condition: 99 }] })),
      "m: check 'small': node 99 does not exist",
    ],
    'a check of no domain': [
      change((m) => ({ checks: [{ ...m.checks[0]!, domain: 1 }] })),
      "m: check 'small': domain 1 does not exist",
    ],
    'a memory of no words': [
      memory({ depth: 0 }),
      "m: memory 'memory': 0 words of 8 bits are not a memory",
    ],
    'a memory of half words': [
      memory({ width: 0.5 }),
      "m: memory 'memory': 5 words of 0.5 bits are not a memory",
    ],
    'a word of init that is too large': [
      memory({ init: ['1', 'ff', '100', '0', '200'] }),
      "m: memory 'memory': init '100' is not a value of 8 bits",
    ],
    'a narrow address of a read port': [
      memory({ reads: [{ kind: 'asynchronous', address: 2 }] }),
      "m: memory 'memory', read port 0: node 2 (input) has 1 bits, 3 are needed",
    ],
    'a read port of no domain': [
      memory({ reads: [{ kind: 'synchronous', address: 5, mode: 'old', domain: 3 }] }),
      "m: memory 'memory', read port 0: domain 3 does not exist",
    ],
    'a wide enable of a read port': [
      memory({ reads: [{ kind: 'synchronous', address: 5, enable: 0, mode: 'old', domain: 0 }] }),
      "m: memory 'memory', read port 0: node 0 (input) has 8 bits, 1 are needed",
    ],
    'a write port of no domain': [
      memory({ writes: [{ address: 5, data: 1, enable: 2, domain: 3 }] }),
      "m: memory 'memory', write port 0: domain 3 does not exist",
    ],
    'narrow data of a write port': [
      memory({ writes: [{ address: 5, data: 2, enable: 2, domain: 0 }] }),
      "m: memory 'memory', write port 0: node 2 (input) has 1 bits, 8 are needed",
    ],
    'a mask that does not exist': [
      memory({ writes: [{ address: 5, data: 1, enable: 2, mask: 99, domain: 0 }] }),
      "m: memory 'memory', write port 0: node 99 does not exist",
    ],
    'three dimensions': [
      instance({ dimensions: [1, 1, 2] }),
      "m: instance 'u_child': [1, 1, 2] are not the dimensions of an array",
    ],
    'a dimension of no elements': [
      instance({ dimensions: [0] }),
      "m: instance 'u_child': [0] are not the dimensions of an array",
    ],
    'a domain that the parent lacks': [
      instance({ domains: { main: 'other' } }),
      "m: instance 'u_child': 'm' has no domain 'other'",
    ],
    'a domain of the same name that the parent lacks': [
      change(() => ({ domains: [{ name: 'fast', clock: 'clk', reset: 'resetn' }] })),
      "m: instance 'u_child': 'm' has no domain 'main'",
    ],
    'a domain that the child lacks': [
      instance({ domains: { fast: 'main' } }),
      "m: instance 'u_child': 'child' has no domain 'fast'",
    ],
    'an input that the child lacks': [
      instance({ inputs: { ...child, out: { kind: 'broadcast', value: 2 } } }),
      "m: instance 'u_child': 'child' has no input 'out'",
    ],
    'an array connection to a single instance': [
      instance({ dimensions: [] }),
      "input 'in' of instance 'u_child': a single instance cannot be connected by 'each'",
    ],
    'a neighbour that has no such output': [
      connect({ kind: 'neighbour', port: 'in', axis: 0, step: 1, edge: 2 }),
      "input 'in' of instance 'u_child': 'child' has no output 'in'",
    ],
    'a neighbour of another width': [
      withWideOutput(connect({ kind: 'neighbour', port: 'out', axis: 0, step: 1, edge: 5 })),
      "input 'in' of instance 'u_child': output 'out' has 5 bits, not 4",
    ],
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
    'a bus of unknown ports': [withBus({}), "bus 'b': there is no input port 'b_awaddr' of 6 bits"],
    'two registers in one place': [
      withBus({ registers: [registerAt('A', 4), registerAt('B', 4)] }),
      "register 'B' lies at 0x4, where register 'A' is",
    ],
    'a register between words': [
      withBus({ registers: [registerAt('A', 6)] }),
      "register 'A' has offset 6; it must be a multiple of 4 below 64",
    ],
    'fields that overlap': [
      withBus({
        registers: [{ ...registerAt('A', 0), fields: [bits('x', 0, 4), bits('y', 3, 2)] }],
      }),
      "field 'y' of register 'A' overlaps field 'x'",
    ],
    'a window over a register': [
      withBus({
        registers: [registerAt('A', 12)],
        windows: [{ stream: 's', offset: 8, words: 4, doc: '' }],
      }),
      "window 's' covers register 'A'",
    ],
    'attributes of a port that is not there': [
      change(() => ({ attributes: { z: { KEEP: 'true' } } })),
      "attributes of 'z': there is no such port",
    ],
  };
  it.each(Object.entries(broken))('finds %s', (_, [program, problem]) => {
    expect(verifyProgram(program).join('\n')).toContain(problem);
  });
});
