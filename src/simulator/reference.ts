import { fromHex } from '../ir/index.ts';
import type { Program } from '../ir/index.ts';
import { createEvaluator } from './evaluate.ts';
import type { Leaves } from './evaluate.ts';
import { front } from './front.ts';
import type { Engine } from './front.ts';
import { refuseUnusable } from './refuse.ts';
import { powerOnValue, powerOnWords } from './power-on.ts';
import { elaborate, forEachScope, joinPath, readName, registerName } from './scope.ts';
import type { Scope } from './scope.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';
import { bigIntToWords, wordsToBigInt } from './words.ts';

interface State {
  readonly registers: Map<number, bigint>;
  /** `reads[memory][port]`; used for synchronous ports only. */
  reads: bigint[][];
  memories: bigint[][];
}

/**
 * A simulator that follows the definition of the IR word by word, in BigInt and without any
 * optimisation. Thousands of times slower than `createSimulator`; it settles disputes.
 */
export function createReference(program: Program, options: SimulatorOptions = {}): Simulator {
  refuseUnusable(program);
  const top = elaborate(program);
  return front(program, top, options, (pins, pinOf) => {
    const states = new Map<Scope, State>();
    forEachScope(top, (scope) => states.set(scope, powerOn(scope, options.seed ?? 1)));
    const leaves: Leaves = {
      input: (port) => {
        const pin = pinOf(port);
        return BigInt.asUintN(pin.width, wordsToBigInt(pins, pin.offset, pin.words));
      },
      register: (scope, id) => states.get(scope)!.registers.get(id)!,
      read: (scope, memory, port) => states.get(scope)!.reads[memory]![port]!,
      word: (scope, memory, address) => states.get(scope)!.memories[memory]![address]!,
    };
    const evaluator = createEvaluator(leaves);
    const inReset = (scope: Scope, domain: number) =>
      leaves.input(top.module.domains[scope.domains[domain]!]!.reset) === 0n;
    const engine: Engine = {
      leaves,
      settle() {
        evaluator.forget();
        for (const port of top.module.ports) {
          if (port.value === undefined) continue;
          const pin = pinOf(port.name);
          pins.set(bigIntToWords(evaluator.value(top, port.value), pin.words), pin.offset);
        }
      },
      tick(report, firing) {
        const fires = (scope: Scope, domain: number) =>
          firing === undefined || firing.has(scope.domains[domain]!);
        evaluator.forget();
        const commits: (() => void)[] = [];
        forEachScope(top, (scope) => {
          for (const check of scope.module.checks) {
            const holds = evaluator.value(scope, check.condition) === 1n;
            const watched =
              check.kind !== 'cover' && fires(scope, check.domain) && !inReset(scope, check.domain);
            if (!holds && watched) report(scope.path, check);
          }
          commits.push(advance(scope, states.get(scope)!, evaluator.value, inReset, fires));
        });
        for (const commit of commits) commit();
        evaluator.forget();
      },
      run(_, report) {
        engine.settle();
        engine.tick(report);
        return 1;
      },
    };
    return engine;
  });
}

function powerOn(scope: Scope, seed: number): State {
  const { module, path } = scope;
  const random = (name: string, width: number, count: number): bigint[] => {
    const next = powerOnWords(seed, joinPath(path, name));
    return Array.from({ length: count }, () => {
      const words = powerOnValue(next, width);
      return wordsToBigInt(words, 0, words.length);
    });
  };
  const registers = new Map<number, bigint>();
  module.nodes.forEach((node, id) => {
    if (node.kind !== 'register') return;
    registers.set(id, random(registerName(module, id), node.width, 1)[0]!);
  });
  return {
    registers,
    reads: module.memories.map((memory, index) =>
      memory.reads.map((_, port) => random(readName(module, index, port), memory.width, 1)[0]!),
    ),
    memories: module.memories.map((memory) =>
      memory.init === undefined
        ? random(memory.name, memory.width, memory.depth)
        : memory.init.map(fromHex),
    ),
  };
}

/** Computes the next state of a scope; the returned function puts it in force. */
function advance(
  scope: Scope,
  state: State,
  value: (scope: Scope, id: number) => bigint,
  inReset: (scope: Scope, domain: number) => boolean,
  fires: (scope: Scope, domain: number) => boolean,
): () => void {
  const { module } = scope;
  const at = (id: number) => value(scope, id);
  const registers: (readonly [number, bigint])[] = [];
  module.nodes.forEach((node, id) => {
    if (node.kind !== 'register' || !fires(scope, node.domain)) return;
    if (node.init !== undefined && inReset(scope, node.domain)) {
      registers.push([id, fromHex(node.init)]);
    } else if (node.enable === undefined || at(node.enable) === 1n) {
      registers.push([id, at(node.next)]);
    }
  });
  const memories = module.memories.map((memory, index) => {
    const words = [...state.memories[index]!];
    for (const write of memory.writes) {
      if (!fires(scope, write.domain)) continue;
      const address = at(write.address);
      if (at(write.enable) !== 1n || address >= BigInt(memory.depth)) continue;
      const mask = writeMask(
        memory.width,
        write.mask === undefined
          ? undefined
          : {
              lanes: module.nodes[write.mask]!.width,
              bits: at(write.mask),
            },
      );
      const before = words[Number(address)]!;
      words[Number(address)] = (before & ~mask) | (at(write.data) & mask);
    }
    return words;
  });
  const reads = module.memories.map((memory, index) =>
    memory.reads.map((read, port) => {
      const held = state.reads[index]![port]!;
      if (read.kind === 'asynchronous' || !fires(scope, read.domain)) return held;
      if (read.enable !== undefined && at(read.enable) === 0n) return held;
      const address = at(read.address);
      if (address >= BigInt(memory.depth)) return 0n;
      // 'undefined' promises nothing; the old word is what all engines of this folder deliver.
      const source = read.mode === 'new' ? memories[index]! : state.memories[index]!;
      return source[Number(address)]!;
    }),
  );
  return () => {
    for (const [id, next] of registers) state.registers.set(id, next);
    state.memories = memories;
    state.reads = reads;
  };
}

/** The bits of a word that a write changes. */
function writeMask(
  width: number,
  mask?: { readonly lanes: number; readonly bits: bigint },
): bigint {
  if (mask === undefined) return (1n << BigInt(width)) - 1n;
  const lane = width / mask.lanes;
  let result = 0n;
  for (let i = 0; i < mask.lanes; i++) {
    if (((mask.bits >> BigInt(i)) & 1n) === 1n) {
      result |= ((1n << BigInt(lane)) - 1n) << BigInt(i * lane);
    }
  }
  return result;
}
