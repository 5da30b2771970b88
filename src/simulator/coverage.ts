import { fromHex } from '../ir/index.ts';
import type { Module, NodeId } from '../ir/index.ts';
import { armLabels, choicesOf, ownersOf } from './choices.ts';
import type { Choices } from './choices.ts';
import { machinesOf, reportMachine, watchMachines } from './machine-coverage.ts';
import type { MachineCoverage, MachineRecord } from './machine-coverage.ts';
import { placeOf, signalsOf } from './observe.ts';
import type { Observation, Observer, Signal } from './observe.ts';
import { forEachScope } from './scope.ts';
import type { Scope } from './scope.ts';

/** Coverage of one module over all its instances: plain data, ready for JSON. */
export interface ModuleCoverage {
  readonly module: string;
  /** `file:line` in the user's source, where known; so are all places here. */
  readonly place: string | undefined;
  /** Bits of named signals, each counted for rising and for falling. */
  readonly toggles: Counted;
  /** Arms of choices: two for each `mux`, one for each case and the fallback of `cases`. */
  readonly arms: Counted;
  /** Names of the states of all state machines. */
  readonly states: Counted;
  /** Moves from one state to another, of the machines for which the possible ones are known. */
  readonly transitions: Counted;
  /** Every register of an enumeration. */
  readonly machines: readonly MachineCoverage[];
  readonly missing: readonly Missing[];
}

export interface Counted {
  readonly covered: number;
  readonly total: number;
}

/** Something that has not been seen. */
export interface Missing {
  readonly kind: 'toggle' | 'arm' | 'state' | 'transition';
  /** `count[7:4] never toggles`, `state never moves from idle to fetch`. */
  readonly text: string;
  readonly place: string | undefined;
}

export interface Coverage {
  readonly onCycle: Observer;
  /** In the order of the program's scopes, the top first. */
  report(): readonly ModuleCoverage[];
}

/** What a module has been seen to do. */
interface Seen {
  readonly module: Module;
  readonly signals: Map<string, Toggles>;
  readonly choices: Choices;
  /** By choice: which arms were taken. */
  readonly arms: ReadonlyMap<NodeId, boolean[]>;
  readonly machines: readonly MachineRecord[];
}

interface Toggles {
  readonly signal: Signal;
  rose: bigint;
  fell: bigint;
}

/**
 * Watches which bits toggle, which arms of choices are taken, and which states and transitions of
 * state machines are reached, outside reset. An arm within an arm is taken where both are. For
 * `SimulatorOptions.onCycle`.
 */
export function recordCoverage(): Coverage {
  const modules = new Map<string, Seen>();
  let watchers: readonly Observer[] | undefined;
  const begin = (top: Scope): readonly Observer[] => {
    const started: Observer[] = [];
    forEachScope(top, (scope) => {
      const seen = modules.get(scope.module.name) ?? nothingSeen(scope.module);
      modules.set(scope.module.name, seen);
      started.push(watchArms(top, scope, seen), watchMachines(top, scope, seen.machines));
    });
    for (const signal of signalsOf(top)) {
      const { signals } = modules.get(signal.scope.module.name)!;
      const toggles = signals.get(signal.name) ?? { signal, rose: 0n, fell: 0n };
      signals.set(signal.name, toggles);
      started.push(watchToggles(top, signal, toggles));
    }
    return started;
  };
  return {
    onCycle(observation) {
      watchers ??= begin(observation.top);
      for (const watch of watchers) watch(observation);
    },
    report: () => [...modules.values()].map(reportOf),
  };
}

function nothingSeen(module: Module): Seen {
  const choices = choicesOf(module);
  // In the order of the nodes, which is about that of the source.
  const arms = new Map(
    [...choices.inside]
      .sort(([a], [b]) => a - b)
      .map(([id, inside]) => [id, inside.map(() => false)] as const),
  );
  return { module, signals: new Map(), choices, arms, machines: machinesOf(module) };
}

function watchArms(top: Scope, scope: Scope, { choices, arms }: Seen): Observer {
  return (observation) => {
    if (isInReset(observation, top, scope)) return;
    const seen = new Set<NodeId>();
    const pending = [...choices.roots];
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const arm = armOf(observation, scope, id);
      arms.get(id)![arm] = true;
      pending.push(...choices.inside.get(id)![arm]!);
    }
  };
}

/** Whether a domain of the module is in reset: what happens then is no credit to a test. */
const isInReset = (observation: Observation, top: Scope, { domains }: Scope): boolean =>
  domains.some((domain) => observation.reset(top.module.domains[domain]!.reset) === 0n);

