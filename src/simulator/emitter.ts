import { wrap } from '../ir/index.ts';
import type { Value, ValueId } from './graph.ts';
import { computeFloat } from './emit-float.ts';
import { computeBoolean, computeInt } from './emit-int.ts';
import { computeWords } from './emit-words.ts';
import { laneOf } from './lanes.ts';
import type { Lane } from './lanes.ts';
import { slotOf } from './layout.ts';
import type { Layout, MemoryPlace } from './layout.ts';
import type { Definition } from './lower.ts';
import { wordCount } from './words.ts';

/** The arrays of state before and after the edge, and the base of the scope in them. */
const arrays = {
  int: { before: 'C', after: 'N', base: 'b' },
  float: { before: 'FC', after: 'FN', base: 'fb' },
} as const;

/** What differs from scope to scope: bases and the slots of inputs, by variable name. */
export type Column =
  | { readonly kind: 'base'; readonly array: 'int' | 'float' | 'memoryInt' | 'memoryFloat' }
  | { readonly kind: 'input'; readonly port: number; readonly width: number };

/**
 * Writes the body of one compiled function: every value at most once, as `const` locals, in each of
 * the forms that its users ask for. All forms are pure JavaScript expressions.
 */
export interface Emitter {
  readonly definition: Definition;
  readonly lines: string[];
  readonly columns: Map<string, Column>;
  valueOf(id: ValueId): Value;
  /** Appends a local; returns its name. */
  local(expression: string): string;
  line(text: string): void;
  /** Writes what is done where a bit is 1 and where it is 0, each in a branch of its own. */
  either(condition: ValueId, write: (holds: boolean) => void): void;
  /** Name for a `let` that the caller declares itself. */
  fresh(): string;
  /** Lane `int`: the bits, zero-extended (32 bits: as int32). */
  int(id: ValueId): string;
  /** Lane `int`: the two's complement reading, an int32. */
  signedInt(id: ValueId): string;
  /** One bit: a JavaScript boolean. */
  boolean(id: ValueId): string;
  /** Lane `int` or `float`: the two's complement reading, a number. */
  signed(id: ValueId): string;
  /** Lane `int` or `float`: the unsigned reading, a number. */
  unsigned(id: ValueId): string;
  /** Any lane: 32-bit word `index`, zero-extended at the top. */
  word(id: ValueId, index: number): string;
  /** Any lane: 32 bits from bit `from` on (which may be negative), zeros outside. */
  bits(id: ValueId, from: number): string;
  /** Any lane: the unsigned value as a number, or some number of at least 2^32. */
  amount(id: ValueId): string;
  /** The slot expression of a value that is stored in the scope or below it and not computed here. */
  place(id: ValueId): { readonly lane: 'int' | 'float'; readonly slot: number } | undefined;
  /** Refers to a slot of the scope, before the edge or after it. */
  slot(lane: 'int' | 'float', offset: number | string, when?: 'before' | 'after'): string;
  /** The slot expression of a value held as words in `C`. */
  wordsSlot(id: ValueId): string | undefined;
  memory(index: number): { readonly place: MemoryPlace; readonly base: string };
}

