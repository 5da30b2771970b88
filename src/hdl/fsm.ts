import { switchOn } from './control.ts';
import type { EnumValue } from './enumeration.ts';
import { reg } from './state.ts';
import type { Init } from './state.ts';
import type { EnumType } from './types.ts';

/** What a state of `fsm` calls to move on: `name` is the next state. */
export type Go<S extends string> = (name: S) => void;

/**
 * A state machine: a register that starts in `initial` and keeps its state where nothing calls `go`.
 * `actions` has one entry for each state; what it drives is driven in that state only. All entries
 * run while the circuit is built, as the bodies of `switchOn` do.
 */
export function fsm<S extends string>(
  states: EnumType<S>,
  { initial }: { readonly initial: NoInfer<S> },
  actions: Readonly<Record<NoInfer<S>, (go: Go<S>) => void>>,
): EnumValue<S> {
  const state = reg<EnumType<S>>(states, { init: initial as Init<EnumType<S>> });
  const go: Go<S> = (name) => state.set(name);
  const cases = Object.entries<(go: Go<S>) => void>(actions).map(([name, action]) => [
    name,
    () => action(go),
  ]);
  switchOn(state, Object.fromEntries(cases) as Record<S, () => void>);
  return state;
}
