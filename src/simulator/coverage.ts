import type { Location, Module } from '../ir/index.ts';
import { forEachScope } from './scope.ts';
import { signalsOf } from './observe.ts';
import type { Observer, Signal } from './observe.ts';

/** Coverage of one module over all its instances. */
export interface ModuleCoverage {
  readonly module: string;
  /** Bits of named signals, each counted for rising and for falling. */
  readonly toggles: Counted;
  /** Arms of choices: two for each `mux`, one for each case and the fallback of `cases`. */
  readonly arms: Counted;
  /** `count[3] never falls`, `arm 2 of a choice never taken (file:line)`. */
  readonly missing: readonly string[];
}

interface Counted {
  readonly covered: number;
  readonly total: number;
}

export interface Coverage {
  readonly onCycle: Observer;
  /** In the order of the program's scopes, the top first. */
  report(): readonly ModuleCoverage[];
}

/** What a module has been seen to do. */
interface Seen {
  readonly module: Module;
  /** By name: bits that were seen to rise and to fall. */
  readonly signals: Map<string, { readonly width: number; rose: bigint; fell: bigint }>;
  /** By node: which arms were taken. */
  readonly choices: Map<number, boolean[]>;
}

/** Watches which bits toggle and which arms of choices are taken. For `SimulatorOptions.onCycle`. */
export function recordCoverage(): Coverage {
  const modules = new Map<string, Seen>();
  let tracked: { readonly signal: Signal; last: bigint | undefined }[] | undefined;
  return {
    onCycle(observation) {
      const { top } = observation;
      tracked ??= signalsOf(top).map((signal) => ({ signal, last: undefined }));
      forEachScope(top, (scope) => {
        const seen = modules.get(scope.module.name) ?? nothingSeen(scope.module);
        modules.set(scope.module.name, seen);
        for (const [id, arms] of seen.choices) {
          const node = scope.module.nodes[id]!;
          if (node.kind === 'mux') {
            arms[observation.value(scope, node.condition) === 1n ? 0 : 1] = true;
          } else if (node.kind === 'cases') {
            const chosen = observation.value(scope, node.selector);
            const index = node.entries.findIndex(({ match }) => BigInt(`0x${match}`) === chosen);
            arms[index < 0 ? node.entries.length : index] = true;
          }
        }
      });
      for (const entry of tracked) {
        const { signal, last } = entry;
        const value = signal.read(observation);
        entry.last = value;
        const { signals } = modules.get(signal.scope.module.name)!;
        const bits = signals.get(signal.name) ?? { width: signal.width, rose: 0n, fell: 0n };
        signals.set(signal.name, bits);
        if (last === undefined) continue;
        bits.rose |= value & ~last;
        bits.fell |= last & ~value;
      }
    },
    report: () => [...modules.values()].map(reportOf),
  };
}

function nothingSeen(module: Module): Seen {
  const choices = new Map<number, boolean[]>();
  module.nodes.forEach((node, id) => {
    if (node.kind === 'mux') choices.set(id, [false, false]);
    else if (node.kind === 'cases') {
      // Where the cases cover every value, the fallback cannot be taken.
      const isFull =
        BigInt(node.entries.length) === 1n << BigInt(module.nodes[node.selector]!.width);
      choices.set(id, Array<boolean>(node.entries.length + (isFull ? 0 : 1)).fill(false));
    }
  });
  return { module, signals: new Map(), choices };
}

function reportOf({ module, signals, choices }: Seen): ModuleCoverage {
  const missing: string[] = [];
  const toggles = { covered: 0, total: 0 };
  const arms = { covered: 0, total: 0 };
  for (const [name, { width, rose, fell }] of signals) {
    for (let bit = 0; bit < width; bit++) {
      const label = width === 1 ? name : `${name}[${bit}]`;
      for (const [seen, verb] of [
        [rose, 'rises'],
        [fell, 'falls'],
      ] as const) {
        toggles.total++;
        if (((seen >> BigInt(bit)) & 1n) === 1n) toggles.covered++;
        else missing.push(`${label} never ${verb}`);
      }
    }
  }
  for (const [id, taken] of choices) {
    taken.forEach((wasTaken, arm) => {
      arms.total++;
      if (wasTaken) arms.covered++;
      else
        missing.push(`arm ${arm} of a choice is never taken${placeOf(module.nodes[id]!.location)}`);
    });
  }
  return { module: module.name, toggles, arms, missing };
}

function placeOf(location: Location | undefined): string {
  return location === undefined ? '' : ` (${location.file}:${location.line})`;
}
