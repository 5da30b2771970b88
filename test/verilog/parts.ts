/** Every part at small parameters, as its receiver gets it; wiring parts stand in a small module. */
import {
  bit,
  clockDomain,
  connect,
  defineModule,
  elaborate,
  inDomain,
  input,
  output,
  reg,
  sint,
  stream,
  uint,
  vec,
} from '../../src/hdl/index.ts';
import type { Program } from '../../src/ir/index.ts';
import {
  asynchronousFifo,
  downsizer,
  fifo,
  floatAdd,
  floatConvert,
  floatMultiply,
  fork,
  join,
  map,
  normalizer,
  priorityArbiter,
  registerSlice,
  round,
  roundRobinArbiter,
  synchronizer,
  upsizer,
} from '../../src/parts/index.ts';
import { dotProductUnit, rowStationaryArray, systolicArray } from '../../src/parts/arrays/index.ts';

const tiny = { exponentBits: 3, fractionBits: 2 };
const small = { exponentBits: 4, fractionBits: 3 };
const pixel = { value: sint(8), last: bit() };

const squared = defineModule('squared', { doc: 'map: squares of what comes' }, () => ({
  ports: {
    from: input(stream(pixel), 'numbers'),
    to: output(stream({ square: sint(16), last: bit() }), 'their squares'),
  },
  body({ from, to }) {
    const squares = map(from, ({ value, last }) => ({ square: value.mul(value), last }));
    connect(squares, to);
    return {};
  },
}));

const added = defineModule('added', { doc: 'join: sums of pairs' }, () => ({
  ports: {
    left: input(stream({ value: uint(5) }), 'one summand'),
    right: input(stream({ value: uint(7), tags: vec(uint(2), 2) }), 'the other'),
    to: output(stream({ sum: uint(8), tags: vec(uint(2), 2) }), 'sums'),
  },
  body({ left, right, to }) {
    const sums = join({ left, right }, (beat) => ({
      sum: beat.left.value.add(beat.right.value),
      tags: beat.right.tags,
    }));
    connect(sums, to);
    return {};
  },
}));

const rounded = defineModule('rounded', { doc: 'round: four fraction bits less' }, () => ({
  ports: {
    exact: input(sint(12), 'with 4 fraction bits'),
    lower: output(sint(8), 'truncate'),
    upper: output(sint(9), 'half-up'),
    outer: output(sint(9), 'half-away-from-zero'),
    even: output(sint(9), 'half-to-even'),
  },
  body({ exact, lower, upper, outer, even }) {
    lower.set(round(exact, 4, 'truncate'));
    upper.set(round(exact, 4, 'half-up'));
    outer.set(round(exact, 4, 'half-away-from-zero'));
    even.set(round(exact, 4, 'half-to-even'));
    return {};
  },
}));

const far = clockDomain('far');

const crossing = defineModule('crossing', { doc: 'synchronizer: a flag on its way' }, () => ({
  domains: [far],
  ports: {
    flag: input(bit(), 'set here'),
    seen: output(bit(), 'seen there', far),
  },
  body({ flag, seen }) {
    const sent = reg(bit(), { init: 0 });
    sent.set(flag);
    inDomain(far, () => {
      seen.set(synchronizer(sent));
    });
    return { sent };
  },
}));

export const parts: readonly Program[] = [
  elaborate(...fifo({ fields: pixel, depth: 4 })),
  elaborate(...fifo({ fields: pixel, depth: 3 })),
  elaborate(...asynchronousFifo({ fields: { word: uint(8) }, depth: 4 })),
  elaborate(...registerSlice({ fields: pixel })),
  elaborate(...fork({ fields: pixel, to: ['left', 'right'] })),
  elaborate(...priorityArbiter({ fields: pixel, from: ['urgent', 'normal', 'idle'] })),
  elaborate(...roundRobinArbiter({ fields: pixel, from: ['left', 'middle', 'right'] })),
  elaborate(...upsizer({ word: uint(8), words: 4 })),
  elaborate(...downsizer({ word: uint(8), words: 4 })),
  elaborate(...normalizer({ width: 6 })),
  elaborate(...floatAdd({ format: tiny, stages: 1 })),
  elaborate(...floatMultiply({ a: tiny, b: tiny, result: small })),
  elaborate(...floatConvert({ from: small, to: tiny })),
  elaborate(...systolicArray({ rows: 2, columns: 2, operandBits: 4, lanes: 1 })),
  elaborate(
    ...rowStationaryArray({
      rows: 2,
      columns: 2,
      rowLength: 4,
      outputs: 3,
      operandBits: 4,
      lanes: 2,
    }),
  ),
  elaborate(
    ...dotProductUnit({
      outputs: 2,
      tokens: 2,
      inputs: 2,
      operandBits: 4,
      lanes: 2,
      groups: 3,
      maxLength: 8,
    }),
  ),
  elaborate(squared, {}),
  elaborate(added, {}),
  elaborate(rounded, {}),
  elaborate(crossing, {}),
];
