import type { Counted, ModuleCoverage } from './coverage.ts';
import type { MachineCoverage } from './machine-coverage.ts';

/**
 * Coverage as text: for each module a line of counts, its state machines with the cycles in each
 * state and the moves out of it, and a line for each thing that was never seen, with the place in
 * the user's source.
 */
export function renderCoverage(modules: readonly ModuleCoverage[]): string {
  return modules.map((module) => moduleLines(module).join('\n')).join('\n\n');
}

function moduleLines(module: ModuleCoverage): readonly string[] {
  const counts = (['toggles', 'arms', 'states', 'transitions'] as const)
    .filter((kind) => module[kind].total > 0)
    .map((kind) => `${kind} ${ofTotal(module[kind])}`);
  return [
    `${module.module}${at(module.place)}: ${counts.join(', ')}`,
    ...module.machines.flatMap(machineLines),
    ...module.missing.map(({ text, place }) => `  ! ${text}${at(place)}`),
  ];
}

function machineLines({
  register,
  place,
  states,
  transitions,
  isComplete,
}: MachineCoverage): readonly string[] {
  const name = Math.max(...states.map((state) => state.name.length));
  const digits = Math.max(...states.map((state) => `${state.cycles}`.length));
  return [
    `  ${register}${at(place)}${isComplete ? '' : ': transitions as seen'}`,
    ...states.map((state) => {
      const moves = transitions
        .filter(({ from }) => from === state.name)
        .map(({ to, taken }) => `${to} ${taken}`);
      const out = moves.length === 0 ? '' : `  -> ${moves.join(', ')}`;
      return `    ${state.name.padEnd(name)} ${`${state.cycles}`.padStart(digits)} cycles${out}`;
    }),
  ];
}

const ofTotal = ({ covered, total }: Counted): string => `${covered}/${total}`;

const at = (place: string | undefined): string => (place === undefined ? '' : ` (${place})`);