export function createEmitter(
  definition: Definition,
  layout: Layout,
  layouts: ReadonlyMap<string, Layout>,
  computed: ReadonlySet<ValueId>,
): Emitter {
  const lines: string[] = [];
  const columns = new Map<string, Column>();
  const forms = new Map<string, string>();
  let locals = 0;
  const valueOf = (id: ValueId) => definition.values[id]!;
  const fresh = () => `v${locals++}`;
  const local = (expression: string): string => {
    // A name or a number is as good as a local of its own.
    if (/^-?\w+$/.test(expression)) return expression;
    const name = fresh();
    lines.push(`const ${name} = ${expression};`);
    return name;
  };
  const form = (kind: string, id: ValueId, make: () => string): string => {
    const key = kind + id;
    const known = forms.get(key);
    if (known !== undefined) return known;
    const name = local(make());
    forms.set(key, name);
    return name;
  };
  const column = (name: string, content: Column): string => {
    columns.set(name, content);
    return name;
  };
  const baseOf = (lane: 'int' | 'float') =>
    column(arrays[lane].base, { kind: 'base', array: lane });
  const slot: Emitter['slot'] = (lane, offset, when = 'before') =>
    `${arrays[lane][when]}[${baseOf(lane)} + ${offset}]`;
  const place: Emitter['place'] = (id) => {
    if (computed.has(id)) return undefined;
    const value = valueOf(id);
    if (value.kind === 'input' || value.kind === 'const') return undefined;
    const found = slotOf(definition, layout, layouts, id);
    if (found === undefined) throw new Error(`Value ${id} of '${definition.module.name}' is lost.`);
    return { lane: laneOf(value.width) === 'float' ? 'float' : 'int', slot: found };
  };
  const inputSlot = (port: number) =>
    column(`i${port}`, { kind: 'input', port, width: definition.inputs[port]!.width });

  /** Loads element `index` of what is stored of a value; undefined where it must be computed. */
  const load = (id: ValueId, index = 0): string | undefined => {
    const value = valueOf(id);
    if (value.kind === 'input') {
      const array = laneOf(value.width) === 'float' ? 'FC' : 'C';
      const at = inputSlot(value.port);
      return `${array}[${index === 0 ? at : `${at} + ${index}`}]`;
    }
    const found = place(id);
    return found && slot(found.lane, found.slot + index);
  };
  const constant = (id: ValueId): bigint | undefined => {
    const value = valueOf(id);
    return value.kind === 'const' ? value.bits : undefined;
  };
  const wordOf = (bits: bigint, index: number) =>
    String(BigInt.asIntN(32, bits >> BigInt(32 * index)));

  const emitter: Emitter = {
    definition,
    lines,
    columns,
    valueOf,
    local,
    fresh,
    line: (text) => lines.push(text),
    either(condition, write) {
      const test = emitter.boolean(condition);
      const outside = new Map(forms);
      const branch = (holds: boolean) => {
        write(holds);
        // Locals of a branch end with it.
        forms.clear();
        for (const [key, name] of outside) forms.set(key, name);
      };
      lines.push(`if (${test}) {`);
      branch(true);
      lines.push('} else {');
      branch(false);
      lines.push('}');
    },
    slot,
    place,
    int(id) {
      const bits = constant(id);
      if (bits !== undefined) return wordOf(bits, 0);
      return form('int', id, () => load(id) ?? computeInt(emitter, id));
    },
    signedInt(id) {
      const { width } = valueOf(id);
      const bits = constant(id);
      if (bits !== undefined) return String(BigInt.asIntN(width, bits));
      if (width === 32) return emitter.int(id);
      return form('signedInt', id, () => {
        const value = valueOf(id);
        if (computed.has(id)) {
          if (value.kind === 'binary' && value.op === 'mulSigned') {
            return `Math.imul(${emitter.signedInt(value.a)}, ${emitter.signedInt(value.b)})`;
          }
          if (value.kind === 'extend') {
            return value.sign ? emitter.signedInt(value.a) : emitter.int(value.a);
          }
        }
        const plain = emitter.int(id);
        return width === 1 ? `-${plain} | 0` : `${plain} << ${32 - width} >> ${32 - width}`;
      });
    },
    boolean(id) {
      const bits = constant(id);
      if (bits !== undefined) return bits === 1n ? 'true' : 'false';
      return form('boolean', id, () => {
        const native = computed.has(id) ? computeBoolean(emitter, id) : undefined;
        return native ?? `${emitter.int(id)} !== 0`;
      });
    },
    signed(id) {
      const value = valueOf(id);
      if (laneOf(value.width) === 'int') return emitter.signedInt(id);
      if (value.kind === 'const') return String(BigInt.asIntN(value.width, value.bits));
      return form('signed', id, () => load(id) ?? computeFloat(emitter, id));
    },
    unsigned(id) {
      const value = valueOf(id);
      if (value.kind === 'const') return String(value.bits);
      if (value.width < 32) return emitter.int(id);
      return form('unsigned', id, () => {
        if (value.width === 32) return `${emitter.int(id)} >>> 0`;
        const signed = emitter.signed(id);
        return `${signed} < 0 ? ${signed} + ${2 ** value.width} : ${signed}`;
      });
    },
    word(id, index) {
      const { width } = valueOf(id);
      const bits = constant(id);
      if (index >= wordCount(width)) return '0';
      if (bits !== undefined) return wordOf(bits, index);
      switch (laneOf(width)) {
        case 'int':
          return emitter.int(id);
        case 'float':
          return form(`word${index}_`, id, () => {
            const whole = emitter.signed(id);
            return index === 0
              ? `${whole} | 0`
              : `Math.floor(${whole} / 4294967296) & ${2 ** (width - 32) - 1}`;
          });
        case 'words': {
          if (!computed.has(id)) return form(`word${index}_`, id, () => load(id, index)!);
          if (!forms.has(`word0_${id}`)) {
            computeWords(emitter, id).forEach((word, i) => form(`word${i}_`, id, () => word));
          }
          return forms.get(`word${index}_${id}`)!;
        }
      }
    },
    bits(id, from) {
      const index = Math.floor(from / 32);
      const shift = from - 32 * index;
      const count = wordCount(valueOf(id).width);
      const low = index >= 0 && index < count ? emitter.word(id, index) : '0';
      if (shift === 0) return low;
      const high = index + 1 < count ? emitter.word(id, index + 1) : '0';
      const pieces = [
        ...(low === '0' ? [] : [`${low} >>> ${shift}`]),
        ...(high === '0' ? [] : [`${high} << ${32 - shift}`]),
      ];
      return pieces.length === 0 ? '0' : pieces.join(' | ');
    },
    amount(id) {
      const { width } = valueOf(id);
      if (laneOf(width) !== 'words') return emitter.unsigned(id);
      const upper = Array.from({ length: wordCount(width) - 1 }, (_, i) => emitter.word(id, i + 1));
      return `((${upper.join(' | ')}) !== 0 ? 4294967296 : ${emitter.word(id, 0)} >>> 0)`;
    },
    wordsSlot(id) {
      const value = valueOf(id);
      if (laneOf(value.width) !== 'words') return undefined;
      if (value.kind === 'input') return inputSlot(value.port);
      const found = place(id);
      return found && `${baseOf('int')} + ${found.slot}`;
    },
    memory(index) {
      const found = layout.memories[index]!;
      return found.lane === 'float'
        ? { place: found, base: column('fm', { kind: 'base', array: 'memoryFloat' }) }
        : { place: found, base: column('m', { kind: 'base', array: 'memoryInt' }) };
    },
  };
  return emitter;
}

/** An int32 expression cut to `width` bits. */
export function trim(expression: string, width: number): string {
  return width === 32 ? expression : `(${expression}) & ${2 ** width - 1}`;
}

/** Cuts the top word of a list of words to the width of the value. */
export function trimTop(words: readonly string[], width: number): string[] {
  const top = width - 32 * (words.length - 1);
  return words.map((word, i) => (i === words.length - 1 ? trim(word, top) : word));
}

/** The double of 33 .. 53 bits whose low words are given; the high one is cut already. */
export function floatFromWords(low: string, high: string, width: number): string {
  const unused = 64 - width;
  return `(${high} << ${unused} >> ${unused}) * 4294967296 + (${low} >>> 0)`;
}

/** A literal for a selector or index constant in its lane. */
export function literal(bits: bigint, width: number, lane: Lane): string {
  if (lane === 'float') return String(BigInt.asIntN(width, bits));
  return String(BigInt.asIntN(32, wrap(bits, width)));
}
