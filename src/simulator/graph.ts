import { maskOf, sliceBits, toSigned, wrap } from '../ir/index.ts';
import type { BinaryOperator, UnaryOperator } from '../ir/index.ts';

/** Index in the list of values of a definition. Operands come before their users. */
export type ValueId = number;

/**
 * What compiled code computes: the nodes of a module after its packed vectors have been resolved
 * into their parts wherever they are only collected and scattered.
 */
export type Value = { readonly width: number } & (
  | { readonly kind: 'const'; readonly bits: bigint }
  /** Input port number `port` of the definition. */
  | { readonly kind: 'input'; readonly port: number }
  /** State number `state` of the definition. */
  | { readonly kind: 'state'; readonly state: number }
  /** Output `port` of element `element` of an instance. */
  | {
      readonly kind: 'child';
      readonly instance: number;
      readonly element: number;
      readonly port: string;
    }
  | { readonly kind: 'unary'; readonly op: UnaryOperator; readonly a: ValueId }
  | {
      readonly kind: 'binary';
      readonly op: BinaryOperator;
      readonly a: ValueId;
      readonly b: ValueId;
    }
  | {
      readonly kind: 'mux';
      readonly condition: ValueId;
      readonly whenTrue: ValueId;
      readonly whenFalse: ValueId;
    }
  | {
      readonly kind: 'cases';
      readonly selector: ValueId;
      readonly entries: readonly { readonly match: bigint; readonly value: ValueId }[];
      readonly fallback: ValueId;
    }
  /** `parts[0]` is the most significant. */
  | { readonly kind: 'concat'; readonly parts: readonly ValueId[] }
  | { readonly kind: 'slice'; readonly a: ValueId; readonly low: number }
  | { readonly kind: 'extend'; readonly a: ValueId; readonly sign: boolean }
  /** Element of a packed vector that is computed as a whole; 0 out of range. */
  | { readonly kind: 'element'; readonly a: ValueId; readonly index: ValueId }
  /** `parts[index]` of a vector that exists as parts; 0 out of range. */
  | { readonly kind: 'select'; readonly parts: readonly ValueId[]; readonly index: ValueId }
  /** Memory contents before this cycle's writes; 0 out of range. */
  | { readonly kind: 'word'; readonly memory: number; readonly address: ValueId }
);

export type ValueKind = Value['kind'];

export function operandsOfValue(value: Value): readonly ValueId[] {
  switch (value.kind) {
    case 'const':
    case 'input':
    case 'state':
    case 'child':
      return [];
    case 'unary':
    case 'slice':
    case 'extend':
      return [value.a];
    case 'binary':
      return [value.a, value.b];
    case 'mux':
      return [value.condition, value.whenTrue, value.whenFalse];
    case 'cases':
      return [value.selector, ...value.entries.map((entry) => entry.value), value.fallback];
    case 'concat':
      return value.parts;
    case 'element':
      return [value.a, value.index];
    case 'select':
      return [...value.parts, value.index];
    case 'word':
      return [value.address];
  }
}

/** True for what is read from where it is stored and never computed. */
export function isLeaf(value: Value): boolean {
  switch (value.kind) {
    case 'const':
    case 'input':
    case 'state':
    case 'child':
      return true;
    default:
      return false;
  }
}

export interface GraphBuilder {
  readonly values: readonly Value[];
  constant(bits: bigint, width: number): ValueId;
  /** The value, or an equal one that exists already. */
  add(value: Value): ValueId;
  concat(parts: readonly ValueId[]): ValueId;
  slice(a: ValueId, low: number, width: number): ValueId;
  extend(a: ValueId, sign: boolean, width: number): ValueId;
  element(a: ValueId, index: ValueId, width: number): ValueId;
  /** A shift; those by constants become slices and concatenations. */
  shift(op: 'shiftLeft' | 'shiftRight' | 'shiftRightSigned', a: ValueId, b: ValueId): ValueId;
  mux(condition: ValueId, whenTrue: ValueId, whenFalse: ValueId): ValueId;
}

