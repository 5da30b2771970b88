/** Every part as a design with streams, what goes in, and what must come out. */
import { expect } from 'vitest';
import {
  bit,
  connect,
  defineModule,
  elaborate,
  input,
  output,
  sint,
  stream,
  uint,
  vec,
  widthOf,
} from '../../src/hdl/index.ts';
import type { Fields, ScalarType } from '../../src/hdl/index.ts';
import type { Program } from '../../src/ir/index.ts';
import type { Rng } from '../../src/numeric/index.ts';
import {
  downsizer,
  fifo,
  fork,
  join,
  map,
  priorityArbiter,
  registerSlice,
  roundRobinArbiter,
  upsizer,
} from '../../src/parts/index.ts';
import type { Cycle } from './trace.ts';

/** Beats by stream, each with its fields packed from bit 0 up. */
export type BeatLists = Readonly<Record<string, readonly bigint[]>>;

export interface PartCase {
  readonly name: string;
  readonly program: Program;
  /** Random beats for every input. */
  inputs(random: Rng): BeatLists;
  /** Number of beats that every output must deliver. */
  counts(inputs: BeatLists): Readonly<Record<string, number>>;
  /** Throws where what came out is wrong. */
  check(inputs: BeatLists, outputs: BeatLists, trace: readonly Cycle[]): void;
  /** Cycles from the first beat offered to the last beat out where nothing stalls. */
  cycles(inputs: BeatLists): number;
  /** Pins, cycle by cycle after reset, that break what the part asks of its surroundings, or do not. */
  readonly contracts?: readonly {
    readonly drive: readonly Readonly<Record<string, number>>[];
    readonly broken: boolean;
  }[];
}

export const randomBits = (random: Rng, width: number): bigint => {
  let value = 0n;
  for (let bits = 0; bits < width; bits += 32) value = (value << 32n) | BigInt(random.uint32());
  return BigInt.asUintN(width, value);
};

const fieldsWidth = (fields: Fields): number =>
  Object.values(fields).reduce((sum, type) => sum + widthOf(type), 0);

const randomBeats = (random: Rng, fields: Fields, count: number): bigint[] =>
  Array.from({ length: count }, () => randomBits(random, fieldsWidth(fields)));

/** A case whose outputs follow from its inputs alone. */
function exact(
  name: string,
  program: Program,
  inputs: PartCase['inputs'],
  golden: (inputs: BeatLists) => BeatLists,
  cycles: PartCase['cycles'],
): PartCase {
  return {
    name,
    program,
    inputs,
    counts: (inputs) =>
      Object.fromEntries(Object.entries(golden(inputs)).map(([key, beats]) => [key, beats.length])),
    check: (inputs, outputs) => {
      expect(outputs).toEqual(golden(inputs));
    },
    cycles,
  };
}

const someBeats =
  (name: string, fields: Fields) =>
  (random: Rng): BeatLists => ({ [name]: randomBeats(random, fields, 1 + random.below(40)) });

export const fifoCase = (fields: Fields, depth: number): PartCase =>
  exact(
    `fifo of ${depth}`,
    elaborate(...fifo({ fields, depth })),
    someBeats('push', fields),
    ({ push }) => ({ pop: push! }),
    ({ push }) => push!.length + 1,
  );

export const registerSliceCase = (fields: Fields): PartCase =>
  exact(
    'register slice',
    elaborate(...registerSlice({ fields })),
    someBeats('from', fields),
    ({ from }) => ({ to: from! }),
    ({ from }) => from!.length + 1,
  );

export const forkCase = (fields: Fields, names: readonly string[]): PartCase =>
  exact(
    `fork to ${names.length}`,
    elaborate(...fork({ fields, to: names })),
    someBeats('from', fields),
    ({ from }) => Object.fromEntries(names.map((name) => [`to_${name}`, from!])),
    ({ from }) => from!.length,
  );

/** Rows of words, each ended by `last`: their beats on a stream of single words. */
const wordBeats = (rows: readonly (readonly bigint[])[], width: number): bigint[] =>
  rows.flatMap((row) =>
    row.map((word, index) => word | (BigInt(index === row.length - 1) << BigInt(width))),
  );

