import type { Check } from '../ir/index.ts';
import { addNode, currentBuilder, fail, pathCondition } from './builder.ts';
import { here } from './location.ts';
import { checkName } from './names.ts';
import { asCondition } from './signal.ts';
import type { Bit } from './scalars.ts';

function check(kind: Check['kind'], name: string, condition: Bit, message: string): void {
  const builder = currentBuilder(kind);
  const signal = asCondition(condition, kind);
  const reached = pathCondition(builder);
  const inner = signal.id;
  checkName(name);
  if (builder.checks.some((other) => other.name === name)) {
    fail({ code: 'name-clash', name, what: 'check' });
  }
  // An assertion that is not reached holds; a cover point that is not reached is not covered.
  const id =
    kind === 'cover'
      ? addNode(builder, { kind: 'binary', op: 'and', width: 1, a: reached, b: inner })
      : addNode(builder, {
          kind: 'binary',
          op: 'or',
          width: 1,
          a: addNode(builder, { kind: 'unary', op: 'not', width: 1, a: reached }),
          b: inner,
        });
  const location = here()();
  builder.checks.push({
    kind,
    name,
    condition: id,
    message,
    domain: builder.domain,
    ...(location ? { location } : {}),
  });
}

/** `condition` holds at every clock edge outside reset where this statement is reached. */
export const assertAlways = (name: string, condition: Bit, message: string): void => {
  check('assert', name, condition, message);
};

/** Like `assertAlways`, but a promise by whoever drives this module: proofs rely on it. */
export const assumeAlways = (name: string, condition: Bit, message: string): void => {
  check('assume', name, condition, message);
};

/** Tests are expected to reach a cycle in which `condition` is 1. */
export const coverPoint = (name: string, condition: Bit, message: string): void => {
  check('cover', name, condition, message);
};
