import type { Check, Module, Program } from '../ir/index.ts';
import { createEvaluator } from './evaluate.ts';
import type { Leaves } from './evaluate.ts';
import { layPins } from './pins.ts';
import type { TopPin } from './pins.ts';
import { joinPath } from './scope.ts';
import type { Scope } from './scope.ts';
import type { CheckFailure, Pin, Simulator, SimulatorOptions } from './simulator.ts';
import { bigIntToWords, wordsToBigInt } from './words.ts';

/**
 * Takes a check that failed, the path of the module that holds it, and in which cycle since the engine
 * was called it failed (default 0).
 */
export type Report = (path: string, check: Check, after?: number) => void;

/** What an engine does; `front` makes a `Simulator` of it. */
export interface Engine {
  /** Reads input pins, writes output pins. */
  settle(): void;
  /**
   * Advances all state by one edge and reports the failed checks of the cycle before it. `firing`
   * lists the domains of the top whose clocks take part; all do where it is absent.
   */
  tick(report: Report, firing?: ReadonlySet<number>): void;
  /**
   * Settles and ticks all clocks, `cycles` times or until a check has failed; returns how many times.
   */
  run(cycles: number, report: Report): number;
  /** State and inputs, for looking at what is computed inside. */
  readonly leaves: Leaves;
}

/**
 * Pins, names, checks and counting, which are the same for every engine. The engine may say where
 * pins lie (`layPins`: their words and the `fires` behind them).
 */
export function front(
  program: Program,
  top: Scope,
  options: SimulatorOptions,
  createEngine: (pins: Int32Array, pinOf: (name: string) => TopPin) => Engine,
  memory = pinMemory(top.module),
): Simulator {
  const layout = layPins(top.module);
  const pins = memory.subarray(0, layout.words);
  const pinByName = new Map(layout.pins.map((pin) => [pin.name, pin]));
  const pinOf = (name: string): TopPin => {
    const pin = pinByName.get(name);
    if (pin !== undefined) return pin;
    const names = layout.pins.map((candidate) => candidate.name).join(', ');
    throw new Error(`'${program.top}' has no port '${name}'; its ports are ${names}.`);
  };
  const engine = createEngine(memory, pinOf);
  const evaluator = createEvaluator(engine.leaves);
  let cycle = 0;
  let failures: CheckFailure[] = [];

  const report: Report = (path, check, after = 0) => {
    const { location } = check;
    failures.push({
      path: joinPath(path, check.name),
      message: check.message,
      location: location === undefined ? undefined : `${location.file}:${location.line}`,
      cycle: cycle + after,
    });
  };
  const deliver = () => {
    const delivered = failures;
    failures = [];
    for (const failure of delivered) {
      if (options.onFailure === undefined) throw new Error(describe(failure));
      options.onFailure(failure);
    }
  };
  const { domains } = program.modules.at(-1)!;
  const firingOf = (names: readonly string[]): ReadonlySet<number> =>
    new Set(
      names.map((name) => {
        const index = domains.findIndex((domain) => domain.name === name);
        if (index >= 0) return index;
        const known = domains.map((domain) => domain.name).join(', ');
        throw new Error(`'${program.top}' has no clock domain '${name}', but ${known}.`);
      }),
    );
  const observe = (): void => {
    evaluator.forget();
    options.onCycle?.({
      cycle,
      top,
      value: evaluator.value,
      port: evaluator.port,
      reset: (name) => BigInt(pins[pinOf(name).offset]! & 1),
      word: engine.leaves.word,
    });
  };
  const tick = (names?: readonly string[]) => {
    if (options.onCycle !== undefined) observe();
    const firing = names && firingOf(names);
    if (firing === undefined || firing.size === domains.length) engine.tick(report);
    else if (firing.size > 0) engine.tick(report, firing);
    cycle++;
    if (failures.length > 0) deliver();
  };

  return {
    pins,
    pin: (name): Pin => pinOf(name),
    get cycle() {
      return cycle;
    },
    settle: () => engine.settle(),
    tick,
    run(cycles = 1) {
      if (options.onCycle !== undefined) {
        for (let i = 0; i < cycles; i++) {
          engine.settle();
          tick();
        }
        return;
      }
      for (let left = cycles; left > 0;) {
        const done = engine.run(left, report);
        cycle += done;
        left -= done;
        if (failures.length > 0) deliver();
      }
    },
    poke(port, value) {
      const pin = pinOf(port);
      if (pin.direction !== 'input') {
        throw new Error(`'${port}' is an output of '${program.top}'; only inputs can be set.`);
      }
      pins.set(bigIntToWords(checkedValue(pin, value), pin.words), pin.offset);
    },
    peek(path) {
      engine.settle();
      const pin = pinByName.get(path);
      if (pin !== undefined) return wordsToBigInt(pins, pin.offset, pin.words);
      evaluator.forget();
      return lookUp(top, path, evaluator, engine.leaves);
    },
  };
}

