import type { NodeId } from '../ir/index.ts';
import type { Builder, Target } from './builder.ts';
import { Enumerated } from './enumeration.ts';
import type { DrivenEnum, EnumValue } from './enumeration.ts';
import { Signal } from './signal.ts';
import type { Bit, Driven, DrivenSInt, DrivenUInt, Literal, SInt, UInt } from './scalars.ts';
import type {
  BundleType,
  DataType,
  EnumType,
  Fields,
  FlippedType,
  PortFields,
  PortType,
  ScalarType,
  SIntType,
  StreamType,
  UIntType,
  VecType,
} from './types.ts';
import { widthOf } from './types.ts';
import { Vector } from './vector.ts';
import type { DrivenVec, Vec } from './vector.ts';

/** The value of a scalar or vector type. */
export type ValueOf<T extends DataType> =
  T extends UIntType<infer W>
    ? UInt<W>
    : T extends SIntType<infer W>
      ? SInt<W>
      : T extends VecType<infer E>
        ? Vec<ScalarValue<E>>
        : T extends EnumType<infer N>
          ? EnumValue<N>
          : never;

/** The value of a scalar type. */
export type ScalarValue<T extends ScalarType> =
  T extends UIntType<infer W> ? UInt<W> : T extends SIntType<infer W> ? SInt<W> : never;

/** The value of a scalar or vector type that can also be driven. */
export type DrivenValue<T extends DataType> = [T] extends [UIntType<infer W>]
  ? DrivenUInt<W>
  : [T] extends [SIntType<infer W>]
    ? DrivenSInt<W>
    : [T] extends [VecType<infer E>]
      ? DrivenVec<ScalarValue<E>>
      : [T] extends [EnumType<infer N>]
        ? DrivenEnum<N>
        : // Of a type that is a parameter, the sign is known only when the module is built.
          ValueOf<T> & { set(value: ValueOf<T> | Literal): void };

export type FieldValues<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };
export type DrivenFields<F extends Fields> = { readonly [K in keyof F]: DrivenValue<F[K]> };

/** A stream as its receiver sees it. */
export interface Source<F extends Fields = Fields> {
  readonly valid: Bit;
  readonly ready: Driven<Bit>;
  readonly data: FieldValues<F>;
}

/** A stream as its sender sees it. */
export interface Sink<F extends Fields = Fields> {
  readonly valid: Driven<Bit>;
  readonly ready: Bit;
  readonly data: DrivenFields<F>;
}

/** A port that is read in the place where the value is used. */
export type ReadSide<T extends PortType> = T extends DataType
  ? ValueOf<T>
  : T extends StreamType<infer F>
    ? Source<F>
    : T extends BundleType<infer F>
      ? { readonly [K in keyof F]: ReadSide<F[K]> }
      : T extends FlippedType<infer U>
        ? DriveSide<U>
        : never;

/** A port that is driven in the place where the value is used. */
export type DriveSide<T extends PortType> = [T] extends [DataType]
  ? DrivenValue<T>
  : T extends StreamType<infer F>
    ? Sink<F>
    : T extends BundleType<infer F>
      ? { readonly [K in keyof F]: DriveSide<F[K]> }
      : T extends FlippedType<infer U>
        ? ReadSide<U>
        : never;

/** What stands behind the values of data types. */
type Runtime = Signal | Vector | Enumerated;

/** Names of the values of a type, where it is an enumeration. */
export const namesOf = (type: DataType): readonly string[] | undefined =>
  type.kind === 'enum' ? type.names : undefined;

/** Wraps a node as the value of a type. */
export function readValue(builder: Builder, type: DataType, node: NodeId): Runtime {
  if (type.kind === 'uint' || type.kind === 'sint') return new Signal(builder, type, node);
  const packed = new Signal(builder, { kind: 'uint', width: widthOf(type) }, node);
  return type.kind === 'vec' ? new Vector(type, packed) : new Enumerated(type, packed);
}

/** Wraps a target as a value of a type that can be driven. */
export function drivenValue(builder: Builder, type: DataType, target: Target): Runtime {
  if (type.kind === 'uint' || type.kind === 'sint')
    return new Signal(builder, type, undefined, target);
  const packed = new Signal(builder, { kind: 'uint', width: widthOf(type) }, undefined, target);
  return type.kind === 'vec' ? new Vector(type, packed) : new Enumerated(type, packed);
}

/** One scalar or vector port inside a port type, with its direction as seen from inside. */
export interface Leaf {
  readonly path: readonly string[];
  readonly type: DataType;
  readonly direction: 'input' | 'output';
}

export const opposite = (direction: 'input' | 'output'): 'input' | 'output' =>
  direction === 'input' ? 'output' : 'input';

/** Builds the value of a port type from its leaves, in the order of declaration. */
export function mapLeaves(
  type: PortType,
  direction: 'input' | 'output',
  path: readonly string[],
  leaf: (leaf: Leaf) => unknown,
): unknown {
  switch (type.kind) {
    case 'flip':
      return mapLeaves(type.type, opposite(direction), path, leaf);
    case 'bundle':
      return mapFields(type.fields, direction, path, leaf);
    case 'stream': {
      const valid = leaf({ path: [...path, 'valid'], type: { kind: 'uint', width: 1 }, direction });
      const ready = leaf({
        path: [...path, 'ready'],
        type: { kind: 'uint', width: 1 },
        direction: opposite(direction),
      });
      return { valid, ready, data: mapFields(type.fields, direction, path, leaf) };
    }
    default:
      return leaf({ path, type, direction });
  }
}

function mapFields(
  fields: PortFields,
  direction: 'input' | 'output',
  path: readonly string[],
  leaf: (leaf: Leaf) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      mapLeaves(field, direction, [...path, name], leaf),
    ]),
  );
}
