import type {
  Expression,
  ForStatement,
  Program,
  Statement,
  SwitchStatement,
  VariableDeclaration,
} from 'acorn';
import { blockType, constant, memoryArgument, op, unsigned } from './encode.ts';
import type { Code } from './encode.ts';
import { elementOf, getLocal, setLocal, translateExpression } from './expressions.ts';
import type { Binding, Names } from './expressions.ts';
import {
  Untranslatable,
  anyInt32,
  choose,
  compare,
  condition,
  fitsSigned,
  isConstant,
  number,
} from './operands.ts';
import type { Operand } from './operands.ts';

/** Bounds of a parameter. */
export interface Parameter {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

/** What a function may refer to. */
export interface Surroundings {
  array(name: string): Binding | undefined;
  /** Numbers to call a function by, one in each direction. */
  function(name: string): readonly [number, number] | undefined;
  /** The same for `fail`. */
  readonly fail: readonly [number, number];
}

/** V8 takes no more than 50,000. */
const mostLocals = 40_000;
/** Most cases that become a chain of selections. */
const mostSelections = 8;

/** A block with the names that it declares. */
interface Block extends Names {
  declare(name: string, binding: Binding): void;
  within(): Block;
}

function createBlock(outer: Names): Block {
  const own = new Map<string, Binding>();
  const block: Block = {
    find: (name) => own.get(name) ?? outer.find(name),
    declare: (name, binding) => own.set(name, binding),
    within: () => createBlock(block),
  };
  return block;
}

/** Translates the body of a function. Throws `Untranslatable`. */
export function translateFunction(
  parameters: readonly Parameter[],
  statements: readonly (Statement | Program['body'][number])[],
  surroundings: Surroundings,
): { readonly locals: number; readonly body: Code } {
  let count = parameters.length;
  const newLocal = (): number => {
    if (count === mostLocals) throw new Untranslatable('Too many variables.');
    return count++;
  };
  const block = createBlock({ find: (name) => surroundings.array(name) });
  parameters.forEach(({ name, ...bounds }, index) => {
    const value = number(getLocal(index), bounds, 0);
    block.declare(name, { kind: 'local', index, value, isVariable: false });
  });
  const body = createStatements(newLocal, surroundings).all(block, statements);
  return { locals: count - parameters.length, body };
}

interface Statements {
  all(block: Block, nodes: readonly (Statement | Program['body'][number])[]): Code;
}

function createStatements(newLocal: () => number, surroundings: Surroundings): Statements {
  const constantLocal = (block: Block, name: string, value: Operand): Code => {
    if (isConstant(value)) {
      block.declare(name, { kind: 'local', index: -1, value, isVariable: false });
      return [];
    }
    const index = newLocal();
    const read = { ...value, code: getLocal(index), cost: 0 };
    block.declare(name, { kind: 'local', index, value: read, isVariable: false });
    return [value.code, setLocal(index)];
  };

  const declaration = (block: Block, { kind, declarations }: VariableDeclaration): Code =>
    declarations.map(({ id, init }): Code => {
      if (id.type !== 'Identifier') throw new Untranslatable('A pattern.');
      if (init?.type === 'Identifier') {
        const binding = block.find(init.name);
        if (binding?.kind === 'array') {
          block.declare(id.name, binding);
          return [];
        }
      }
      if (init && kind === 'const') {
        return constantLocal(block, id.name, translateExpression(block, init));
      }
      if (init) throw new Untranslatable('A variable with a first value.');
      const index = newLocal();
      const value = number(getLocal(index), anyInt32, 0);
      block.declare(id.name, { kind: 'local', index, value, isVariable: true });
      return [];
    });

  const expressionStatement = (block: Block, node: Expression): Code => {
    if (node.type === 'CallExpression') {
      const { callee } = node;
      if (callee.type !== 'Identifier') throw new Untranslatable('A call of a method.');
      const isFail = callee.name === 'fail';
      const called = isFail ? surroundings.fail : surroundings.function(callee.name);
      if (called === undefined) throw new Untranslatable(`The function ${callee.name}.`);
      const args = node.arguments.map((argument) => {
        if (argument.type === 'SpreadElement') throw new Untranslatable('A spread argument.');
        const value = translateExpression(block, argument);
        if (!fitsSigned(value)) throw new Untranslatable('An argument beyond 32 bits.');
        return value.code;
      });
      const call: Code = [args, op.call, { either: [unsigned(called[0]), unsigned(called[1])] }];
      return isFail ? [call, constant(1), op.globalSet, 0] : call;
    }
    if (node.type !== 'AssignmentExpression' || node.operator !== '=') {
      throw new Untranslatable(`A ${node.type} as a statement.`);
    }
    const value = translateExpression(block, node.right);
    if (node.left.type === 'MemberExpression') {
      const { code, offsets } = elementOf(block, node.left);
      return [code, value.code, op.store, memoryArgument(offsets)];
    }
    const { index } = assigned(block, node.left.type === 'Identifier' ? node.left.name : '', value);
    return [value.code, setLocal(index)];
  };

  const branch = (block: Block, node: Statement): Code => all(block.within(), [node]);

  const statement = (block: Block, node: Statement | Program['body'][number]): Code => {
    switch (node.type) {
      case 'VariableDeclaration':
        return declaration(block, node);
      case 'ExpressionStatement':
        return expressionStatement(block, node.expression);
      case 'BlockStatement':
        return all(block.within(), node.body);
      case 'IfStatement': {
        const test = condition(translateExpression(block, node.test));
        const otherwise = node.alternate ? [op.else, branch(block, node.alternate)] : [];
        const taken = branch(block, node.consequent);
        return [test.code, op.if, blockType.nothing, taken, otherwise, op.end];
      }
      case 'ForStatement':
        return loop(block, node);
      case 'SwitchStatement':
        return translateSwitch(block, node);
      default:
        throw new Untranslatable(`A ${node.type}.`);
    }
  };

  const all: Statements['all'] = (block, nodes) => nodes.map((node) => statement(block, node));

  const loop = (block: Block, node: ForStatement): Code => {
    const { init, test, update, body } = node;
    if (init?.type !== 'VariableDeclaration' || test?.type !== 'BinaryExpression' || !update) {
      throw new Untranslatable('A loop of another form.');
    }
    const steps = stepsOf(update);
    const inside = block.within();
    const begin: Code[] = [];
    const running: { name: string; index: number; first: Operand; step: number }[] = [];
    for (const { id, init: value } of init.declarations) {
      if (id.type !== 'Identifier' || !value) throw new Untranslatable('A loop variable.');
      const step = steps.get(id.name);
      const first = translateExpression(inside, value);
      if (step === undefined) {
        begin.push(constantLocal(inside, id.name, first));
        continue;
      }
      const index = newLocal();
      begin.push(first.code, setLocal(index));
      running.push({ name: id.name, index, first, step });
      steps.delete(id.name);
      const value0 = { ...first, code: getLocal(index), cost: 0 };
      inside.declare(id.name, { kind: 'local', index, value: value0, isVariable: false });
    }
    if (steps.size > 0) throw new Untranslatable('A loop that advances other variables.');
    const { left, right, operator } = test;
    const driver = running.find(({ name }) => left.type === 'Identifier' && left.name === name);
    if (driver === undefined || (operator !== '<' && operator !== '>')) {
      throw new Untranslatable('A loop condition of another form.');
    }
    const bound = translateExpression(inside, right);
    const isUp = operator === '<';
    if (isUp !== driver.step > 0) throw new Untranslatable('A loop that runs away from its end.');
    const distance = isUp ? bound.high - driver.first.low : driver.first.high - bound.low;
    const trips = Math.max(0, Math.ceil(distance / Math.abs(driver.step)));
    const startsAnyway = compare(operator, { ...driver.first, cost: 0 }, bound).low === 1;
    for (const { name, index, first, step } of running) {
      const isDriver = name === driver.name;
      const reach = (times: number) => {
        const far = step * Math.max(0, times);
        return { low: first.low + Math.min(0, far), high: first.high + Math.max(0, far) };
      };
      const after = isDriver
        ? isUp
          ? { low: first.low, high: Math.max(first.high, bound.high - 1 + step) }
          : { low: Math.min(first.low, bound.low + 1 + step), high: first.high }
        : reach(trips);
      if (!fitsSigned(after)) throw new Untranslatable('A loop variable beyond 32 bits.');
      const during = isDriver
        ? isUp
          ? { low: first.low, high: Math.max(first.low, bound.high - 1) }
          : { low: Math.min(first.high, bound.low + 1), high: first.high }
        : reach(trips - 1);
      // Even where it has one value only, the local is what counts.
      const value: Operand = { code: getLocal(index), kind: 'number', ...during, cost: 0 };
      inside.declare(name, { kind: 'local', index, value, isVariable: false });
    }
    const work = branch(inside, body);
    const advance = running.map(({ index, step }): Code => {
      return [getLocal(index), constant(step), op.add, setLocal(index)];
    });
    // After an advance the bounds are none to rely on.
    const current: Operand = { code: getLocal(driver.index), kind: 'number', ...anyInt32, cost: 0 };
    const goesOn = compare(operator, current, bound).code;
    const round: Code = [op.loop, blockType.nothing, work, advance, goesOn, op.branchIf, 0, op.end];
    return startsAnyway
      ? [begin, round]
      : [begin, compareStart(operator, driver, bound), op.if, blockType.nothing, round, op.end];
  };

  const compareStart = (
    operator: '<' | '>',
    { index, first }: { readonly index: number; readonly first: Operand },
    bound: Operand,
  ): Code => compare(operator, { ...first, code: getLocal(index), cost: 0 }, bound).code;

  const translateSwitch = (block: Block, { discriminant, cases }: SwitchStatement): Code => {
    const chosen = translateExpression(block, discriminant);
    const local = newLocal();
    const held: Operand = { ...chosen, code: getLocal(local), cost: 0 };
    const labelled = cases.slice(0, -1).map(({ test, consequent }) => {
      if (!test) throw new Untranslatable('A default before other cases.');
      const last = consequent.at(-1);
      if (last?.type !== 'BreakStatement' || last.label) {
        throw new Untranslatable('A case that runs into the next one.');
      }
      const label = translateExpression(block, test);
      return { matches: compare('===', held, label), statements: consequent.slice(0, -1) };
    });
    const fallback = cases.at(-1);
    if (!fallback || fallback.test) throw new Untranslatable('A switch without default.');
    const start: Code = [chosen.code, setLocal(local)];
    const chains = selections(block, labelled, fallback.consequent);
    if (chains !== undefined) return [start, chains];
    let chain: Code = all(block.within(), fallback.consequent);
    for (const { matches, statements } of labelled.reverse()) {
      const taken = all(block.within(), statements);
      chain = [matches.code, op.if, blockType.nothing, taken, op.else, chain, op.end];
    }
    return [start, chain];
  };

  /** Cases that only set the same variables to what is at hand, without a branch. */
  const selections = (
    block: Block,
    labelled: readonly { readonly matches: Operand; readonly statements: readonly Statement[] }[],
    fallback: readonly Statement[],
  ): Code | undefined => {
    if (labelled.length > mostSelections) return undefined;
    const targets = assignmentsOf(fallback);
    const others = labelled.map(({ statements }) => assignmentsOf(statements));
    const names = targets?.map(({ name }) => name).join();
    if (others.some((own) => own?.map(({ name }) => name).join() !== names)) return undefined;
    return targets?.map(({ name, value }, i): Code => {
      let choice = translateExpression(block, value);
      for (let k = others.length - 1; k >= 0; k--) {
        const other = translateExpression(block, others[k]![i]!.value);
        choice = choose(labelled[k]!.matches, other, choice);
      }
      const { index } = assigned(block, name, choice);
      return [choice.code, setLocal(index)];
    });
  };

  return { all };
}

function assigned(block: Block, name: string, value: Operand): { readonly index: number } {
  const binding = block.find(name);
  if (binding?.kind !== 'local' || !binding.isVariable) {
    throw new Untranslatable(`An assignment to '${name}'.`);
  }
  if (value.kind !== 'number' || !fitsSigned(value)) {
    throw new Untranslatable('A variable that is no int32.');
  }
  return binding;
}

/** Statements that are assignments to variables, nothing else. */
function assignmentsOf(
  statements: readonly Statement[],
): readonly { readonly name: string; readonly value: Expression }[] | undefined {
  const found: { name: string; value: Expression }[] = [];
  for (const node of statements) {
    if (node.type !== 'ExpressionStatement') return undefined;
    const { expression } = node;
    if (expression.type !== 'AssignmentExpression' || expression.operator !== '=') return undefined;
    if (expression.left.type !== 'Identifier') return undefined;
    found.push({ name: expression.left.name, value: expression.right });
  }
  return found;
}

/** What each variable grows by in the update of a loop. */
function stepsOf(update: Expression): Map<string, number> {
  const parts = update.type === 'SequenceExpression' ? update.expressions : [update];
  return new Map(
    parts.map((part): [string, number] => {
      if (part.type === 'UpdateExpression' && part.argument.type === 'Identifier') {
        return [part.argument.name, part.operator === '++' ? 1 : -1];
      }
      if (
        part.type === 'AssignmentExpression' &&
        part.operator === '+=' &&
        part.left.type === 'Identifier'
      ) {
        const step = translateExpression({ find: () => undefined }, part.right);
        if (isConstant(step)) return [part.left.name, step.low];
      }
      throw new Untranslatable('An update of another form.');
    }),
  );
}