function pinMemory(top: Module): Int32Array {
  const { words, fires } = layPins(top);
  return new Int32Array(words + fires.length);
}

function describe({ path, message, location, cycle }: CheckFailure): string {
  const place = location === undefined ? '' : ` (${location})`;
  return `Check '${path}' failed in cycle ${cycle}: ${message}${place}.`;
}

/** The value as the bits of the pin; signed ports take negative values too. */
function checkedValue(pin: TopPin, value: number | bigint): bigint {
  const { width, signed } = pin;
  const least = signed ? -(1n << BigInt(width - 1)) : 0n;
  const most = (1n << BigInt(width)) - 1n;
  const whole = typeof value === 'bigint' || Number.isInteger(value);
  if (!whole || BigInt(value) < least || BigInt(value) > most) {
    throw new Error(
      `${value} does not fit port '${pin.name}' (${width} bits); it takes ${least} .. ${most}.`,
    );
  }
  return BigInt.asUintN(width, BigInt(value));
}

/** The value of a named node, a port or a memory word by its path. */
function lookUp(
  top: Scope,
  path: string,
  evaluator: ReturnType<typeof createEvaluator>,
  leaves: Leaves,
): bigint {
  const segments = path.split('.');
  const last = segments.pop()!;
  let scope = top;
  for (const segment of segments) {
    const wanted = joinPath(scope.path, segment);
    const child = scope.children.flat().find((candidate) => candidate.path === wanted);
    if (child === undefined) throw new Error(nothingAt(path, segment, scope));
    scope = child;
  }
  const { module } = scope;
  const node = module.nodes.findIndex((candidate) => candidate.name === last);
  if (node >= 0) return evaluator.value(scope, node);
  if (module.ports.some((port) => port.name === last)) return evaluator.port(scope, last);
  const [, name, address] = /^(.*)\[(\d+)\]$/.exec(last) ?? [];
  const memory = module.memories.findIndex((candidate) => candidate.name === name);
  if (memory >= 0 && Number(address) < module.memories[memory]!.depth) {
    return leaves.word(scope, memory, Number(address));
  }
  throw new Error(nothingAt(path, last, scope));
}

function nothingAt(path: string, segment: string, { path: place, module }: Scope): string {
  const names = [
    ...module.ports.map((port) => port.name),
    ...module.nodes.flatMap((node) => node.name ?? []),
    ...module.memories.map((memory) => `${memory.name}[0 .. ${memory.depth - 1}]`),
    ...module.instances.map(
      (instance) =>
        instance.name + instance.dimensions.map((size) => `[0 .. ${size - 1}]`).join(''),
    ),
  ];
  const where = place === '' ? `the top '${module.name}'` : `'${place}' (${module.name})`;
  return `There is nothing at '${path}': ${where} has no '${segment}', but ${[...new Set(names)].join(', ')}.`;
}
