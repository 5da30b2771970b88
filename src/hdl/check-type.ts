import { fail } from './builder.ts';
import { describeValue } from './describe-value.ts';
import { checkName, snakeCase } from './names.ts';
import type { DataType, EnumType, PortType } from './types.ts';

/** Refuses sizes that are not whole numbers from 1 up. */
export function checkSize(
  what: string,
  size: unknown,
  unit: 'bits' | 'elements' | 'words' | 'names',
): void {
  if (!Number.isSafeInteger(size) || (size as number) < 1) {
    fail({ code: 'bad-size', what, size, unit });
  }
}

export const checkWidth = (what: string, width: unknown): void => checkSize(what, width, 'bits');

/** The kind of a type; signals have kinds too, but are no plain records. */
const kindOf = (type: unknown): unknown =>
  typeof type === 'object' && type !== null && Object.getPrototypeOf(type) === Object.prototype
    ? (type as { kind?: unknown }).kind
    : undefined;

/** Refuses what is not a scalar type of a sensible width. */
export function checkScalarType(what: string, type: unknown): void {
  const kind = kindOf(type);
  if (kind !== 'uint' && kind !== 'sint') {
    fail({ code: 'not-a-type', what, actual: describeValue(type) });
  }
  checkWidth(what, (type as { width: unknown }).width);
}

/** Refuses enumerations without names, or with names that are one and the same in Verilog. */
export function checkEnumType(what: string, { names }: EnumType): void {
  checkSize(what, names.length, 'names');
  const taken = new Set<string>();
  for (const name of names) {
    const word = snakeCase(checkName(String(name)));
    if (taken.has(word)) fail({ code: 'name-clash', name: word, what: 'enumeration' });
    taken.add(word);
  }
}

/** Refuses what is not the type of a value. */
export function checkDataType(what: string, type: DataType): void {
  if (kindOf(type) === 'enum') return checkEnumType(what, type as EnumType);
  if (kindOf(type) !== 'vec') return checkScalarType(what, type);
  const { element, length } = type as Extract<DataType, { kind: 'vec' }>;
  checkSize(what, length, 'elements');
  checkScalarType(`an element of ${what}`, element);
}

/** Refuses what is not the type of a port. */
export function checkPortType(what: string, type: PortType): void {
  switch (kindOf(type) as PortType['kind'] | undefined) {
    case 'flip':
      return checkPortType(what, (type as Extract<PortType, { kind: 'flip' }>).type);
    case 'bundle': {
      const { fields } = type as Extract<PortType, { kind: 'bundle' }>;
      for (const [name, field] of Object.entries(fields)) checkPortType(`field ${name}`, field);
      return;
    }
    case 'stream': {
      const { fields } = type as Extract<PortType, { kind: 'stream' }>;
      for (const [name, field] of Object.entries(fields)) checkDataType(`field ${name}`, field);
      return;
    }
    default:
      return checkDataType(what, type as DataType);
  }
}
