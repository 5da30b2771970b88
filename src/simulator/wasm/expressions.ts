import type { BinaryExpression, CallExpression, Expression, MemberExpression } from 'acorn';
import { constant, memoryArgument, op, unsigned } from './encode.ts';
import type { Code } from './encode.ts';
import {
  Untranslatable,
  anyInt32,
  arithmetic,
  both,
  choose,
  compare,
  condition,
  isComparison,
  isConstant,
  literal,
  not,
  number,
  product,
  truth,
} from './operands.ts';
import type { Operand } from './operands.ts';

/** An array of int32s in the memory of the module. */
export interface WasmArray {
  readonly kind: 'array';
  /** Byte offset of element 0 in each of the two directions between the images of state. */
  readonly places: readonly [number, number];
  readonly length: number;
  /** Bounds of the elements. */
  readonly low: number;
  readonly high: number;
}

/** A variable in a local; what is constant by its bounds needs none. */
export interface Local {
  readonly kind: 'local';
  readonly index: number;
  readonly value: Operand;
  /** May be assigned to. */
  readonly isVariable: boolean;
}

export type Binding = WasmArray | Local;

/** Names, innermost block first. */
export interface Names {
  find(name: string): Binding | undefined;
}

export function translateExpression(names: Names, node: Expression): Operand {
  const inner = (child: Expression): Operand => translateExpression(names, child);
  switch (node.type) {
    case 'ParenthesizedExpression':
      return inner(node.expression);
    case 'Literal':
      if (typeof node.value === 'number' && Number.isSafeInteger(node.value)) {
        return literal(node.value);
      }
      if (typeof node.value === 'boolean') return truth(node.value);
      throw new Untranslatable('A literal that is no integer.');
    case 'Identifier': {
      const binding = names.find(node.name);
      if (binding?.kind !== 'local') throw new Untranslatable(`The name ${node.name}.`);
      return binding.value;
    }
    case 'UnaryExpression': {
      const operand = inner(node.argument);
      if (node.operator === '-') return arithmetic('-', literal(0), operand);
      if (node.operator === '~') return arithmetic('^', operand, literal(-1));
      if (node.operator === '!') return not(operand);
      throw new Untranslatable(`The operator ${node.operator}.`);
    }
    case 'BinaryExpression':
      return translateBinary(node, inner);
    case 'LogicalExpression':
      if (node.operator === '??') throw new Untranslatable('The operator ??.');
      return both(node.operator, inner(node.left), inner(node.right));
    case 'ConditionalExpression':
      return choose(condition(inner(node.test)), inner(node.consequent), inner(node.alternate));
    case 'MemberExpression': {
      const { array, code, offsets, index } = elementOf(names, node);
      // What is not guarded lies inside; what is guarded may lie anywhere where the guard is false.
      const isInside = index.low >= 0 && index.high < array.length;
      const load: Code = [code, op.load, memoryArgument(offsets)];
      return number(load, array, isInside ? index.cost + 1 : Infinity);
    }
    case 'CallExpression':
      return translateCall(names, node, inner);
    default:
      throw new Untranslatable(`A ${node.type}.`);
  }
}

function translateBinary(
  { operator, left, right }: BinaryExpression,
  inner: (node: Expression) => Operand,
): Operand {
  if (left.type === 'PrivateIdentifier') throw new Untranslatable('A private name.');
  const [a, b] = [inner(left), inner(right)];
  return isComparison(operator) ? compare(operator, a, b) : arithmetic(operator, a, b);
}

function translateCall(
  names: Names,
  { callee, arguments: args }: CallExpression,
  inner: (node: Expression) => Operand,
): Operand {
  const expressions = args.map((argument) => {
    if (argument.type === 'SpreadElement') throw new Untranslatable('A spread argument.');
    return argument;
  });
  const [first, second, third] = expressions;
  if (callee.type === 'Identifier' && callee.name === 'parity' && first !== undefined) {
    const { code, cost } = inner(first);
    return number([code, op.popcount, constant(1), op.and], { low: 0, high: 1 }, cost + 2);
  }
  if (isImul(callee) && first !== undefined && second !== undefined) {
    return product(inner(first), inner(second));
  }
  if (callee.type === 'Identifier' && callee.name === 'bitsAt' && first && second && third) {
    return bitsAt(names, first, inner(second), inner(third));
  }
  throw new Untranslatable('A call.');
}

function isImul(callee: CallExpression['callee']): boolean {
  return (
    callee.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'Math' &&
    callee.property.type === 'Identifier' &&
    callee.property.name === 'imul'
  );
}

/** See `bitsAt` in `runtime.ts`. The word behind is read in any case; there is always one. */
function bitsAt(names: Names, name: Expression, base: Operand, bit: Operand): Operand {
  const array = arrayOf(names, name);
  const word = arithmetic('>>>', bit, literal(5));
  const at = arithmetic('<<', arithmetic('+', base, word), literal(2));
  const shift = arithmetic('&', bit, literal(31));
  const code: Code = [
    [at.code, op.load64, memoryArgument(array.places)],
    [shift.code, op.extend64, op.shiftRight64, op.wrap64],
  ];
  return number(code, anyInt32, Infinity);
}

function arrayOf(names: Names, node: Expression | { readonly type: 'Super' }): WasmArray {
  if (node.type !== 'Identifier') throw new Untranslatable('An array without name.');
  const binding = names.find(node.name);
  if (binding?.kind !== 'array') throw new Untranslatable(`The array ${node.name}.`);
  return binding;
}

/** An element of an array: code for a byte address and offsets to it, and what its index is. */
export function elementOf(
  names: Names,
  node: MemberExpression,
): {
  readonly array: WasmArray;
  readonly code: Code;
  readonly offsets: readonly [number, number];
  readonly index: Operand;
} {
  const { object, property, computed } = node;
  if (!computed || property.type === 'PrivateIdentifier') throw new Untranslatable('A property.');
  const array = arrayOf(names, object);
  const { terms, distance } = sumOf(names, property);
  const add = (a: Operand, b: Operand): Operand => arithmetic('+', a, b);
  const index = terms.reduce(add, literal(distance));
  const offsets = [array.places[0] + 4 * distance, array.places[1] + 4 * distance] as const;
  if (terms.length === 0) {
    if (distance < 0 || distance >= array.length) throw new Untranslatable('No such element.');
    return { array, code: constant(0), offsets, index };
  }
  const moving = terms.reduce(add);
  // An offset is added without wrapping, so what it is added to must not be negative.
  if (offsets[0] < 0 || offsets[1] < 0 || moving.low < 0) {
    return { array, code: scaled(index), offsets: array.places, index };
  }
  return { array, code: scaled(moving), offsets, index };
}

/** The byte offset of an element. */
function scaled(index: Operand): Code {
  return [index.code, constant(2), op.shiftLeft];
}

/** An index as constants in sum, and the terms that are not constant. */
function sumOf(
  names: Names,
  node: Expression,
): { readonly terms: readonly Operand[]; readonly distance: number } {
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    if (node.left.type === 'PrivateIdentifier') throw new Untranslatable('A private name.');
    const left = sumOf(names, node.left);
    const right = sumOf(names, node.right);
    return { terms: [...left.terms, ...right.terms], distance: left.distance + right.distance };
  }
  const operand = translateExpression(names, node);
  return isConstant(operand)
    ? { terms: [], distance: operand.low }
    : { terms: [operand], distance: 0 };
}

export function getLocal(index: number): Code {
  return [op.localGet, unsigned(index)];
}

export function setLocal(index: number): Code {
  return [op.localSet, unsigned(index)];
}
