import type { Program } from '../ir/index.ts';
import { oneClock } from './clocks.ts';
import { emit } from './emit.ts';
import { front } from './front.ts';
import type { Engine, Report } from './front.ts';
import { laneOf } from './lanes.ts';
import { layOut, placeScopes } from './layout.ts';
import { placeInts } from './memory.ts';
import { layPins } from './pins.ts';
import type { TopPin } from './pins.ts';
import { defaultTuning, prepare } from './prepare.ts';
import type { Tuning } from './prepare.ts';
import { refuseUnusable } from './refuse.ts';
import * as runtime from './runtime.ts';
import { schedule as makeSchedule } from './schedule.ts';
import { elaborate, joinPath, readName, registerName } from './scope.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';
import { mapState, powerOn, resetImages } from './state.ts';
import type { Arrays } from './state.ts';
import { loadCode } from './wasm/index.ts';
import { wordCount, wordsToBigInt } from './words.ts';

/** How many texts this process has compiled so far. */
let texts = 0;

/** Most cycles of one run in WebAssembly, which counts in int32s. */
const mostCycles = 2 ** 30;

/** What the compiled source gives. */
interface Code {
  settle(): void;
  tick(): void;
}

/**
 * Compiles a program to JavaScript and that, where it can, to WebAssembly. Each module becomes a few
 * functions that loop over all its instances; state lives in two sets of typed arrays that take turns,
 * so that every register is read as it was before the edge, whatever the order in which modules are
 * updated.
 *
 * Registers and memories start from values that depend on the seed and their path alone. Throws
 * where the program has a combinational loop.
 */
