import type { Program } from '../ir/index.ts';
import { emit } from './emit.ts';
import { front } from './front.ts';
import type { Engine } from './front.ts';
import { laneOf } from './lanes.ts';
import { layOut, placeScopes } from './layout.ts';
import { defaultTuning, prepare } from './prepare.ts';
import type { Tuning } from './prepare.ts';
import { refuseUnusable } from './refuse.ts';
import * as runtime from './runtime.ts';
import { schedule as makeSchedule } from './schedule.ts';
import { elaborate, joinPath, readName, registerName } from './scope.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';
import { mapState, powerOn, resetImages } from './state.ts';
import type { Arrays } from './state.ts';
import { wordCount, wordsToBigInt } from './words.ts';

/** What the compiled source gives: C and FC hold the state before the edge, N and FN after it. */
interface Code {
  settle(C: Int32Array, FC: Float64Array, P: Int32Array): void;
  tick(C: Int32Array, FC: Float64Array, N: Int32Array, FN: Float64Array): void;
}

/**
 * Compiles a program to JavaScript. Each module becomes a few functions that loop over all its
 * instances; state lives in two sets of typed arrays that take turns, so that every register is read
 * as it was before the edge, whatever the order in which modules are updated.
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
  const schedule = makeSchedule(prepare(program, tuning), tuning);
  const layouts = layOut(schedule);
  const places = placeScopes(schedule, layouts);
  const compiled = emit(schedule, layouts, places);
  const state = mapState(schedule, layouts, places);
  const { size } = places;

  return front(program, elaborate(program), options, (pins, pinOf) => {
    // An element of a packed vector is read as two words, of which the second may lie behind it.
    const ints = [new Int32Array(size.int + 1), new Int32Array(size.int + 1)] as const;
    const floats = [new Float64Array(size.float), new Float64Array(size.float)] as const;
    const memoryInts = new Int32Array(size.memoryInt);
    const memoryFloats = new Float64Array(size.memoryFloat);
    const arrays: Arrays = { ints, floats, memoryInts, memoryFloats };
    powerOn(state, arrays, options.seed ?? 1);

    const failed: { readonly index: number; readonly row: number }[] = [];
    const names = {
      ...runtime,
      X: new Int32Array(compiled.scratch),
      M: memoryInts,
      FM: memoryFloats,
      tables: compiled.tables,
      fail: (index: number, row: number) => failed.push({ index, row }),
    };
    const make = new Function(...Object.keys(names), compiled.source);
    const code = make(...Object.values(names)) as Code;

    const { domains } = schedule.top.module;
    const resetPins = new Map(
      domains.map((domain) => [domain.name, pinOf(domain.reset).offset] as const),
    );
    const inReset = (domain: string) => (pins[resetPins.get(domain)!]! & 1) === 0;
    const resets = resetImages(state, [...resetPins.keys()]);
    let [c, n] = ints;
    let [fc, fn] = floats;

    const register = (path: string): bigint => {
      const { slot, width } = state.registers.get(path)!;
      return laneOf(width) === 'float'
        ? BigInt.asUintN(width, BigInt(fc[slot]!))
        : wordsToBigInt(c, slot, wordCount(width));
    };
    const engine: Engine = {
      settle: () => code.settle(c, fc, pins),
      tick(report) {
        code.tick(c, fc, n, fn);
        for (const image of resets) {
          if (!inReset(image.domain)) continue;
          image.slots.forEach((slot, i) => (n[slot] = image.values[i]!));
          image.floatSlots.forEach((slot, i) => (fn[slot] = image.floatValues[i]!));
        }
        for (const { index, row } of failed) {
          const { check, rows } = compiled.checks[index]!;
          const { path, module } = rows[row]!;
          if (!inReset(module.domains[check.domain]!.name)) report(path, check);
        }
        failed.length = 0;
        [c, n] = [n, c];
        [fc, fn] = [fn, fc];
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
  });
}
