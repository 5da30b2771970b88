import { asEnumeration, concat, reg, vecOf, widthOf } from '../hdl/index.ts';
import type {
  DataType,
  DrivenFields,
  EnumValue,
  Fields,
  FieldValues,
  Scalar,
  ScalarType,
  UInt,
  Vec,
} from '../hdl/index.ts';

/** Bits of a beat. */
export const fieldsWidth = (fields: Fields): number =>
  Object.values(fields).reduce((sum, type) => sum + widthOf(type), 0);

/** All fields as one number, the first lowest. */
export const packFields = (data: FieldValues<Fields>): UInt =>
  concat(
    ...Object.values(data)
      .map((value) => value.asUnsigned())
      .reverse(),
  );

/** The fields that `packFields` packed. */
export function unpackFields<F extends Fields>(fields: F, packed: UInt): FieldValues<F> {
  let low = 0;
  const values = Object.entries(fields).map(([name, type]) => {
    const value = read(packed, low, type);
    low += widthOf(type);
    return [name, value] as const;
  });
  return Object.fromEntries(values) as FieldValues<F>;
}

function read(packed: UInt, low: number, type: DataType): Scalar | Vec | EnumValue {
  if (type.kind === 'enum') return asEnumeration(type, packed.bits(low, type.width));
  if (type.kind !== 'vec') return scalar(packed, low, type);
  const { element, length } = type;
  return vecOf(
    Array.from({ length }, (_, index) => scalar(packed, low + index * element.width, element)),
  );
}

function scalar(packed: UInt, low: number, type: ScalarType): Scalar {
  const bits = packed.bits(low, type.width);
  return type.kind === 'sint' ? bits.asSigned() : bits;
}

/** One register for each field. */
export const registerFields = <F extends Fields>(fields: F): DrivenFields<F> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, type]) => [name, reg(type)]),
  ) as unknown as DrivenFields<F>;

/** Drives every field, where the enclosing `when` and `switchOn` are reached. */
export function setFields<F extends Fields>(
  targets: DrivenFields<F>,
  values: FieldValues<F>,
): void {
  // The types of one field agree; that they do for each is more than the compiler can follow.
  const settable = targets as Readonly<Record<string, { set(value: unknown): void }>>;
  for (const [name, value] of Object.entries(values)) settable[name]!.set(value);
}
