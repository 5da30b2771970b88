import type { Module, NodeId } from '../ir/index.ts';
import { placeOf, valueText } from './observe.ts';
import type { Observation } from './observe.ts';
import type { Scope } from './scope.ts';
import { possibleMoves } from './state-machines.ts';

/** What a register of an enumeration was seen to do outside reset, over all instances. */
export interface MachineCoverage {
  /** Its name; `[idle, fetch]` where the author gave it none. */
  readonly register: string;
  readonly place: string | undefined;
  /**
   * Every name of the enumeration in its order, with the cycles in which it was held; encodings
   * without a name follow where they were seen, as `'h3`.
   */
  readonly states: readonly { readonly name: string; readonly cycles: number }[];
  /** Moves from one state to another, and how often each was made; staying is none. */
  readonly transitions: readonly {
    readonly from: string;
    readonly to: string;
    readonly taken: number;
  }[];
  /**
   * True where `transitions` lists all that the logic allows, false where that cannot be told (the
   * next state is an input or the like) and `transitions` lists what was seen. Conditions on other
   * signals are taken as independent, so that a listed transition may need what never happens.
   */
  readonly isComplete: boolean;
}

/** The machines of a module, with what was seen so far. */
export interface MachineRecord {
  readonly register: NodeId;
  readonly states: readonly string[];
  /** By encoding. */
  readonly cycles: Map<bigint, number>;
  readonly moves: Map<bigint, Map<bigint, number>>;
}

export function machinesOf(module: Module): readonly MachineRecord[] {
  return module.nodes.flatMap(({ kind, enumeration }, register) =>
    kind === 'register' && enumeration !== undefined
      ? [{ register, states: enumeration, cycles: new Map(), moves: new Map() }]
      : [],
  );
}

/** Looks at the machines of one scope in every cycle. */
export function watchMachines(
  top: Scope,
  scope: Scope,
  records: readonly MachineRecord[],
): (observation: Observation) => void {
  /** What each held in the last cycle; nothing where that was in reset. */
  const last: (bigint | undefined)[] = records.map(() => undefined);
  return (observation) => {
    records.forEach(({ register, cycles, moves }, index) => {
      const node = scope.module.nodes[register]!;
      if (node.kind !== 'register') return;
      const { reset } = top.module.domains[scope.domains[node.domain]!]!;
      const inReset = observation.reset(reset) === 0n;
      const state = observation.value(scope, register);
      const before = last[index];
      // What a register holds when reset begins was reached by the logic; what it holds later was not.
      if (!inReset || before !== undefined) cycles.set(state, (cycles.get(state) ?? 0) + 1);
      if (before !== undefined && before !== state) {
        const from = moves.get(before) ?? new Map<bigint, number>();
        moves.set(before, from);
        from.set(state, (from.get(state) ?? 0) + 1);
      }
      last[index] = inReset ? undefined : state;
    });
  };
}

export function reportMachine(module: Module, record: MachineRecord): MachineCoverage {
  const { register, states, cycles, moves } = record;
  const { name, location } = module.nodes[register]!;
  const nameOf = (value: bigint) => valueText(value, states);
  const unnamed = [...cycles.keys()].filter((value) => value >= BigInt(states.length));
  const encodings = [...states.keys()].map(BigInt).concat(unnamed.sort(ascending));
  const possible = possibleMoves(module, register, states.length);
  const transitions = encodings.flatMap((from) => {
    const taken = moves.get(from) ?? new Map<bigint, number>();
    const targets = new Set([...(possible?.[Number(from)] ?? []), ...taken.keys()]);
    return [...targets]
      .sort(ascending)
      .map((to) => ({ from: nameOf(from), to: nameOf(to), taken: taken.get(to) ?? 0 }));
  });
  return {
    register: name ?? `[${states.join(', ')}]`,
    place: placeOf(location ?? module.location),
    states: encodings.map((value) => ({ name: nameOf(value), cycles: cycles.get(value) ?? 0 })),
    transitions,
    isComplete: possible !== undefined,
  };
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : 1);
