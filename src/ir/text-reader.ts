import { failAt, tokenize } from './text-tokens.ts';
import type { Token } from './text-tokens.ts';

/** A width with the sign and the names of values that are declared, if any. */
export interface Type {
  readonly width: number;
  readonly signed?: boolean;
  readonly enumeration?: readonly string[];
}

/** Reads tokens one after the other; every method that does not find what it wants throws. */
export interface Reader {
  peek(): Token;
  isNext(kind: Token['kind']): boolean;
  /** Whether the token `ahead` of the next one is this mark; by default the next one itself. */
  isMark(mark: string, ahead?: number): boolean;
  takeMark(mark: string): boolean;
  mark(mark: string): void;
  takeKeyword(word: string): boolean;
  /** A bare word, which must be `wanted` if that is given. */
  keyword(wanted?: string): string;
  oneOf<T extends string>(words: readonly T[]): T;
  /** A bare word, or any name between quotation marks. */
  name(): string;
  /** A label or name of a node. */
  reference(): string;
  /** `name:` before a value. */
  argument(name: string): void;
  number(): number;
  numberOf<T extends number>(allowed: readonly T[]): T;
  /** Hexadecimal digits behind `'h`. */
  digits(): string;
  text(): string;
  /** A text, or `''` where none follows. */
  optionalText(): string;
  type(): Type;
  /** Items between commas up to and with the closing mark. */
  list<T>(close: string, item: () => T): T[];
  fail(problem: string): never;
  failAt(token: Token, problem: string): never;
}

export function createReader(source: string): Reader {
  const tokens = tokenize(source);
  let position = 0;
  const peek = (ahead = 0): Token => tokens[Math.min(position + ahead, tokens.length - 1)]!;
  const fail = (problem: string): never => failAt(peek(), problem);
  const take = (kind: Token['kind'], wanted: string): string => {
    const token = peek();
    if (token.kind !== kind) return fail(`${wanted} is needed, not ${shown(token)}`);
    position++;
    return token.value;
  };
  const isMark = (mark: string, ahead = 0) =>
    peek(ahead).kind === 'mark' && peek(ahead).value === mark;
  const takeMark = (mark: string) => {
    if (!isMark(mark)) return false;
    position++;
    return true;
  };
  const mark = (wanted: string) => {
    if (!takeMark(wanted)) fail(`'${wanted}' is needed, not ${shown(peek())}`);
  };
  const takeKeyword = (word: string) => {
    const token = peek();
    const found = token.kind === 'name' && token.value === word;
    if (found) position++;
    return found;
  };
  const text = () => take('text', 'a text');
  const number = () => Number(take('number', 'a number'));
  const list = <T>(close: string, item: () => T): T[] => {
    const items: T[] = [];
    if (takeMark(close)) return items;
    do items.push(item());
    while (takeMark(','));
    mark(close);
    return items;
  };
  const oneOf = <T extends string>(words: readonly T[]): T => {
    const token = peek();
    const found = words.find((word) => token.kind === 'name' && token.value === word);
    if (found === undefined) {
      return fail(
        `${words.map((word) => `'${word}'`).join(' or ')} is needed, not ${shown(token)}`,
      );
    }
    position++;
    return found;
  };
  const name = () => (peek().kind === 'text' ? text() : take('name', 'a name'));

  return {
    peek: () => peek(),
    isNext: (kind) => peek().kind === kind,
    isMark,
    takeMark,
    mark,
    takeKeyword,
    keyword: (wanted) => (wanted === undefined ? take('name', 'a word') : oneOf([wanted])),
    oneOf,
    name,
    reference: () => (peek().kind === 'label' ? take('label', 'a label') : name()),
    argument(wanted) {
      oneOf([wanted]);
      mark(':');
    },
    number,
    numberOf(allowed) {
      const token = peek();
      const value = number();
      return (
        allowed.find((candidate) => candidate === value) ??
        failAt(token, `${allowed.join(' or ')} is needed, not ${value}`)
      );
    },
    digits: () => take('digits', "a value like 'h1f"),
    text,
    optionalText: () => (peek().kind === 'text' ? text() : ''),
    type() {
      const { kind, value } = peek();
      const [, sign, width] = /^([us]?)(\d+)$/.exec(value) ?? [];
      if ((kind !== 'name' && kind !== 'number') || width === undefined) {
        return fail(`a type like 8, u8 or s8 is needed, not ${shown(peek())}`);
      }
      position++;
      const isNamed = takeKeyword('of');
      if (isNamed) mark('[');
      return {
        width: Number(width),
        ...(sign === '' ? {} : { signed: sign === 's' }),
        ...(isNamed ? { enumeration: list(']', name) } : {}),
      };
    },
    list,
    fail,
    failAt,
  };
}

function shown({ kind, value }: Token): string {
  switch (kind) {
    case 'end':
      return 'the end of the text';
    case 'text':
      return JSON.stringify(value);
    case 'digits':
      return `'h${value}`;
    default:
      return `'${value}'`;
  }
}
