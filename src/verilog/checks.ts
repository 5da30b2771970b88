/** Checks for the formal flow and for simulators. */
import type { Check, Module } from '../ir/index.ts';
import { negate } from './expressions.ts';
import type { Expressions } from './expressions.ts';
import { shortLocation } from './header.ts';
import { isActive, resetEdge } from './reset.ts';
import type { ResetPolicy } from './reset.ts';
import type { Item, Statement } from './syntax.ts';

/** One block under `FORMAL` and one under `SIMULATION`; both are silent during reset. */
export function emitChecks(
  module: Module,
  expressions: Expressions,
  policy: ResetPolicy,
): readonly Item[] {
  const formal = perDomain(module, module.checks, policy, false, (check) => [
    { kind: 'comment', text: [where(check), oneLine(check)].filter(Boolean).join('  ') },
    {
      kind: 'property',
      name: check.name,
      property: check.kind,
      condition: expressions.use(check.condition),
    },
  ]);
  const watched = module.checks.filter((check) => check.kind !== 'cover');
  const simulation = perDomain(module, watched, policy, true, (check) => [
    {
      kind: 'if',
      condition: negate(expressions.use(check.condition)),
      whenTrue: [{ kind: 'display', text: messageOf(check) }, { kind: 'finish' }],
      whenFalse: [],
    },
  ]);
  return [
    ...(formal.length === 0 ? [] : [{ kind: 'ifdef', symbol: 'FORMAL', items: formal } as const]),
    ...(simulation.length === 0
      ? []
      : [{ kind: 'ifdef', symbol: 'SIMULATION', items: simulation } as const]),
  ];
}

function perDomain(
  module: Module,
  checks: readonly Check[],
  policy: ResetPolicy,
  /** Whether a block wakes up at an asynchronous reset, as the registers that it watches do. */
  followsReset: boolean,
  statements: (check: Check) => readonly Statement[],
): readonly Item[] {
  return module.domains.flatMap(({ clock, reset }, domain): Item[] => {
    const body = checks.filter((check) => check.domain === domain).flatMap(statements);
    if (body.length === 0) return [];
    return [
      {
        kind: 'clocked',
        clock,
        ...(followsReset ? resetEdge(policy, reset) : {}),
        body:
          policy === 'none'
            ? body
            : [
                {
                  kind: 'if',
                  condition: negate(isActive(policy, reset)),
                  whenTrue: body,
                  whenFalse: [],
                },
              ],
      },
    ];
  });
}

const where = (check: Check): string => (check.location ? shortLocation(check.location) : '');

const oneLine = (check: Check): string => check.message.replace(/\s+/g, ' ');

function messageOf(check: Check): string {
  const place = check.location ? ` (${shortLocation(check.location)})` : '';
  return `%m.${check.name}: ${oneLine(check).replace(/%/g, '%%')}${place}`;
}
