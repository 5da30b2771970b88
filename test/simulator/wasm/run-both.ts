import * as runtime from '../../../src/simulator/runtime.ts';
import { loadCode } from '../../../src/simulator/wasm/index.ts';
import type { LoadedCode, WasmArray } from '../../../src/simulator/wasm/index.ts';

export interface Outcome {
  /** What is in memory after all. */
  readonly words: readonly number[];
  readonly failed: readonly (readonly [number, number])[];
}

const lengths = { T0: 8, P_: 4, X_: 34, M_: 34, C_: 64, N_: 64 };
export type ArrayName = keyof typeof lengths;

/** Elements of `T0`, which are small enough to be places in every array. */
export const table = [3, 0, 7, 1, 1, 5, 2, 6];

/** Arrays behind each other; `C_` and `N_` take turns. */
export function arraysOf(): { arrays: Map<string, WasmArray>; bytes: number } {
  let bytes = 0;
  const placed = Object.entries(lengths).map(([name, length]) => {
    const at = bytes;
    bytes += 4 * length;
    return { name, length, at };
  });
  const placeOf = (name: string) => placed.find((array) => array.name === name)!.at;
  const turn: Record<string, string> = { C_: 'N_', N_: 'C_' };
  const arrays = new Map(
    placed.map(({ name, length, at }): [string, WasmArray] => {
      const bounds = name === 'T0' ? { low: 0, high: 7 } : { low: -(2 ** 31), high: 2 ** 31 - 1 };
      const places = [at, placeOf(turn[name] ?? name)] as const;
      return [name, { kind: 'array', places, length, ...bounds }];
    }),
  );
  return { arrays, bytes };
}

/** Runs `settle` and `tick` in both directions, as JavaScript and as what `loadCode` makes of it. */
export function runBoth(
  functions: string,
  words: readonly number[],
): { readonly javascript: Outcome; readonly loaded: Outcome; readonly code: LoadedCode } {
  const source = `const T0 = tables[0];\n${functions}\nreturn { settle, tick };`;
  const { arrays, bytes } = arraysOf();
  const outcome = (load: (fail: (index: number, row: number) => void) => LoadedCode) => {
    const failed: [number, number][] = [];
    const fail = (index: number, row: number) => failed.push([index, row]);
    const code = load(fail);
    const whole = new Int32Array(code.buffer).subarray(0, bytes / 4);
    whole.set(words.slice(0, whole.length));
    whole.set(table);
    for (const direction of [0, 1] as const) {
      const view = (name: string) => {
        const { places, length } = arrays.get(name)!;
        return new Int32Array(code.buffer, places[direction], length);
      };
      const names: Record<string, unknown> = { ...runtime, fail, wasm: code.wasm[direction] };
      for (const name of arrays.keys()) names[name] = view(name);
      names['tables'] = [view('T0')];
      delete names['T0'];
      const constants = Object.keys(names).map((name) => `const ${name} = names.${name};`);
      const text = [...constants, code.source].join('\n');
      const { settle, tick } = new Function('names', text)(names) as Record<string, () => void>;
      settle!();
      tick!();
    }
    return { code, result: { words: [...whole], failed } };
  };
  const plain = outcome(() => {
    return { buffer: new ArrayBuffer(bytes), source, wasm: [{}, {}], run: undefined };
  });
  const loaded = outcome((fail) => loadCode(source, arrays, bytes, fail));
  return { javascript: plain.result, loaded: loaded.result, code: loaded.code };
}
