import type { Module, NodeId } from '../ir/index.ts';
import { fromHex } from '../ir/operators.ts';
import { negate } from './expressions.ts';
import type { Expressions } from './expressions.ts';
import { joinArms } from './steps.ts';
import type { Process, Step } from './steps.ts';
import { literal } from './syntax.ts';
import type { Expression, Item, Statement } from './syntax.ts';

/** The `always @*` of a process; `target` names what each of its targets is called. */
export function processOf(
  process: Process,
  target: (id: NodeId) => Expression,
  expressions: Expressions,
  module: Module,
): Item {
  const statements = (steps: readonly Step[]): Statement[] => steps.map(statement);

  function statement(step: Step): Statement {
    switch (step.kind) {
      case 'set':
        return {
          kind: 'assign',
          blocking: true,
          target: target(step.target),
          value: expressions.use(step.value),
        };
      case 'if': {
        const condition = expressions.use(step.condition);
        const whenTrue = statements(step.whenTrue);
        const whenFalse = statements(step.whenFalse);
        return whenTrue.length === 0
          ? { kind: 'if', condition: negate(condition), whenTrue: whenFalse, whenFalse: [] }
          : { kind: 'if', condition, whenTrue, whenFalse };
      }
      case 'case': {
        const { selector, arms, fallback } = joinArms(step);
        const { width } = module.nodes[selector]!;
        return {
          kind: 'case',
          selector: expressions.use(selector),
          arms: arms.map(({ matches, body }) => ({
            matches: matches.map((match) => literal(width, fromHex(match))),
            body: statements(body),
          })),
          fallback: statements(fallback),
        };
      }
    }
  }

  return {
    kind: 'combinational',
    body: [...statements(process.defaults), ...statements(process.steps)],
  };
}
