import { registerAccesses } from './bus.ts';
import type { Bus, Register, RegisterAccess, RegisterWindow } from './bus.ts';
import type { Reader } from './text-reader.ts';

/** Reads what follows `bus`. */
export function parseBus(reader: Reader): Bus {
  const prefix = reader.name();
  const token = reader.peek();
  const kind = reader.text();
  if (kind !== 'axi4-lite') return reader.failAt(token, `a bus is an 'axi4-lite', not '${kind}'`);
  const addressBits = reader.number();
  const doc = reader.optionalText();
  const registers: Register[] = [];
  const windows: RegisterWindow[] = [];
  reader.mark('{');
  while (!reader.takeMark('}')) {
    if (reader.oneOf(['register', 'window']) === 'register') registers.push(parseRegister(reader));
    else {
      const stream = reader.name();
      const offset = reader.number();
      reader.mark(',');
      windows.push({ stream, offset, words: reader.number(), doc: reader.optionalText() });
    }
  }
  return { kind, prefix, addressBits, registers, windows, doc };
}

function parseRegister(reader: Reader): Register {
  const name = reader.name();
  const offset = reader.number();
  reader.mark(',');
  const access = parseAccess(reader);
  reader.mark(',');
  const reset = reader.number();
  const counted = reader.takeKeyword('counter');
  const counter = counted
    ? { counter: { name: reader.name(), low: reader.numberOf([0, 32] as const) } }
    : {};
  const doc = reader.optionalText();
  reader.mark('{');
  const fields = reader.list('}', () => {
    const field = reader.name();
    reader.mark(':');
    const low = reader.number();
    reader.mark(',');
    const width = reader.number();
    const own = reader.takeKeyword('access') ? { access: parseAccess(reader) } : {};
    return { name: field, low, width, ...own, doc: reader.optionalText() };
  });
  return { name, offset, access, reset, ...counter, fields, doc };
}

function parseAccess(reader: Reader): RegisterAccess {
  const token = reader.peek();
  const word = reader.text();
  const found = registerAccesses.find((access) => access === word);
  return found ?? reader.failAt(token, `'${word}' is no access: ${registerAccesses.join(', ')}`);
}