/** The same rows as wide beats: words, their count, `last`. */
const wideBeats = (
  rows: readonly (readonly bigint[])[],
  width: number,
  words: number,
): bigint[] => {
  const countBits = BigInt(Math.ceil(Math.log2(words + 1)));
  return rows.flatMap((row) => {
    const beats: bigint[] = [];
    for (let start = 0; start < row.length; start += words) {
      const part = row.slice(start, start + words);
      const packed = part.reduceRight((bits, word) => (bits << BigInt(width)) | word, 0n);
      const last = BigInt(start + words >= row.length);
      const head = (last << countBits) | BigInt(part.length);
      beats.push((head << BigInt(width * words)) | packed);
    }
    return beats;
  });
};

const randomRows = (random: Rng, width: number, words: number): bigint[][] =>
  Array.from({ length: 1 + random.below(6) }, () =>
    Array.from({ length: 1 + random.below(3 * words) }, () => randomBits(random, width)),
  );

/** Converters share one case: what one makes of a row, the other turns back. */
function converterCase(word: ScalarType, words: number, up: boolean): PartCase {
  const { width } = word;
  // Rows are kept beside the beats that they became.
  const known = new WeakMap<BeatLists, readonly (readonly bigint[])[]>();
  const forms = {
    narrow: (rows: readonly (readonly bigint[])[]) => wordBeats(rows, width),
    wide: (rows: readonly (readonly bigint[])[]) => wideBeats(rows, width, words),
  };
  const [before, after] = up ? [forms.narrow, forms.wide] : [forms.wide, forms.narrow];
  return exact(
    `${up ? 'upsizer' : 'downsizer'} of ${words}`,
    up ? elaborate(...upsizer({ word, words })) : elaborate(...downsizer({ word, words })),
    (random) => {
      const rows = randomRows(random, width, words);
      const inputs = { from: before(rows) };
      known.set(inputs, rows);
      return inputs;
    },
    (inputs) => ({ to: after(known.get(inputs)!) }),
    (inputs) => forms.narrow(known.get(inputs)!).length + (up ? 1 : 0),
  );
}

export const upsizerCase = (word: ScalarType, words: number): PartCase =>
  converterCase(word, words, true);

export const downsizerCase = (word: ScalarType, words: number): PartCase => ({
  ...converterCase(word, words, false),
  contracts: Array.from({ length: 2 ** Math.ceil(Math.log2(words + 1)) }, (_, count) => ({
    drive: [{ from_count: count }, { from_valid: 1 }],
    broken: count === 0 || count > words,
  })),
});

const mapped = defineModule('mapped', { doc: 'Turns the fields of a beat around' }, () => ({
  ports: {
    from: input(stream({ value: sint(6), tag: uint(3) })),
    to: output(stream({ tag: uint(3), square: sint(12) })),
  },
  body({ from, to }) {
    const squares = map(from, ({ value, tag }) => ({ tag, square: value.mul(value) }));
    connect(squares, to);
    return {};
  },
}));

export const mapCase = (): PartCase =>
  exact(
    'map',
    elaborate(mapped, {}),
    someBeats('from', { value: sint(6), tag: uint(3) }),
    ({ from }) => ({
      to: from!.map((beat) => {
        const value = BigInt.asIntN(6, beat);
        return ((value * value) << 3n) | (beat >> 6n);
      }),
    }),
    ({ from }) => from!.length,
  );

const joined = defineModule('joined', { doc: 'One beat of each' }, () => ({
  ports: {
    left: input(stream({ value: uint(5) })),
    middle: input(stream({ value: uint(7), last: bit() })),
    right: input(stream({ pair: vec(uint(2), 2) })),
    to: output(stream({ pair: vec(uint(2), 2), sum: uint(8), last: bit() })),
  },
  body({ left, middle, right, to }) {
    const all = join({ left, middle, right }, (beat) => ({
      pair: beat.right.pair,
      sum: beat.left.value.add(beat.middle.value),
      last: beat.middle.last,
    }));
    connect(all, to);
    return {};
  },
}));

