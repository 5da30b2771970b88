import type { NodeId } from '../ir/index.ts';
import { fromHex } from '../ir/operators.ts';
import { allOf, negate } from './expressions.ts';
import type { Expressions } from './expressions.ts';
import { joinArms } from './steps.ts';
import type { Process, Step } from './steps.ts';
import type { Expression, Item, Statement } from './syntax.ts';

/** The `always @*` of a process; `target` names what each of its targets is called. */
export function processOf(
  process: Process,
  target: (id: NodeId) => Expression,
  expressions: Expressions,
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
        if (whenTrue.length === 0) return ifAlone(negate(condition), whenFalse);
        return whenFalse.length === 0
          ? ifAlone(condition, whenTrue)
          : { kind: 'if', condition, whenTrue, whenFalse };
      }
      case 'case': {
        const { selector, arms, fallback } = joinArms(step);
        return {
          kind: 'case',
          selector: expressions.use(selector),
          arms: arms.map(({ matches, body }) => ({
            matches: matches.map((match) => expressions.valueOf(selector, fromHex(match))),
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

/** An `if` without an `else`; one inside it that is all there is becomes part of the condition. */
function ifAlone(condition: Expression, body: readonly Statement[]): Statement {
  const [only, ...more] = body;
  if (only?.kind === 'if' && more.length === 0 && only.whenFalse.length === 0) {
    const both = allOf([condition, only.condition])!;
    return { kind: 'if', condition: both, whenTrue: only.whenTrue, whenFalse: [] };
  }
  return { kind: 'if', condition, whenTrue: body, whenFalse: [] };
}