export function createSimulator(
  program: Program,
  options: SimulatorOptions = {},
  tuning: Tuning = defaultTuning,
): Simulator {
  refuseUnusable(program);
  const schedule = makeSchedule(prepare(oneClock(program), tuning), tuning);
  const layouts = layOut(schedule);
  const places = placeScopes(schedule, layouts);
  const compiled = emit(schedule, layouts, places);
  const state = mapState(schedule, layouts, places);
  const { size } = places;
  const top = program.modules.at(-1)!;
  const { fires, words } = layPins(top);
  const { arrays: intArrays, bytes } = placeInts(
    {
      // An element of a packed vector is read as two words, of which the second may lie behind it.
      state: atLeast(size.int + 1),
      memory: atLeast(size.memoryInt),
      pins: words + fires.length,
      scratch: atLeast(compiled.scratch + 1),
    },
    compiled.tables,
  );
  const failed: { readonly index: number; readonly row: number }[] = [];
  const fail = (index: number, row: number): void => {
    failed.push({ index, row });
  };
  const { buffer, source, wasm, run } = loadCode(compiled.source, intArrays, bytes, fail);
  const viewOf = (name: string, image: 0 | 1 = 0): Int32Array => {
    const { places: at, length } = intArrays.get(name)!;
    return new Int32Array(buffer, at[image], length);
  };
  const tables = compiled.tables.map((table, i) => {
    const view = viewOf(`T${i}`);
    view.set(table);
    return view;
  });

  const createEngine = (pins: Int32Array, pinOf: (name: string) => TopPin): Engine => {
    const doubles = atLeast(size.float);
    const ints = [viewOf('C_', 0), viewOf('C_', 1)] as const;
    const floats = [new Float64Array(doubles), new Float64Array(doubles)] as const;
    const memoryInts = viewOf('M_');
    const memoryFloats = new Float64Array(atLeast(size.memoryFloat));
    const arrays: Arrays = { ints, floats, memoryInts, memoryFloats };
    powerOn(state, arrays, options.seed ?? 1);

    const scratch = viewOf('X_');
    /** Code that reads the state of `now` and writes the other one. */
    const codeFrom = (now: 0 | 1): Code => {
      const next = now === 0 ? 1 : 0;
      const names = {
        ...runtime,
        C_: ints[now],
        N_: ints[next],
        FC_: floats[now],
        FN_: floats[next],
        M_: memoryInts,
        FM_: memoryFloats,
        P_: pins,
        X_: scratch,
        tables,
        wasm: wasm[now],
        fail,
      };
      // V8 takes an array that a constant holds for a constant itself, with its place and length, as
      // long as the functions around it exist once, and equal texts share their functions: hence a
      // number that makes each text its own, also where one program is simulated twice.
      const declarations = Object.keys(names).map((name) => `const ${name} = names.${name};`);
      const lines = ["'use strict';", `// Text ${texts++}.`, ...declarations, source];
      return new Function('names', lines.join('\n'))(names) as Code;
    };
    const codes = [codeFrom(0), codeFrom(1)] as const;

    const { domains } = top;
    for (const { offset } of fires) pins[offset] = 1;
    const resetPins = domains.map((domain) => pinOf(domain.reset).offset);
    const inReset = (domain: number) => (pins[resetPins[domain]!]! & 1) === 0;
    const resets = resetImages(state, domains.length);
    let now: 0 | 1 = 0;

    const register = (path: string): bigint => {
      const { slot, width } = state.registers.get(path)!;
      return laneOf(width) === 'float'
        ? BigInt.asUintN(width, BigInt(floats[now][slot]!))
        : wordsToBigInt(ints[now], slot, wordCount(width));
    };
    /** What follows compiled code at an edge, which has left the new state in the other arrays. */
    const finishEdge = (report: Report, after: number, firing?: ReadonlySet<number>): void => {
      now = now === 0 ? 1 : 0;
      for (let domain = 0; domain < resets.length; domain++) {
        if (!inReset(domain) || firing?.has(domain) === false) continue;
        const image = resets[domain]!;
        image.slots.forEach((slot, i) => (ints[now][slot] = image.values[i]!));
        image.floatSlots.forEach((slot, i) => (floats[now][slot] = image.floatValues[i]!));
      }
      if (failed.length === 0) return;
      for (const { index, row } of failed) {
        const { check, rows } = compiled.checks[index]!;
        const { path, domains: driven } = rows[row]!;
        if (!inReset(driven[check.domain]!)) report(path, check, after);
      }
    };
    const engine: Engine = {
      settle: () => codes[now].settle(),
      tick(report, firing) {
        if (firing) {
          fires.forEach(({ offset }, domain) => (pins[offset] = firing.has(domain) ? 1 : 0));
          codes[now].settle();
          for (const { offset } of fires) pins[offset] = 1;
        }
        failed.length = 0;
        codes[now].tick();
        finishEdge(report, 0, firing);
      },
      run(cycles, report) {
        failed.length = 0;
        // Pins stay as they are, and so do the domains that are in reset.
        const resetting = resets.some(({ isEmpty }, domain) => !isEmpty && inReset(domain));
        if (run !== undefined && !resetting) {
          const done = run[now](Math.min(Math.ceil(cycles), mostCycles));
          if (done % 2 === 0) now = now === 0 ? 1 : 0;
          if (done > 0) finishEdge(report, done - 1);
          return done;
        }
        let done = 0;
        while (done < cycles && failed.length === 0) {
          const code = codes[now];
          code.settle();
          code.tick();
          finishEdge(report, done++);
        }
        return done;
      },
      leaves: {
        input(port) {
          const pin = pinOf(port);
          return BigInt.asUintN(pin.width, wordsToBigInt(pins, pin.offset, pin.words));
        },
        register: ({ path, module }, id) => register(joinPath(path, registerName(module, id))),
        read: ({ path, module }, memory, port) =>
          register(joinPath(path, readName(module, memory, port))),
        word({ path, module }, memory, address) {
          const { slot, stride, lane, width } = state.memories.get(
            joinPath(path, module.memories[memory]!.name),
          )!;
          return lane === 'float'
            ? BigInt.asUintN(width, BigInt(memoryFloats[slot + address]!))
            : wordsToBigInt(memoryInts, slot + address * stride, stride);
        },
      },
    };
    return engine;
  };
  return front(program, elaborate(program), options, createEngine, viewOf('P_'));
}

/** V8 keeps arrays of up to 64 bytes where they may move, and cannot take them for constants. */
function atLeast(length: number): number {
  return Math.max(length, 32);
}