export const joinCase = (): PartCase =>
  exact(
    'join',
    elaborate(joined, {}),
    (random) => {
      const count = 1 + random.below(40);
      return {
        left: randomBeats(random, { value: uint(5) }, count),
        middle: randomBeats(random, { value: uint(8) }, count),
        right: randomBeats(random, { value: uint(4) }, count),
      };
    },
    ({ left, middle, right }) => ({
      to: left!.map((value, index) => {
        const sum = value + (middle![index]! & 127n);
        return ((middle![index]! >> 7n) << 12n) | (sum << 4n) | right![index]!;
      }),
    }),
    ({ left }) => left!.length,
  );

/** Index of the stream that passes: `waiting` says who offers a beat, `last` who passed before. */
type Choice = (waiting: readonly boolean[], last: number) => number;

const inTurn: Choice = (waiting, last) => {
  const turns = waiting.map((_, index) => (last + 1 + index) % waiting.length);
  return turns.find((index) => waiting[index]) ?? -1;
};

const byPriority: Choice = (waiting) => waiting.indexOf(true);

/** Compares every cycle with an arbiter that counts streams instead of masking bits. */
function checkGrants(names: readonly string[], choose: Choice, trace: readonly Cycle[]): void {
  let last = names.length - 1;
  let held = -1;
  trace.forEach((cycle, number) => {
    const waiting = names.map((name) => cycle[`from_${name}`]!.valid);
    const granted = held >= 0 ? held : choose(waiting, last);
    const { valid, ready, data } = cycle['to']!;
    const at = `cycle ${number}`;
    expect(valid, at).toBe(granted >= 0);
    names.forEach((name, index) => {
      expect(cycle[`from_${name}`]!.ready, at).toBe(ready && index === granted);
    });
    if (granted < 0) return;
    expect(data, at).toBe(cycle[`from_${names[granted]!}`]!.data);
    held = ready ? -1 : granted;
    if (ready) last = granted;
  });
}

function arbiterCase(
  name: string,
  program: Program,
  fields: Fields,
  names: readonly string[],
  choose: Choice,
): PartCase {
  const total = (inputs: BeatLists): number =>
    Object.values(inputs).reduce((sum, beats) => sum + beats.length, 0);
  return {
    name: `${name} of ${names.length}`,
    program,
    inputs: (random) =>
      Object.fromEntries(
        names.map((name) => [`from_${name}`, randomBeats(random, fields, 1 + random.below(20))]),
      ),
    counts: (inputs) => ({ to: total(inputs) }),
    check: (inputs, outputs, trace) => {
      checkGrants(names, choose, trace);
      // What passed in the name of each stream, by the trace, is what was put in.
      const passed = Object.fromEntries(
        Object.keys(inputs).map((key) => [
          key,
          trace.flatMap((cycle) => {
            const { valid, ready } = cycle[key]!;
            return valid && ready ? [cycle['to']!.data] : [];
          }),
        ]),
      );
      expect(passed).toEqual(inputs);
      expect(outputs['to']).toHaveLength(total(inputs));
    },
    cycles: total,
    contracts: names.flatMap((name) => {
      const offered = { [`from_${name}_valid`]: 1 };
      const withdrawn = { [`from_${name}_valid`]: 0 };
      const others = names.filter((other) => other !== name);
      const more = Object.fromEntries(others.map((other) => [`from_${other}_valid`, 1]));
      return [
        { drive: [offered, more, { to_ready: 1 }], broken: false },
        { drive: [offered, { ...withdrawn, to_ready: 1 }, { to_ready: 0 }], broken: true },
        { drive: [offered, { ...withdrawn, ...more }], broken: true },
        { drive: [{ ...offered, to_ready: 1 }, withdrawn, more], broken: false },
      ];
    }),
  };
}

export const roundRobinCase = (fields: Fields, names: readonly string[]): PartCase =>
  arbiterCase(
    'round-robin arbiter',
    elaborate(...roundRobinArbiter({ fields, from: names })),
    fields,
    names,
    inTurn,
  );

export const priorityCase = (fields: Fields, names: readonly string[]): PartCase =>
  arbiterCase(
    'priority arbiter',
    elaborate(...priorityArbiter({ fields, from: names })),
    fields,
    names,
    byPriority,
  );
