import type { WasmArray } from './wasm/index.ts';

/** Sizes of the arrays of int32s that compiled code works on, in words. */
export interface IntSizes {
  /** One image of the state. */
  readonly state: number;
  readonly memory: number;
  readonly pins: number;
  readonly scratch: number;
}

/** Where they lie in one piece of memory. */
export interface IntPlaces {
  /** By the names that compiled code has for them outside of functions. */
  readonly arrays: ReadonlyMap<string, WasmArray>;
  /** Size of the memory in bytes. */
  readonly bytes: number;
}

const lineBytes = 64;
/** Processors of Intel take a load for one of a store before it if they are a multiple of this apart. */
const aliasBytes = 4096;

/** Places all arrays; the two images of the state take turns as `C_` and `N_`. */
export function placeInts(
  { state, memory, pins, scratch }: IntSizes,
  tables: readonly Int32Array[],
): IntPlaces {
  let bytes = 0;
  const reserve = (length: number): number => {
    const place = bytes;
    bytes += Math.ceil((4 * length) / lineBytes) * lineBytes;
    return place;
  };
  const arrays = new Map<string, WasmArray>();
  const add = (
    name: string,
    places: readonly [number, number],
    length: number,
    bounds: { readonly low: number; readonly high: number } = {
      low: -(2 ** 31),
      high: 2 ** 31 - 1,
    },
  ) => arrays.set(name, { kind: 'array', places, length, ...bounds });
  const addFixed = (name: string, length: number, bounds?: { low: number; high: number }) => {
    const place = reserve(length);
    add(name, [place, place], length, bounds);
  };
  tables.forEach((table, i) => {
    const low = table.reduce((least, value) => Math.min(least, value), Infinity);
    const high = table.reduce((most, value) => Math.max(most, value), -Infinity);
    addFixed(`T${i}`, table.length, { low, high });
  });
  addFixed('P_', pins);
  addFixed('X_', scratch);
  addFixed('M_', memory);
  const first = reserve(state);
  // Half such a distance lies between the images, as the state after the edge is stored near where
  // the state before it is loaded.
  bytes += (aliasBytes + aliasBytes / 2 - ((bytes - first) % aliasBytes)) % aliasBytes;
  const second = reserve(state);
  add('C_', [first, second], state);
  add('N_', [second, first], state);
  return { arrays, bytes };
}
