/** Hardware types: plain records that say how many bits a value has and how they are read. */
import { checkDataType, checkEnumType, checkWidth } from './check-type.ts';

export interface UIntType<W extends number = number> {
  readonly kind: 'uint';
  readonly width: W;
}

export interface SIntType<W extends number = number> {
  readonly kind: 'sint';
  readonly width: W;
}

export type ScalarType = UIntType | SIntType;

/** `length` elements of one type, packed with element 0 lowest. */
export interface VecType<T extends ScalarType = ScalarType> {
  readonly kind: 'vec';
  readonly element: T;
  readonly length: number;
}

/** One of `names`, encoded as its position. */
export interface EnumType<S extends string = string> {
  readonly kind: 'enum';
  readonly width: number;
  readonly names: readonly S[];
}

export type DataType = ScalarType | EnumType | VecType;

export type Fields = Readonly<Record<string, DataType>>;

/** Named values that travel together; `flip` turns the direction of one around. */
export interface BundleType<F extends PortFields = PortFields> {
  readonly kind: 'bundle';
  readonly fields: F;
}

export interface FlippedType<T extends PortType = PortType> {
  readonly kind: 'flip';
  readonly type: T;
}

/** Beats of `fields` under a valid/ready handshake. */
export interface StreamType<F extends Fields = Fields> {
  readonly kind: 'stream';
  readonly fields: F;
}

export interface PortFields {
  readonly [name: string]: PortType;
}

export type PortType = DataType | BundleType | FlippedType | StreamType;

/** One bit. */
export const bit = (): UIntType<1> => ({ kind: 'uint', width: 1 });

/** Unsigned integer of `width` bits. */
export function uint<W extends number>(width: W): UIntType<W> {
  checkWidth('uint', width);
  return { kind: 'uint', width };
}

/** Two's complement integer of `width` bits. */
export function sint<W extends number>(width: W): SIntType<W> {
  checkWidth('sint', width);
  return { kind: 'sint', width };
}

/** One of the names, in as few bits as number them; the first is encoded as 0. */
export function enumeration<const N extends readonly string[]>(...names: N): EnumType<N[number]> {
  const width = Math.max(1, Math.ceil(Math.log2(names.length)));
  const type: EnumType<N[number]> = { kind: 'enum', width, names };
  checkEnumType('enumeration', type);
  return type;
}

/** `length` elements of one scalar type. */
export function vec<T extends ScalarType>(element: T, length: number): VecType<T> {
  const type: VecType<T> = { kind: 'vec', element, length };
  checkDataType('vec', type);
  return type;
}

/** Named values, each of any port type, that make up one port. */
export const bundle = <F extends PortFields>(fields: F): BundleType<F> => ({
  kind: 'bundle',
  fields,
});

/** The same type in the opposite direction, inside a bundle. */
export const flip = <T extends PortType>(type: T): FlippedType<T> => ({ kind: 'flip', type });

/** Beats of the fields under a valid/ready handshake: one moves where both are 1. */
export const stream = <F extends Fields>(fields: F): StreamType<F> => ({ kind: 'stream', fields });

/** Bits of a value of this type. */
export const widthOf = (type: DataType): number =>
  type.kind === 'vec' ? type.element.width * type.length : type.width;