export function createGraph(): GraphBuilder {
  const values: Value[] = [];
  const byKey = new Map<string, ValueId>();
  /** For each wide concatenation the lowest bit of each part, for bisection. */
  const partOffsets = new Map<ValueId, readonly number[]>();
  const at = (id: ValueId) => values[id]!;

  const add = (value: Value): ValueId => {
    const key = keyOf(value);
    const found = byKey.get(key);
    if (found !== undefined) return found;
    const id = values.push(value) - 1;
    byKey.set(key, id);
    return id;
  };

  const constant = (bits: bigint, width: number) => add({ kind: 'const', bits, width });

  const concat = (parts: readonly ValueId[]): ValueId => {
    const flat: ValueId[] = [];
    for (const part of parts) {
      const value = at(part);
      for (const piece of value.kind === 'concat' ? value.parts : [part]) {
        const merged = flat.length === 0 ? undefined : merge(flat.at(-1)!, piece);
        if (merged === undefined) flat.push(piece);
        else flat[flat.length - 1] = merged;
      }
    }
    if (flat.length === 1) return flat[0]!;
    const width = flat.reduce((sum, part) => sum + at(part).width, 0);
    const id = add({ kind: 'concat', parts: flat, width });
    if (!partOffsets.has(id)) {
      let low = width;
      partOffsets.set(
        id,
        flat.map((part) => (low -= at(part).width)),
      );
    }
    return id;
  };

  /** One value for two neighbours in a concatenation, if there is one. */
  const merge = (high: ValueId, low: ValueId): ValueId | undefined => {
    const [h, l] = [at(high), at(low)];
    if (h.kind === 'const' && l.kind === 'const') {
      return constant((h.bits << BigInt(l.width)) | l.bits, h.width + l.width);
    }
    if (h.kind === 'slice' && l.kind === 'slice' && h.a === l.a && l.low + l.width === h.low) {
      return slice(h.a, l.low, h.width + l.width);
    }
    return undefined;
  };

  const slice = (a: ValueId, low: number, width: number): ValueId => {
    const value = at(a);
    if (low === 0 && width === value.width) return a;
    switch (value.kind) {
      case 'const':
        return constant(sliceBits(value.bits, low, width), width);
      case 'slice':
        return slice(value.a, value.low + low, width);
      case 'extend': {
        const inner = at(value.a).width;
        if (low + width <= inner) return slice(value.a, low, width);
        if (value.sign) break;
        if (low >= inner) return constant(0n, width);
        return extend(slice(value.a, low, inner - low), false, width);
      }
      case 'concat':
        return sliceParts(a, value.parts, low, width);
      default:
        break;
    }
    return add({ kind: 'slice', a, low, width });
  };

  const sliceParts = (
    a: ValueId,
    parts: readonly ValueId[],
    low: number,
    width: number,
  ): ValueId => {
    const offsets = partOffsets.get(a)!;
    const partWith = (bit: number): number => {
      let [first, last] = [0, parts.length - 1];
      while (first < last) {
        const middle = (first + last) >> 1;
        if (offsets[middle]! <= bit) last = middle;
        else first = middle + 1;
      }
      return first;
    };
    const pieces: ValueId[] = [];
    for (let part = partWith(low + width - 1), last = partWith(low); part <= last; part++) {
      const start = offsets[part]!;
      const from = Math.max(low, start);
      const to = Math.min(low + width, start + at(parts[part]!).width);
      pieces.push(slice(parts[part]!, from - start, to - from));
    }
    return concat(pieces);
  };

  const extend = (a: ValueId, sign: boolean, width: number): ValueId => {
    const value = at(a);
    if (value.width === width) return a;
    if (value.kind === 'const') {
      return constant(sign ? wrap(toSigned(value.bits, value.width), width) : value.bits, width);
    }
    if (value.kind === 'extend' && (value.sign === sign || !value.sign)) {
      return extend(value.a, value.sign, width);
    }
    return add({ kind: 'extend', a, sign, width });
  };

  const element = (a: ValueId, index: ValueId, width: number): ValueId => {
    const [vector, position] = [at(a), at(index)];
    const count = vector.width / width;
    if (position.kind === 'const') {
      return position.bits < BigInt(count)
        ? slice(a, Number(position.bits) * width, width)
        : constant(0n, width);
    }
    if (count === 1 || vector.kind === 'concat') {
      const parts = Array.from({ length: count }, (_, i) => slice(a, i * width, width));
      if (parts.every((part) => at(part).kind !== 'slice')) {
        return add({ kind: 'select', parts, index, width });
      }
    }
    return add({ kind: 'element', a, index, width });
  };

  const shift: GraphBuilder['shift'] = (op, a, b) => {
    const { width } = at(a);
    const by = at(b);
    if (by.kind !== 'const') return add({ kind: 'binary', op, a, b, width });
    const amount = by.bits < BigInt(width) ? Number(by.bits) : width;
    if (amount === 0) return a;
    if (op === 'shiftRightSigned') {
      return extend(
        slice(a, Math.min(amount, width - 1), Math.max(1, width - amount)),
        true,
        width,
      );
    }
    if (amount === width) return constant(0n, width);
    if (op === 'shiftRight') return extend(slice(a, amount, width - amount), false, width);
    return concat([slice(a, 0, width - amount), constant(0n, amount)]);
  };

  const mux = (condition: ValueId, whenTrue: ValueId, whenFalse: ValueId): ValueId => {
    const chosen = at(condition);
    if (whenTrue === whenFalse) return whenTrue;
    if (chosen.kind === 'const') return chosen.bits === 1n ? whenTrue : whenFalse;
    return add({ kind: 'mux', condition, whenTrue, whenFalse, width: at(whenTrue).width });
  };

  return { values, constant, add, concat, slice, extend, element, shift, mux };
}

/** All ones, as a constant of the graph. */
export function onesOf(graph: GraphBuilder, width: number): ValueId {
  return graph.constant(maskOf(width), width);
}

function keyOf(value: Value): string {
  const { kind, width } = value;
  switch (kind) {
    case 'const':
      return `const ${width} ${value.bits.toString(36)}`;
    case 'input':
      return `input ${value.port}`;
    case 'state':
      return `state ${value.state}`;
    case 'child':
      return `child ${value.instance} ${value.element} ${value.port}`;
    case 'unary':
      return `${value.op} ${value.a}`;
    case 'binary':
      return `${value.op} ${value.a} ${value.b}`;
    case 'cases': {
      const entries = value.entries.map((entry) => `${entry.match}:${entry.value}`);
      return `cases ${value.selector} ${entries.join(' ')} ${value.fallback}`;
    }
    case 'slice':
      return `slice ${width} ${value.a} ${value.low}`;
    case 'extend':
      return `extend ${width} ${value.a} ${value.sign}`;
    case 'element':
      return `element ${width} ${value.a} ${value.index}`;
    case 'word':
      return `word ${value.memory} ${value.address}`;
    case 'mux':
    case 'concat':
    case 'select':
      return `${kind} ${operandsOfValue(value).join(' ')}`;
  }
}
