/**
 * Compiled code as WebAssembly, as far as it works on int32s alone: no checks of bounds, conditional
 * moves where JavaScript branches, and no assumption that could turn out wrong later. Everything else
 * stays JavaScript over the same memory.
 */
import type { WasmArray } from './expressions.ts';
import { translate } from './module.ts';

export type { WasmArray } from './expressions.ts';
export { translate } from './module.ts';
export type { Translated } from './module.ts';

/** What is needed of the global WebAssembly, which an engine may lack (`node --jitless` does). */
interface Engine {
  readonly Memory: new (size: { initial: number; maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly env: Readonly<Record<string, object>> },
  ) => { readonly exports: Readonly<Record<string, (...values: number[]) => number>> };
}

export interface LoadedCode {
  /** Holds the arrays. */
  readonly buffer: ArrayBuffer;
  /** JavaScript that takes translated functions from `wasm`. */
  readonly source: string;
  /** What `wasm` is in each direction between the images of state. */
  readonly wasm: readonly [object, object];
  /**
   * Settles and ticks until so many cycles are done or a check has failed; gives how many. One for each
   * image to begin with; absent where part of the code is JavaScript.
   */
  readonly run: readonly [(cycles: number) => number, (cycles: number) => number] | undefined;
}

const pageBytes = 65536;

/**
 * Loads compiled source whose arrays of int32s lie within `bytes` bytes. `fail` reports a failed check.
 * Where there is no WebAssembly, or no memory for it, all stays JavaScript.
 */
export function loadCode(
  source: string,
  arrays: ReadonlyMap<string, WasmArray>,
  bytes: number,
  fail: (index: number, row: number) => void,
): LoadedCode {
  const pages = Math.ceil(bytes / pageBytes);
  const { WebAssembly: engine } = globalThis as { readonly WebAssembly?: Engine };
  const translated = engine && translate(source, arrays, pages);
  const memory = translated && openMemory(engine, pages);
  if (memory === undefined) {
    return { buffer: new ArrayBuffer(bytes), source, wasm: [{}, {}], run: undefined };
  }
  const module = new engine!.Module(translated!.bytes);
  const { exports } = new engine!.Instance(module, { env: { memory, fail } });
  const { names, isWhole } = translated!;
  const functionsOf = (direction: 0 | 1): object =>
    Object.fromEntries(names.map((name) => [name, exports[`${name}_${direction}`]]));
  return {
    buffer: memory.buffer,
    source: translated!.source,
    wasm: [functionsOf(0), functionsOf(1)],
    run: isWhole ? [exports['run_0']!, exports['run_1']!] : undefined,
  };
}

/** An engine sets gigabytes of addresses aside for each memory and may run out of them. */
function openMemory(engine: Engine, pages: number): { readonly buffer: ArrayBuffer } | undefined {
  try {
    return new engine.Memory({ initial: pages, maximum: pages });
  } catch {
    return undefined;
  }
}
