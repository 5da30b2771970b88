import type { NodeId } from '../ir/index.ts';
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
}

/** Called in every cycle; see `SimulatorOptions.onCycle`. */
export type Observer = (observation: Observation) => void;

/** Something with a name: a port, a named value, or the reset of a domain of the top. */
export interface Signal {
  /** As `Simulator.peek` takes it. */
  readonly path: string;
  readonly name: string;
  readonly scope: Scope;
  readonly width: number;
  read(observation: Observation): bigint;
}

/** All signals, parents first; in each module resets, ports and then named values. */
export function signalsOf(top: Scope): Signal[] {
  const signals: Signal[] = [];
  forEachScope(top, (scope) => {
    const { module } = scope;
    const seen = new Set<string>();
    const add = (name: string, width: number, read: Signal['read']) => {
      if (seen.has(name)) return;
      seen.add(name);
      signals.push({ path: joinPath(scope.path, name), name, scope, width, read });
    };
    if (scope === top) {
      for (const { reset } of module.domains) add(reset, 1, (seenNow) => seenNow.reset(reset));
    }
    for (const { name, width } of module.ports) {
      add(name, width, (seenNow) => seenNow.port(scope, name));
    }
    module.nodes.forEach(({ name, width }, id) => {
      if (name !== undefined) add(name, width, (seenNow) => seenNow.value(scope, id));
    });
  });
  return signals;
}
