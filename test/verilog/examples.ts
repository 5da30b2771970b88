/** Designs that show what the emitter prints for each construct. */
import type { Program } from '../../src/ir/index.ts';
import { ModuleBuilder, program } from './build.ts';

/** One multiply-accumulate cell: a named product, a sign extension, nested conditions. */
function dotCell(): ModuleBuilder {
  const m = new ModuleBuilder('dot_cell', 'one signed multiply-accumulate cell');
  m.parameters.push(
    { name: 'operand', value: '8', doc: 'bits of each signed operand' },
    { name: 'accumulator', value: '32', doc: 'bits of the signed accumulator' },
  );
  const valid = m.input('valid');
  const clear = m.input('clear', 1, { doc: 'starts a new sum with the same operands' });
  const a = m.input('a', 8, { signed: true });
  const w = m.input('w', 8, { signed: true });
  const total = m.register('total', 32, 0);
  const term = m.extend(m.binary('mulSigned', a, w), 32, true);
  const next = m.mux(clear, term, m.binary('add', total, term));
  m.drive(total, m.mux(valid, next, total));
  m.output('sum', total, { signed: true, doc: 'the sum so far' });
  m.check(
    'assert',
    'bounded',
    m.binary('ne', total, m.constant(32, 0x80000000n)),
    'sum left its range',
  );
  return m;
}

/** An array along one dimension with a broadcast operand. */
export function dotRow(): Program {
  const m = new ModuleBuilder(
    'dot_row',
    'a row of multiply-accumulate cells fed by one broadcast operand\n\n' +
      'A cell adds a * w[lane] while valid is high; clear starts a new sum with the same operand.',
  );
  m.parameters.push({ name: 'lanes', value: '4', doc: 'cells in the row' });
  const valid = m.input('valid');
  const clear = m.input('clear');
  const a = m.input('a', 8);
  const w = m.input('w', 32);
  const cells = m.instance(
    'u_cell',
    'dot_cell',
    { valid, clear, a, w: { kind: 'each', value: w } },
    [4],
  );
  m.output('sum', m.outputOf(cells, 'sum', 128));
  return program(dotCell(), m);
}

/** A systolic array: operands move right and down, results leave at the lower edge. */
export function systolic(rows: number, columns: number): Program {
  const cell = new ModuleBuilder('systolic_cell', 'one cell of a weight-stationary array');
  const load = cell.input('load');
  const a = cell.input('a', 8);
  const above = cell.input('above', 24);
  const weight = cell.register('weight', 8, undefined);
  cell.drive(weight, cell.slice(above, 7, 0), load);
  const aNext = cell.register('a_right', 8, 0);
  cell.drive(aNext, a);
  const below = cell.register('below', 24, 0);
  const product = cell.binary('mulSigned', a, weight, { name: 'product' });
  cell.drive(
    below,
    cell.mux(load, above, cell.binary('add', above, cell.extend(product, 24, true))),
  );
  cell.output('a_right', aNext);
  cell.output('below', below);

  const m = new ModuleBuilder('systolic', 'a weight-stationary array');
  const go = m.input('load');
  const left = m.input('left', 8 * rows);
  const top = m.input('top', 24 * columns);
  const cells = m.instance(
    'u_cell',
    'systolic_cell',
    {
      load: go,
      a: { kind: 'neighbour', port: 'a_right', axis: 1, step: 1, edge: left },
      above: { kind: 'neighbour', port: 'below', axis: 0, step: 1, edge: top },
    },
    [rows, columns],
  );
  const all = m.outputOf(cells, 'below', 24 * rows * columns);
  m.output('bottom', m.slice(all, 24 * rows * columns - 1, 24 * (rows - 1) * columns));
  return program(cell, m);
}

