import type { Location, NodeId } from '../ir/index.ts';
import { forEachScope, joinPath } from './scope.ts';
import type { Scope } from './scope.ts';

/** A settled cycle, right before its clock edge. */
export interface Observation {
  readonly cycle: number;
  /** The top, with everything below it; the same object in every cycle of a simulator. */
  readonly top: Scope;
  /** Unsigned values: of a node, of a port, of the reset of a domain of the top. */
  value(scope: Scope, id: NodeId): bigint;
  port(scope: Scope, name: string): bigint;
  reset(name: string): bigint;
  /** A word of a memory, by the index of the memory in its module and an address in range. */
  word(scope: Scope, memory: number, address: number): bigint;
}

/** Called in every cycle; see `SimulatorOptions.onCycle`. */
export type Observer = (observation: Observation) => void;

/** Something with a name: a port, a named value, the reset of a domain of the top, a memory word. */
export interface Signal {
  /** As `Simulator.peek` takes it. */
  readonly path: string;
  readonly name: string;
  readonly scope: Scope;
  readonly width: number;
  /** Names of the values 0, 1, 2, ... where the author gave some. */
  readonly enumeration: readonly string[] | undefined;
  readonly location: Location | undefined;
  read(observation: Observation): bigint;
}

/** All signals, parents first; in each module resets, ports and then named values. */
export function signalsOf(top: Scope): Signal[] {
  const signals: Signal[] = [];
  forEachScope(top, (scope) => {
    const { module } = scope;
    const seen = new Set<string>();
    const add = (
      { name, width, enumeration, location }: Named,
      read: (observation: Observation) => bigint,
    ): void => {
      if (seen.has(name)) return;
      seen.add(name);
      const path = joinPath(scope.path, name);
      signals.push({ path, name, scope, width, enumeration, location, read });
    };
    if (scope === top) {
      for (const { reset } of module.domains) {
        add({ name: reset, width: 1 }, (now) => now.reset(reset));
      }
    }
    for (const port of module.ports) add(port, (now) => now.port(scope, port.name));
    module.nodes.forEach((node, id) => {
      const { name } = node;
      if (name !== undefined) add({ ...node, name }, (now) => now.value(scope, id));
    });
  });
  return signals;
}

interface Named {
  readonly name: string;
  readonly width: number;
  readonly enumeration?: readonly string[];
  readonly location?: Location;
}

/** Word `address` (in range) of a memory of a module in its place; its name is `bins[3]`. */
export function wordSignal(scope: Scope, memory: number, address: number): Signal {
  const { name, width, location } = scope.module.memories[memory]!;
  const word = `${name}[${address}]`;
  return {
    path: joinPath(scope.path, word),
    name: word,
    scope,
    width,
    enumeration: undefined,
    location,
    read: (now) => now.word(scope, memory, address),
  };
}

/** How a value reads: in hexadecimal; of an enumeration by name, or `'h3` where it has none. */
export function valueText(value: bigint, enumeration: readonly string[] | undefined): string {
  const digits = value.toString(16);
  return enumeration === undefined ? digits : (enumeration[Number(value)] ?? `'h${digits}`);
}

/** `file:line`, as in the message of a check that failed. */
export function placeOf(location: Location | undefined): string | undefined {
  return location === undefined ? undefined : `${location.file}:${location.line}`;
}
