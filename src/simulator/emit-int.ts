import { trim } from './emitter.ts';
import type { Emitter } from './emitter.ts';
import { emitCases, emitElement, emitSelect, emitWord } from './emit-choice.ts';
import type { ValueId } from './graph.ts';
import { laneOf } from './lanes.ts';
import { wordCount } from './words.ts';

/** The boolean of a 1-bit value whose operation gives one naturally. */
export function computeBoolean(e: Emitter, id: ValueId): string | undefined {
  const value = e.valueOf(id);
  if (value.kind === 'unary') {
    const { width } = e.valueOf(value.a);
    switch (value.op) {
      case 'not':
        return `!${e.boolean(value.a)}`;
      case 'reduceAnd':
        return everyWord(e, value.a, (word, bits) => `${word} === ${onesInt(bits)}`, ' && ');
      case 'reduceOr':
        return laneOf(width) === 'float'
          ? `${e.signed(value.a)} !== 0`
          : everyWord(e, value.a, (word) => `${word} !== 0`, ' || ');
      case 'reduceXor':
        return undefined;
    }
  }
  if (value.kind !== 'binary') return undefined;
  switch (value.op) {
    case 'eq':
      return equal(e, value.a, value.b);
    case 'ne':
      return `!(${equal(e, value.a, value.b)})`;
    case 'ltUnsigned':
      return less(e, value.a, value.b, false);
    case 'leUnsigned':
      return `!(${less(e, value.b, value.a, false)})`;
    case 'ltSigned':
      return less(e, value.a, value.b, true);
    case 'leSigned':
      return `!(${less(e, value.b, value.a, true)})`;
    default:
      return undefined;
  }
}

function onesInt(width: number): number {
  return width === 32 ? -1 : 2 ** width - 1;
}

function everyWord(
  e: Emitter,
  id: ValueId,
  test: (word: string, bits: number) => string,
  join: string,
): string {
  const { width } = e.valueOf(id);
  const tests = Array.from({ length: wordCount(width) }, (_, i) =>
    test(e.word(id, i), Math.min(32, width - 32 * i)),
  );
  return tests.join(join);
}

function equal(e: Emitter, a: ValueId, b: ValueId): string {
  const { width } = e.valueOf(a);
  switch (laneOf(width)) {
    case 'int':
      return `${e.int(a)} === ${e.int(b)}`;
    case 'float':
      return `${e.signed(a)} === ${e.signed(b)}`;
    case 'words':
      return Array.from(
        { length: wordCount(width) },
        (_, i) => `${e.word(a, i)} === ${e.word(b, i)}`,
      ).join(' && ');
  }
}

function less(e: Emitter, a: ValueId, b: ValueId, sign: boolean): string {
  const { width } = e.valueOf(a);
  if (laneOf(width) !== 'words') {
    return sign ? `${e.signed(a)} < ${e.signed(b)}` : `${e.unsigned(a)} < ${e.unsigned(b)}`;
  }
  const top = wordCount(width) - 1;
  const unused = 32 * (top + 1) - width;
  let result = '';
  for (let i = 0; i <= top; i++) {
    const [x, y] =
      sign && i === top
        ? [e.local(`${e.word(a, i)} << ${unused}`), e.local(`${e.word(b, i)} << ${unused}`)]
        : [e.local(`${e.word(a, i)} >>> 0`), e.local(`${e.word(b, i)} >>> 0`)];
    result = i === 0 ? `${x} < ${y}` : `${x} < ${y} || (${x} === ${y} && (${result}))`;
  }
  return result;
}

/** The bits of a value of up to 32 bits. */
export function computeInt(e: Emitter, id: ValueId): string {
  const value = e.valueOf(id);
  const { width } = value;
  switch (value.kind) {
    case 'const':
    case 'input':
    case 'state':
    case 'child':
      throw new Error(`A ${value.kind} is loaded, not computed.`);
    case 'unary':
      switch (value.op) {
        case 'not':
          return width === 1 ? `${e.int(value.a)} ^ 1` : trim(`~${e.int(value.a)}`, width);
        case 'reduceXor': {
          const words = wordCount(e.valueOf(value.a).width);
          const all = Array.from({ length: words }, (_, i) => e.word(value.a, i));
          return `parity(${all.join(' ^ ')})`;
        }
        default:
          return `${e.boolean(id)} ? 1 : 0`;
      }
    case 'binary': {
      const { a, b } = value;
      switch (value.op) {
        case 'add':
          return width === 32
            ? `(${e.int(a)} + ${e.int(b)}) | 0`
            : trim(`${e.int(a)} + ${e.int(b)}`, width);
        case 'sub':
          return width === 32
            ? `(${e.int(a)} - ${e.int(b)}) | 0`
            : trim(`${e.int(a)} - ${e.int(b)}`, width);
        case 'and':
          return `${e.int(a)} & ${e.int(b)}`;
        case 'or':
          return `${e.int(a)} | ${e.int(b)}`;
        case 'xor':
          return `${e.int(a)} ^ ${e.int(b)}`;
        case 'mulUnsigned':
          return `Math.imul(${e.int(a)}, ${e.int(b)})`;
        case 'mulSigned':
          return width === 32
            ? `Math.imul(${e.signedInt(a)}, ${e.signedInt(b)})`
            : trim(e.signedInt(id), width);
        case 'shiftLeft':
          return inRange(e, b, width, (by) => trim(`${e.int(a)} << ${by}`, width));
        case 'shiftRight':
          return inRange(e, b, width, (by) => `${e.int(a)} >>> ${by} | 0`);
        case 'shiftRightSigned': {
          const by = e.local(e.amount(b));
          return trim(`${e.signedInt(a)} >> (${by} < ${width} ? ${by} : 31)`, width);
        }
        default:
          return `${e.boolean(id)} ? 1 : 0`;
      }
    }
    case 'mux':
      return `${e.boolean(value.condition)} ? ${e.int(value.whenTrue)} : ${e.int(value.whenFalse)}`;
    case 'cases':
      return emitCases(e, value, (entry) => [e.int(entry)])[0]!;
    case 'concat': {
      let low = width;
      const pieces: string[] = [];
      for (const part of value.parts) {
        low -= e.valueOf(part).width;
        const bits = e.int(part);
        if (bits !== '0') pieces.push(low === 0 ? bits : `${bits} << ${low}`);
      }
      return pieces.length === 0 ? '0' : pieces.join(' | ');
    }
    case 'slice':
      return sliceInt(e, value.a, value.low, width);
    case 'extend':
      return value.sign ? trim(e.signedInt(value.a), width) : e.int(value.a);
    case 'element':
      return emitElement(e, value)[0]!;
    case 'select':
      return emitSelect(e, value, (part) => [e.int(part)])[0]!;
    case 'word':
      return emitWord(e, value)[0]!;
  }
}

function sliceInt(e: Emitter, a: ValueId, low: number, width: number): string {
  const source = e.valueOf(a);
  // Nothing lies above the topmost bits of an int but zeros.
  const reachesTop = low + width === source.width && laneOf(source.width) === 'int' && low > 0;
  return reachesTop ? e.bits(a, low) : trim(e.bits(a, low), width);
}

/** A shift that gives 0 where the amount reaches the width. */
function inRange(
  e: Emitter,
  amount: ValueId,
  width: number,
  shifted: (by: string) => string,
): string {
  const by = e.local(e.amount(amount));
  const always = 2 ** e.valueOf(amount).width <= width;
  return always ? shifted(by) : `${by} < ${width} ? ${shifted(by)} : 0`;
}