/** A queue: memory, pointers, handshakes, checks. */
export function queue(): Program {
  const m = new ModuleBuilder(
    'queue',
    'a first-in first-out queue of 8 entries\n\nA word written in one cycle can be read in the next.',
  );
  const inValid = m.input('in_valid', 1, { doc: 'a word is offered' });
  const inData = m.input('in_data', 12, { doc: 'the word' });
  const outReady = m.input('out_ready');
  const head = m.register('head', 3, 0);
  const tail = m.register('tail', 3, 0);
  const count = m.register('count', 4, 0);
  const inReady = m.binary('ltUnsigned', count, m.constant(4, 8));
  const outValid = m.binary('ne', count, m.constant(4, 0));
  const push = m.binary('and', inValid, inReady, { name: 'push' });
  const pop = m.binary('and', outReady, outValid, { name: 'pop' });
  const one = m.constant(3, 1);
  m.drive(tail, m.mux(push, m.binary('add', tail, one), tail));
  m.drive(head, m.mux(pop, m.binary('add', head, one), head));
  const up = m.binary('add', count, m.constant(4, 1));
  const down = m.binary('add', count, m.constant(4, 15));
  const onlyPush = m.binary('and', push, m.unary('not', pop));
  const onlyPop = m.binary('and', pop, m.unary('not', push));
  m.drive(count, m.mux(onlyPush, up, m.mux(onlyPop, down, count)));
  const words = m.memory({ name: 'words', width: 12, depth: 8, style: 'distributed' });
  m.write(words, { address: tail, data: inData, enable: push });
  const word = m.read(words, { kind: 'asynchronous', address: head });
  m.output('in_ready', inReady);
  m.output('out_valid', outValid);
  m.output('out_data', word, { doc: 'the oldest word' });
  m.check(
    'assert',
    'count_in_range',
    m.binary('leUnsigned', count, m.constant(4, 8)),
    'the queue holds more than 8 words',
  );
  m.check('cover', 'full', m.binary('eq', count, m.constant(4, 8)), 'the queue is full');
  return program(m);
}

/** Memories: both kinds of reads, byte lanes, contents at power-on, corner depths. */
export function memories(): Program {
  const m = new ModuleBuilder('memories', 'every kind of memory');
  const write = m.input('write');
  const address = m.input('address', 4);
  const data = m.input('data', 32);
  const lanes = m.input('lanes', 4);
  const read = m.input('read');

  const lane = m.memory({ name: 'words', width: 32, depth: 16, style: 'block' });
  m.write(lane, { address, data, enable: write, mask: lanes });
  const word = m.read(lane, {
    kind: 'synchronous',
    address,
    enable: read,
    mode: 'new',
    domain: 0,
  });

  const table = m.memory({
    name: 'primes',
    width: 5,
    depth: 5,
    init: ['2', '3', '5', '7', 'b'],
  });
  const prime = m.read(table, { kind: 'asynchronous', address: m.slice(address, 2, 0) });

  const single = m.memory({ name: 'last', width: 32, depth: 1 });
  const place = m.slice(address, 0, 0);
  m.write(single, { address: place, data, enable: write });
  const last = m.read(single, { kind: 'asynchronous', address: place });

  m.output('word', word);
  m.output('prime', prime);
  m.output('last_word', last);
  return program(m);
}

/** A traffic light: a state machine with a table, and outputs decided together. */
export function light(): Program {
  const m = new ModuleBuilder('light', 'a traffic light with a button');
  const button = m.input('button');
  const tick = m.input('tick');
  const red = m.constant(2, 0);
  const green = m.constant(2, 1);
  const yellow = m.constant(2, 2);
  const state = m.register('state', 2, 0);
  const wait = m.register('wait_count', 4, 0);
  const done = m.binary('eq', wait, m.constant(4, 9));
  const next = m.cases(
    state,
    [
      [0, m.mux(button, green, state)],
      [1, m.mux(done, yellow, state)],
      [2, red],
    ],
    red,
  );
  m.drive(state, m.mux(tick, next, state));
  const count = m.mux(done, m.constant(4, 0), m.binary('add', wait, m.constant(4, 1)));
  m.drive(wait, m.mux(tick, count, wait));
  const lamps = m.cases(
    state,
    [
      [0, m.constant(3, 0b100)],
      [1, m.constant(3, 0b001)],
      [2, m.constant(3, 0b010)],
    ],
    m.constant(3, 0b111),
  );
  m.output('lamps', lamps, { doc: 'red, yellow, green' });
  m.output('walking', m.binary('eq', state, green));
  return program(m);
}
