import { floatFromWords, trim } from './emitter.ts';
import type { Emitter } from './emitter.ts';
import { emitCases, emitElement, emitSelect, emitWord } from './emit-choice.ts';
import type { ValueId } from './graph.ts';

/** The signed double of a value of 33 .. 53 bits. */
export function computeFloat(e: Emitter, id: ValueId): string {
  const value = e.valueOf(id);
  const { width } = value;
  const half = 2 ** (width - 1);
  const whole = 2 ** width;
  /** Reads a number of -2^width .. 2^width as `width` bits again. */
  const wrapped = (expression: string) => {
    const x = e.local(expression);
    return `${x} >= ${half} ? ${x} - ${whole} : ${x} < ${-half} ? ${x} + ${whole} : ${x}`;
  };
  const fromUnsigned = (expression: string) => {
    const x = e.local(expression);
    return `${x} >= ${half} ? ${x} - ${whole} : ${x}`;
  };
  const fromBits = (bits: (from: number) => string) =>
    floatFromWords(e.local(bits(0)), e.local(trim(bits(32), width - 32)), width);

  switch (value.kind) {
    case 'const':
    case 'input':
    case 'state':
    case 'child':
      throw new Error(`A ${value.kind} is loaded, not computed.`);
    case 'unary':
      return `-1 - ${e.signed(value.a)}`;
    case 'binary': {
      const { a, b } = value;
      const bitwise = (op: string) =>
        floatFromWords(
          `(${e.word(a, 0)} ${op} ${e.word(b, 0)})`,
          `(${e.word(a, 1)} ${op} ${e.word(b, 1)})`,
          width,
        );
      switch (value.op) {
        case 'add':
          return wrapped(`${e.signed(a)} + ${e.signed(b)}`);
        case 'sub':
          return wrapped(`${e.signed(a)} - ${e.signed(b)}`);
        case 'and':
          return bitwise('&');
        case 'or':
          return bitwise('|');
        case 'xor':
          return bitwise('^');
        case 'mulUnsigned':
          return fromUnsigned(`${e.unsigned(a)} * ${e.unsigned(b)}`);
        case 'mulSigned':
          return `${e.signed(a)} * ${e.signed(b)}`;
        case 'shiftLeft': {
          const by = e.local(e.amount(b));
          // Scaling by a power of two and the remainder are both exact.
          return wrapped(`${by} < ${width} ? ${e.signed(a)} * powers[${by}] % ${whole} : 0`);
        }
        case 'shiftRight': {
          const by = e.local(e.amount(b));
          return fromUnsigned(
            `${by} < ${width} ? Math.floor(${e.unsigned(a)} / powers[${by}]) : 0`,
          );
        }
        case 'shiftRightSigned': {
          const by = e.local(e.amount(b));
          return `Math.floor(${e.signed(a)} / powers[${by} < ${width} ? ${by} : ${width}])`;
        }
        default:
          throw new Error(`${value.op} gives one bit.`);
      }
    }
    case 'mux':
      return `${e.boolean(value.condition)} ? ${e.signed(value.whenTrue)} : ${e.signed(value.whenFalse)}`;
    case 'cases':
      return emitCases(e, value, (entry) => [e.signed(entry)])[0]!;
    case 'concat':
      return fromBits((from) => concatBits(e, value.parts, width, from));
    case 'slice':
      return fromBits((from) => e.bits(value.a, value.low + from));
    case 'extend':
      return value.sign ? e.signed(value.a) : e.unsigned(value.a);
    case 'element': {
      const [low, high] = emitElement(e, value);
      return floatFromWords(e.local(low!), e.local(high!), width);
    }
    case 'select':
      return emitSelect(e, value, (part) => [e.signed(part)])[0]!;
    case 'word': {
      const [low, high] = emitWord(e, value);
      return high === undefined ? low! : floatFromWords(e.local(low!), e.local(high), width);
    }
  }
}

/** 32 bits of a concatenation from bit `from` on; above its width there may be anything. */
export function concatBits(
  e: Emitter,
  parts: readonly ValueId[],
  width: number,
  from: number,
): string {
  const pieces: string[] = [];
  let low = width;
  for (const part of parts) {
    const partWidth = e.valueOf(part).width;
    low -= partWidth;
    if (low >= from + 32 || low + partWidth <= from) continue;
    const bits = e.bits(part, from - low);
    if (bits !== '0') pieces.push(bits);
  }
  return pieces.length === 0 ? '0' : pieces.join(' | ');
}
