import { trimTop } from './emitter.ts';
import type { Emitter } from './emitter.ts';
import { emitCases, emitElement, emitSelect, emitWord } from './emit-choice.ts';
import { concatBits } from './emit-float.ts';
import type { ValueId } from './graph.ts';
import { wordCount } from './words.ts';

/** The words of a value of 54 bits or more, lowest first, the top one zero-extended. */
export function computeWords(e: Emitter, id: ValueId): string[] {
  const value = e.valueOf(id);
  const { width } = value;
  const count = wordCount(width);
  const each = (word: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => word(i));
  const wordsOf = (operand: ValueId) => each((i) => e.word(operand, i));

  switch (value.kind) {
    case 'const':
    case 'input':
    case 'state':
    case 'child':
      throw new Error(`A ${value.kind} is loaded, not computed.`);
    case 'unary':
      return trimTop(
        each((i) => `~${e.word(value.a, i)}`),
        width,
      );
    case 'binary': {
      const { a, b } = value;
      switch (value.op) {
        case 'add':
          return trimTop(carried(e, wordsOf(a), wordsOf(b), '+'), width);
        case 'sub':
          return trimTop(carried(e, wordsOf(a), wordsOf(b), '-'), width);
        case 'and':
          return each((i) => `${e.word(a, i)} & ${e.word(b, i)}`);
        case 'or':
          return each((i) => `${e.word(a, i)} | ${e.word(b, i)}`);
        case 'xor':
          return each((i) => `${e.word(a, i)} ^ ${e.word(b, i)}`);
        case 'mulUnsigned':
          return multiplied(e, wordsOf(a), wordsOf(b), width);
        case 'mulSigned':
          return multiplied(e, signExtended(e, a, count), signExtended(e, b, count), width);
        case 'shiftLeft':
          return shifted(e, wordsOf(a), b, width, 'shiftWordsLeft(X, N, BY)', '0');
        case 'shiftRight':
          return shifted(e, wordsOf(a), b, width, 'shiftWordsRight(X, N, BY, 0)', '0');
        case 'shiftRightSigned': {
          const words = signExtended(e, a, count);
          const fill = e.local(`${words.at(-1)!} >> 31`);
          return shifted(e, words, b, width, `shiftWordsRight(X, N, BY, ${fill})`, fill);
        }
        default:
          throw new Error(`${value.op} gives one bit.`);
      }
    }
    case 'mux': {
      const condition = e.boolean(value.condition);
      return each(
        (i) => `${condition} ? ${e.word(value.whenTrue, i)} : ${e.word(value.whenFalse, i)}`,
      );
    }
    case 'cases':
      return emitCases(e, value, wordsOf);
    case 'concat':
      return each((i) => concatBits(e, value.parts, width, 32 * i));
    case 'slice':
      return trimTop(
        each((i) => e.bits(value.a, value.low + 32 * i)),
        width,
      );
    case 'extend':
      return value.sign ? trimTop(signExtended(e, value.a, count), width) : wordsOf(value.a);
    case 'element':
      return emitElement(e, value);
    case 'select':
      return emitSelect(e, value, wordsOf);
    case 'word':
      return emitWord(e, value);
  }
}

/** Words of a value read as two's complement in `count` words; the top word is not cut. */
function signExtended(e: Emitter, id: ValueId, count: number): string[] {
  const { width } = e.valueOf(id);
  const own = wordCount(width);
  const unused = 32 * own - width;
  const plain = e.word(id, own - 1);
  const top = unused === 0 ? plain : e.local(`${plain} << ${unused} >> ${unused}`);
  const fill = own < count ? e.local(`${top} >> 31`) : '';
  return Array.from({ length: count }, (_, i) => {
    if (i < own - 1) return e.word(id, i);
    return i === own - 1 ? top : fill;
  });
}

function carried(e: Emitter, a: readonly string[], b: readonly string[], op: '+' | '-'): string[] {
  let carry = '';
  return a.map((word, i) => {
    const sum = e.local(
      `(${word} >>> 0) ${op} (${b[i]!} >>> 0)${carry === '' ? '' : ` ${op} ${carry}`}`,
    );
    if (i < a.length - 1) {
      carry = e.local(op === '+' ? `${sum} > 4294967295 ? 1 : 0` : `${sum} < 0 ? 1 : 0`);
    }
    return `${sum} | 0`;
  });
}

/** Writes words into the scratch array from element `at` on. */
function toScratch(e: Emitter, words: readonly string[], at: number): void {
  words.forEach((word, i) => e.line(`X[${at + i}] = ${word};`));
}

function fromScratch(e: Emitter, at: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => e.local(`X[${at + i}]`));
}

function multiplied(
  e: Emitter,
  a: readonly string[],
  b: readonly string[],
  width: number,
): string[] {
  const count = a.length;
  toScratch(e, [...a, ...b], 0);
  e.line(`multiplyWords(X, ${count});`);
  return trimTop(fromScratch(e, 2 * count, count), width);
}

/** A shift by a computed amount; `outside` fills where the amount reaches the width. */
function shifted(
  e: Emitter,
  words: readonly string[],
  amount: ValueId,
  width: number,
  call: string,
  outside: string,
): string[] {
  const count = words.length;
  const by = e.local(e.amount(amount));
  const inside = e.local(`${by} < ${width}`);
  toScratch(e, words, 0);
  e.line(`if (${inside}) ${call.replace('N', String(count)).replace('BY', by)};`);
  const results = fromScratch(e, count, count);
  return trimTop(
    results.map((word) => `(${inside} ? ${word} : ${outside})`),
    width,
  );
}