/** The arm that a choice takes: in the order of its operands, the fallback last. */
function armOf(observation: Observation, scope: Scope, id: NodeId): number {
  const node = scope.module.nodes[id]!;
  if (node.kind === 'mux') return observation.value(scope, node.condition) === 1n ? 0 : 1;
  if (node.kind !== 'cases') throw new Error(`Node ${id} of '${scope.module.name}' is no choice.`);
  const chosen = observation.value(scope, node.selector);
  const index = node.entries.findIndex(({ match }) => fromHex(match) === chosen);
  return index < 0 ? node.entries.length : index;
}

function watchToggles(top: Scope, signal: Signal, toggles: Toggles): Observer {
  const { scope, name } = signal;
  const isReset = scope === top && top.module.domains.some(({ reset }) => reset === name);
  let last: bigint | undefined;
  return (observation) => {
    const value = signal.read(observation);
    if (last !== undefined) {
      toggles.rose |= value & ~last;
      toggles.fell |= last & ~value;
    }
    // What power-on values and reset itself change does not count.
    last = isReset || !isInReset(observation, top, scope) ? value : undefined;
  };
}

function reportOf(seen: Seen): ModuleCoverage {
  const { module, signals, machines: records } = seen;
  const machines = records.map((record) => reportMachine(module, record));
  const toggles = [...signals.values()].map(toggleReport);
  const arms = armPoints(seen);
  const states = machines.flatMap(statePoints);
  const transitions = machines.flatMap(transitionPoints);
  const sum = (key: keyof Counted): number =>
    toggles.reduce((total, { counted }) => total + counted[key], 0);
  return {
    module: module.name,
    place: placeOf(module.location),
    toggles: { covered: sum('covered'), total: sum('total') },
    arms: count(arms),
    states: count(states),
    transitions: count(transitions),
    machines,
    missing: [
      ...toggles.flatMap(({ missing }) => missing),
      ...[...arms, ...states, ...transitions].flatMap(({ isSeen, ...point }) =>
        isSeen ? [] : [point],
      ),
    ],
  };
}

/** Something to be seen, and whether it was. */
interface Point extends Missing {
  readonly isSeen: boolean;
}

const count = (points: readonly Point[]): Counted => ({
  covered: points.filter(({ isSeen }) => isSeen).length,
  total: points.length,
});

/** Bits that lack the same are one entry where they stand side by side. */
function toggleReport({ signal, rose, fell }: Toggles): {
  readonly counted: Counted;
  readonly missing: readonly Missing[];
} {
  const { name, width, location } = signal;
  const missing: Missing[] = [];
  let covered = 0;
  let low = 0;
  for (let bit = 0; bit < width; bit++) {
    const lack = lackOf(rose, fell, bit);
    covered += lack === undefined ? 2 : lack === 'toggles' ? 0 : 1;
    if (bit + 1 < width && lackOf(rose, fell, bit + 1) === lack) continue;
    if (lack !== undefined) {
      const range = low === bit ? `[${bit}]` : `[${bit}:${low}]`;
      const label = bit - low + 1 === width ? name : `${name}${range}`;
      missing.push({ kind: 'toggle', text: `${label} never ${lack}`, place: placeOf(location) });
    }
    low = bit + 1;
  }
  return { counted: { covered, total: 2 * width }, missing };
}

/** What a bit was not seen to do; nothing where it did both. */
function lackOf(rose: bigint, fell: bigint, bit: number): string | undefined {
  const has = (bits: bigint) => ((bits >> BigInt(bit)) & 1n) === 1n;
  if (!has(rose)) return has(fell) ? 'rises' : 'toggles';
  return has(fell) ? undefined : 'falls';
}

function armPoints({ module, choices, arms }: Seen): readonly Point[] {
  const owners = ownersOf(module);
  const labelsOf = armLabels(module, choices);
  return [...arms].flatMap(([id, taken]) => {
    const owner = owners.get(id);
    const labels = labelsOf(id);
    return taken.map((isSeen, arm): Point => {
      const text = `${owner?.name ?? 'a choice'}: the arm for ${labels[arm]!} is never taken`;
      return { kind: 'arm', text, place: placeOf(owner?.location ?? module.location), isSeen };
    });
  });
}

function statePoints({ register, place, states }: MachineCoverage): readonly Point[] {
  // An encoding without a name is nothing that should be reached.
  return states.flatMap(({ name, cycles }): Point[] =>
    name.startsWith("'")
      ? []
      : [{ kind: 'state', text: `${register} is never ${name}`, place, isSeen: cycles > 0 }],
  );
}

function transitionPoints(machine: MachineCoverage): readonly Point[] {
  const { register, place, transitions, isComplete } = machine;
  // A list of what was seen says nothing about what was not.
  if (!isComplete) return [];
  return transitions.map(({ from, to, taken }): Point => {
    const text = `${register} never moves from ${from} to ${to}`;
    return { kind: 'transition', text, place, isSeen: taken > 0 };
  });
}
