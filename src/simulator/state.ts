import { fromHex } from '../ir/index.ts';
import { laneOf } from './lanes.ts';
import type { Lane } from './lanes.ts';
import type { Layout, Places } from './layout.ts';
import { powerOnValue, powerOnWords } from './power-on.ts';
import type { Schedule } from './schedule.ts';
import { forEachScope, joinPath } from './scope.ts';
import { bigIntToWords, wordCount, wordsToBigInt } from './words.ts';

/** A register in the arrays of state. */
export interface RegisterPlace {
  readonly slot: number;
  readonly width: number;
  readonly init: bigint | undefined;
  /** Index of its domain in the top. */
  readonly domain: number;
}

export interface MemoryArea {
  /** Place of word 0 in the memory array of the lane. */
  readonly slot: number;
  readonly lane: Lane;
  readonly stride: number;
  readonly width: number;
  readonly depth: number;
  readonly init: readonly bigint[] | undefined;
}

/** The arrays that compiled code works on. */
export interface Arrays {
  /** Before and after the edge; they swap at every tick. */
  readonly ints: readonly [Int32Array, Int32Array];
  readonly floats: readonly [Float64Array, Float64Array];
  readonly memoryInts: Int32Array;
  readonly memoryFloats: Float64Array;
}

/** Everything that has a place in the arrays, by path. */
export interface StateMap {
  readonly registers: ReadonlyMap<string, RegisterPlace>;
  readonly memories: ReadonlyMap<string, MemoryArea>;
  readonly constants: readonly {
    readonly slot: number;
    readonly width: number;
    readonly bits: bigint;
  }[];
}

export function mapState(
  schedule: Schedule,
  layouts: ReadonlyMap<string, Layout>,
  places: Places,
): StateMap {
  const registers = new Map<string, RegisterPlace>();
  const memories = new Map<string, MemoryArea>();
  const constants: { slot: number; width: number; bits: bigint }[] = [];
  forEachScope(schedule.top, (scope) => {
    const { module, path } = scope;
    const { definition } = schedule.definitions.get(module.name)!;
    const layout = layouts.get(module.name)!;
    const base = places.baseOf(scope);
    const absolute = (slot: number, width: number) =>
      slot + (laneOf(width) === 'float' ? base.float : base.int);
    definition.states.forEach(({ name, width, init, domain }, index) => {
      registers.set(joinPath(path, name), {
        slot: absolute(layout.states[index]!, width),
        width,
        init,
        domain: scope.domains[domain]!,
      });
    });
    definition.memories.forEach(({ name, width, depth, init }, index) => {
      const { lane, stride, base: offset } = layout.memories[index]!;
      const slot = offset + (lane === 'float' ? base.memoryFloat : base.memoryInt);
      const words = init?.map(fromHex);
      memories.set(joinPath(path, name), { slot, lane, stride, width, depth, init: words });
    });
    for (const [id, slot] of layout.constants) {
      const value = definition.values[id]!;
      if (value.kind !== 'const') continue;
      constants.push({ slot: absolute(slot, value.width), width: value.width, bits: value.bits });
    }
  });
  return { registers, memories, constants };
}

/** Fills all arrays as they are when power comes on. */
export function powerOn(state: StateMap, arrays: Arrays, seed: number): void {
  for (const [path, { slot, width }] of state.registers) {
    storeWords(arrays, 0, slot, width, powerOnValue(powerOnWords(seed, path), width));
  }
  for (const { slot, width, bits } of state.constants) {
    const words = bigIntToWords(bits, wordCount(width));
    storeWords(arrays, 0, slot, width, words);
    storeWords(arrays, 1, slot, width, words);
  }
  for (const [path, { slot, lane, stride, width, depth, init }] of state.memories) {
    const next = powerOnWords(seed, path);
    for (let address = 0; address < depth; address++) {
      const words =
        init === undefined
          ? powerOnValue(next, width)
          : bigIntToWords(init[address]!, wordCount(width));
      if (lane === 'float') arrays.memoryFloats[slot + address] = doubleOf(words, width);
      else arrays.memoryInts.set(words, slot + address * stride);
    }
  }
}

function storeWords(
  { ints, floats }: Arrays,
  which: 0 | 1,
  slot: number,
  width: number,
  words: readonly number[],
): void {
  if (laneOf(width) === 'float') floats[which][slot] = doubleOf(words, width);
  else ints[which].set(words, slot);
}

/** The signed double of a value of 33 .. 53 bits. */
function doubleOf(words: readonly number[], width: number): number {
  return Number(BigInt.asIntN(width, wordsToBigInt(words, 0, words.length)));
}

/** What the reset of one domain writes, ready for a loop. */
export interface ResetImage {
  readonly domain: number;
  readonly slots: Int32Array;
  readonly values: Int32Array;
  readonly floatSlots: Int32Array;
  readonly floatValues: Float64Array;
  readonly isEmpty: boolean;
}

/** One for each domain of the top. */
export function resetImages(state: StateMap, domains: number): ResetImage[] {
  return Array.from({ length: domains }, (_, domain) => {
    const slots: number[] = [];
    const values: number[] = [];
    const floatSlots: number[] = [];
    const floatValues: number[] = [];
    for (const { slot, width, init, domain: own } of state.registers.values()) {
      if (init === undefined || own !== domain) continue;
      const words = bigIntToWords(init, wordCount(width));
      if (laneOf(width) === 'float') {
        floatSlots.push(slot);
        floatValues.push(doubleOf(words, width));
      } else {
        words.forEach((word, i) => {
          slots.push(slot + i);
          values.push(word);
        });
      }
    }
    return {
      domain,
      isEmpty: slots.length + floatSlots.length === 0,
      slots: Int32Array.from(slots),
      values: Int32Array.from(values),
      floatSlots: Int32Array.from(floatSlots),
      floatValues: Float64Array.from(floatValues),
    };
  });
}
