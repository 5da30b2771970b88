/** Expressions as text, on one line or on several. */
import { toHex, wrap } from '../ir/operators.ts';
import type { Expression, VerilogOperator } from './syntax.ts';

const associative: ReadonlySet<VerilogOperator> = new Set(['+', '&', '|', '^', '&&', '||']);

/** The expression on one line. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'net':
      return expression.name;
    case 'slice': {
      const { name, high, low } = expression;
      return high === low ? `${name}[${low}]` : `${name}[${high}:${low}]`;
    }
    case 'index':
      return `${expression.name}[${printExpression(expression.index)}]`;
    case 'part':
      return `${expression.name}[${printExpression(expression.from)} +: ${expression.width}]`;
    case 'lane': {
      const { word, high, low } = expression;
      return `${printExpression(word)}[${high === low ? low : `${high}:${low}`}]`;
    }
    case 'literal':
      return printLiteral(expression);
    case 'genvar':
      return expression.text;
    case 'unary': {
      const { a } = expression;
      const text = printExpression(a);
      return `${expression.op}${isAtom(a) ? text : `(${text})`}`;
    }
    case 'binary': {
      const { op } = expression;
      return `${operand(op, expression.a, 'left')} ${op} ${operand(op, expression.b, 'right')}`;
    }
    case 'choice':
      return [
        `${branch(expression.condition)} ?`,
        `${branch(expression.whenTrue)} : ${branch(expression.whenFalse)}`,
      ].join(' ');
    case 'concat':
      return `{${expression.parts.map(printExpression).join(', ')}}`;
    case 'repeat':
      return `{${expression.count}{${printExpression(expression.a)}}}`;
    case 'cast':
      return `$${expression.to}(${printExpression(expression.a)})`;
  }
}

/** The expression behind text that ends in column `column`, on lines indented by `indent`. */
export function layoutExpression(
  expression: Expression,
  indent: number,
  column: number,
  columns: number,
): string {
  const flat = printExpression(expression);
  if (column + flat.length <= columns) return flat;
  const inner = indent + 2;
  const start = `\n${' '.repeat(inner)}`;
  if (inner + flat.length <= columns && expression.kind !== 'unary') return `${start}${flat}`;
  const layout = (part: Expression, from: number) => layoutExpression(part, inner, from, columns);
  switch (expression.kind) {
    case 'unary':
      return isAtom(expression.a)
        ? `${expression.op}${layoutExpression(expression.a, indent, column + 1, columns)}`
        : flat;
    case 'concat': {
      const lines: string[] = [];
      for (const part of expression.parts.map(printExpression)) {
        const line = lines.at(-1);
        if (line !== undefined && inner + line.length + 2 + part.length < columns) {
          lines[lines.length - 1] = `${line}, ${part}`;
        } else {
          if (line !== undefined) lines[lines.length - 1] = `${line},`;
          lines.push(part);
        }
      }
      return `{${start}${lines.join(start)}\n${' '.repeat(indent)}}`;
    }
    case 'choice': {
      const { condition, whenTrue, whenFalse } = expression;
      return [
        branch(condition),
        `? ${layout(whenTrue, inner + 2)}`,
        `: ${layout(whenFalse, inner + 2)}`,
      ].join(start);
    }
    case 'binary': {
      const terms = flatten(expression.op, expression);
      return terms
        .map((term, index) => {
          const head = index === 0 ? '' : `${expression.op} `;
          const text = operand(expression.op, term, index === 0 ? 'left' : 'right');
          const isLong = inner + head.length + text.length > columns;
          return `${head}${isLong && isAtom(term) ? layout(term, inner + head.length) : text}`;
        })
        .join(start);
    }
    default:
      return flat;
  }
}

function flatten(op: VerilogOperator, expression: Expression): Expression[] {
  if (expression.kind !== 'binary' || expression.op !== op) return [expression];
  const right = associative.has(op) ? flatten(op, expression.b) : [expression.b];
  return [...flatten(op, expression.a), ...right];
}

function operand(op: VerilogOperator, a: Expression, side: 'left' | 'right'): string {
  const text = printExpression(a);
  if (isAtom(a)) return text;
  if (a.kind === 'unary') {
    const isClear = a.op === '!' || a.op === '~' || (a.op === '-' && !'+-'.includes(op));
    return isClear ? text : `(${text})`;
  }
  if (a.kind === 'binary') {
    if (a.op === op && associative.has(op)) return text;
    if (side === 'left' && '+-'.includes(op) && '+-'.includes(a.op)) return text;
  }
  return `(${text})`;
}

const branch = (a: Expression): string =>
  isAtom(a) || (a.kind === 'unary' && '!~-'.includes(a.op))
    ? printExpression(a)
    : `(${printExpression(a)})`;

function isAtom(a: Expression): boolean {
  return a.kind !== 'unary' && a.kind !== 'binary' && a.kind !== 'choice';
}

// Up to here a reader knows the number; beyond, its digits say more.
const largestDecimal = 9999n;

function printLiteral(literal: Extract<Expression, { kind: 'literal' }>): string {
  const { width, value, signed } = literal;
  if (width === 1) return signed ? `1'sb${wrap(value, 1)}` : `1'b${value}`;
  if (signed) {
    const magnitude = value < 0n ? -value : value;
    if (width <= 32) return `${value < 0n ? '-' : ''}${width}'sd${magnitude}`;
    return `${width}'sh${group(toHex(wrap(value, width)))}`;
  }
  if (value <= largestDecimal) return `${width}'d${value}`;
  return `${width}'h${group(toHex(value))}`;
}

/** Long hexadecimal numbers in groups of four digits from the right. */
const group = (digits: string): string =>
  digits.length <= 8 ? digits : digits.replace(/\B(?=([0-9a-f]{4})+$)/g, '_');
