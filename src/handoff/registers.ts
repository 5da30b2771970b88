import { fieldsOf } from '../ir/index.ts';
import type { Bus, Register, RegisterField } from '../ir/index.ts';
import type { HandoffFile } from './manifest.ts';
import { renderTemplate } from './templates.ts';

const hex = (value: number, digits = 1): string => `0x${value.toString(16).padStart(digits, '0')}`;

const bitsOf = ({ low, width }: Pick<RegisterField, 'low' | 'width'>): string =>
  width === 1 ? `${low}` : `${low + width - 1}:${low}`;

/** Bits of a field in its register, as a mask. */
const maskOf = ({ low, width }: Pick<RegisterField, 'low' | 'width'>): number =>
  (2 ** width - 1) * 2 ** low;

function fieldRows(register: Register): object[] {
  if (register.fields.length === 0) return [];
  return fieldsOf(register).map((field) => ({
    ...field,
    macro: field.name.toUpperCase(),
    bits: bitsOf(field),
    mask: `${hex(maskOf(field), 8)}u`,
  }));
}

/**
 * sw/: the registers of a bus for software, as a C header, a page and JSON, all from the description
 * that the hardware is built from. Names in C begin with that of the top.
 */
export async function registerFiles(top: string, bus: Bus): Promise<HandoffFile[]> {
  const data = {
    top,
    macro: top.toUpperCase(),
    prefix: bus.prefix,
    addressBits: bus.addressBits,
    bytes: 2 ** bus.addressBits,
    registers: bus.registers.map((register) => ({
      ...register,
      place: hex(register.offset, 4),
      start: hex(register.reset, 8),
      fields: fieldRows(register),
    })),
    windows: bus.windows.map((window) => ({
      ...window,
      macro: window.stream.toUpperCase(),
      place: hex(window.offset, 4),
      end: hex(window.offset + 4 * window.words - 1, 4),
    })),
  };
  const json = {
    top,
    bus: { kind: bus.kind, prefix: bus.prefix, addressBits: bus.addressBits },
    registers: bus.registers.map((register) => ({
      ...{ name: register.name, offset: register.offset, access: register.access },
      ...{ reset: register.reset, doc: register.doc },
      fields: register.fields.length === 0 ? [] : fieldsOf(register),
    })),
    windows: bus.windows,
  };
  return [
    { path: `sw/${top}_regs.h`, text: await renderTemplate('regs.h', data) },
    { path: 'sw/registers.md', text: await renderTemplate('registers.md', data) },
    { path: 'sw/registers.json', text: `${JSON.stringify(json, null, 2)}\n` },
  ];
}
