import type { Module, Program } from '../../src/ir/index.ts';
import { buildModule } from '../ir/build-module.ts';

/** One cell of a weight-stationary int8 array: passes `a` right, `sum` and weights down. */
function systolicCell(): Module {
  const m = buildModule('systolic_cell');
  const [a, sum, weight, load] = [
    m.input('a', 8),
    m.input('sum', 32),
    m.input('weight', 8),
    m.input('load', 1),
  ];
  const [aQ, sumQ, weightQ] = [
    m.register('a_q', 8, 0),
    m.register('sum_q', 32, 0),
    m.register('weight_q', 8),
  ];
  m.next(aQ, a);
  m.next(weightQ, weight, load);
  const product = m.binary('mulSigned', a, weightQ);
  m.next(sumQ, m.binary('add', sum, m.extend(product, 32, true)));
  m.output('a_out', aQ);
  m.output('sum_out', sumQ);
  m.output('weight_out', weightQ);
  return m.finish();
}

/** An array of `size` x `size` cells; `a` enters on the left, sums leave at the bottom. */
export function systolicArray(size: number): Program {
  const cell = systolicCell();
  const m = buildModule('array');
  const [a, weights, load] = [
    m.input('a', 8 * size),
    m.input('weights', 8 * size),
    m.input('load', 1),
  ];
  const cells = m.instance('u_cell', cell, [size, size], {
    a: { kind: 'neighbour', port: 'a_out', axis: 1, step: 1, edge: a },
    sum: { kind: 'neighbour', port: 'sum_out', axis: 0, step: 1, edge: m.constant(0, 32 * size) },
    weight: { kind: 'neighbour', port: 'weight_out', axis: 0, step: 1, edge: weights },
    load: { kind: 'broadcast', value: load },
  });
  const sums = cells('sum_out');
  m.output('sums', m.slice(sums, 32 * size * (size - 1), 32 * size));
  return { top: 'array', modules: [cell, m.finish()] };
}

/** A pipeline of `length` elastic stages; `ready` runs combinationally through all of them. */
export function elasticPipeline(length: number, width: number): Program {
  const s = buildModule('stage');
  const [valid, data, ready] = [
    s.input('valid', 1),
    s.input('data', width),
    s.input('downstream_ready', 1),
  ];
  const [full, held] = [s.register('full', 1, 0), s.register('held', width)];
  const accepts = s.binary('or', s.unary('not', full), ready);
  s.next(full, valid, accepts);
  s.next(held, s.binary('add', data, s.constant(1, width)), s.binary('and', valid, accepts));
  s.output('upstream_ready', accepts);
  s.output('out_valid', full);
  s.output('out_data', held);
  const stage = s.finish();

  const m = buildModule('pipeline');
  const [inValid, inData, outReady] = [
    m.input('in_valid', 1),
    m.input('in_data', width),
    m.input('out_ready', 1),
  ];
  const stages = m.instance('u_stage', stage, [length], {
    valid: { kind: 'neighbour', port: 'out_valid', axis: 0, step: 1, edge: inValid },
    data: { kind: 'neighbour', port: 'out_data', axis: 0, step: 1, edge: inData },
    downstream_ready: {
      kind: 'neighbour',
      port: 'upstream_ready',
      axis: 0,
      step: -1,
      edge: outReady,
    },
  });
  m.output('in_ready', m.slice(stages('upstream_ready'), 0, 1));
  m.output('out_valid', m.slice(stages('out_valid'), length - 1, 1));
  m.output('out_data', m.slice(stages('out_data'), (length - 1) * width, width));
  return { top: 'pipeline', modules: [stage, m.finish()] };
}
