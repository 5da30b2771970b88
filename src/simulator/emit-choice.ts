import { literal, trimTop } from './emitter.ts';
import type { Emitter } from './emitter.ts';
import type { Value, ValueId } from './graph.ts';
import { laneOf } from './lanes.ts';
import { wordCount } from './words.ts';

type Of<K extends Value['kind']> = Value & { readonly kind: K };

/**
 * A choice among entries; `forms` gives the expressions that make up a value in the lane of the
 * result: one, or one for each word.
 */
export function emitCases(
  e: Emitter,
  value: Of<'cases'>,
  forms: (entry: ValueId) => readonly string[],
): string[] {
  const { selector, entries, fallback } = value;
  const { width } = e.valueOf(selector);
  const lane = laneOf(width);
  const chosen = lane === 'float' ? e.signed(selector) : lane === 'int' ? e.int(selector) : '';
  const choices = entries.map((entry) => forms(entry.value));
  const otherwise = forms(fallback);
  const names = otherwise.map(() => e.fresh());
  const assign = (words: readonly string[]) =>
    names.map((name, i) => `${name} = ${words[i]!};`).join(' ');
  e.line(`let ${names.join(', ')};`);
  if (lane === 'words') {
    const matches = (match: bigint) =>
      Array.from({ length: wordCount(width) }, (_, i) => {
        const word = BigInt.asIntN(32, match >> BigInt(32 * i));
        return `${e.word(selector, i)} === ${word}`;
      }).join(' && ');
    entries.forEach((entry, i) => {
      e.line(`${i === 0 ? '' : 'else '}if (${matches(entry.match)}) { ${assign(choices[i]!)} }`);
    });
    e.line(entries.length === 0 ? assign(otherwise) : `else { ${assign(otherwise)} }`);
    return names;
  }
  e.line(`switch (${chosen}) {`);
  entries.forEach((entry, i) => {
    e.line(`case ${literal(entry.match, width, lane)}: ${assign(choices[i]!)} break;`);
  });
  e.line(`default: ${assign(otherwise)}`);
  e.line('}');
  return names;
}

/** One or more words, each 0 where `inside` is given and false. */
function guarded(inside: string | undefined, words: readonly string[]): string[] {
  return words.map((word) => (inside === undefined ? word : `${inside} ? ${word} : 0`));
}

/** Whether an index is in range; undefined where it always is. */
function rangeCheck(e: Emitter, index: ValueId, at: string, count: number): string | undefined {
  return 2 ** e.valueOf(index).width <= count ? undefined : e.local(`${at} < ${count}`);
}

/** The words of an element of a packed vector. */
export function emitElement(e: Emitter, value: Of<'element'>): string[] {
  const { a, index, width } = value;
  const vector = e.valueOf(a);
  const at = e.local(e.amount(index));
  const inside = rangeCheck(e, index, at, vector.width / width);
  if (laneOf(vector.width) === 'int') {
    // Out of range, the amount is taken modulo 32, and the guard discards what comes of it.
    const word = `(${e.int(a)} >>> (${at} * ${width}))`;
    return guarded(inside, trimTop([word], width));
  }
  let array = 'C';
  let base = e.wordsSlot(a);
  if (base === undefined) {
    array = 'X';
    base = '0';
    for (let i = 0; i < wordCount(vector.width); i++) e.line(`X[${i}] = ${e.word(a, i)};`);
  }
  const bit = e.local(`${inside === undefined ? at : `(${inside} ? ${at} : 0)`} * ${width}`);
  const words = Array.from({ length: wordCount(width) }, (_, i) =>
    e.local(`bitsAt(${array}, ${base}, ${bit}${i === 0 ? '' : ` + ${32 * i}`})`),
  );
  return guarded(
    inside,
    trimTop(words, width).map((word) => `(${word})`),
  );
}

/** An element of a vector that exists as parts, in the lane of the parts. */
export function emitSelect(
  e: Emitter,
  value: Of<'select'>,
  forms: (part: ValueId) => readonly string[],
): string[] {
  const { parts, index, width } = value;
  const at = e.local(e.amount(index));
  const inside = rangeCheck(e, index, at, parts.length);
  const places = parts.map((part) => e.place(part));
  const [first, second] = places;
  const step = first && second ? second.slot - first.slot : 0;
  const regular =
    first !== undefined && places.every((place, i) => place?.slot === first.slot + i * step);
  if (regular) {
    const offset = e.local(
      `${first.slot} + ${inside === undefined ? at : `(${inside} ? ${at} : 0)`} * ${step}`,
    );
    const count = laneOf(width) === 'words' ? wordCount(width) : 1;
    return guarded(
      inside,
      Array.from({ length: count }, (_, i) =>
        e.slot(first.lane, i === 0 ? offset : `${offset} + ${i}`),
      ),
    );
  }
  const choices = parts.map(forms);
  const tree = (word: number, from: number, to: number): string => {
    if (to - from === 1) return choices[from]![word]!;
    const middle = (from + to) >> 1;
    return `(${at} < ${middle} ? ${tree(word, from, middle)} : ${tree(word, middle, to)})`;
  };
  return guarded(
    inside,
    choices[0]!.map((_, word) => tree(word, 0, parts.length)),
  );
}

/**
 * A word of a memory: one expression in its lane, or its 32-bit words where the memory is kept so.
 */
export function emitWord(e: Emitter, value: Of<'word'>): string[] {
  const { place, base } = e.memory(value.memory);
  const { depth } = e.definition.memories[value.memory]!;
  const at = e.local(e.amount(value.address));
  const inside = rangeCheck(e, value.address, at, depth);
  const array = place.lane === 'float' ? 'FM' : 'M';
  const slot = e.local(memorySlot(place, base, at));
  return guarded(
    inside,
    Array.from({ length: place.stride }, (_, i) => `${array}[${slot}${i === 0 ? '' : ` + ${i}`}]`),
  );
}

/** Index of a word in its memory array. */
export function memorySlot(
  place: { readonly base: number; readonly stride: number },
  base: string,
  address: string,
): string {
  const scaled = place.stride === 1 ? address : `${address} * ${place.stride}`;
  return `${base} + ${place.base} + ${scaled}`;
}
