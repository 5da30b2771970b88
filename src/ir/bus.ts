/**
 * Registers behind a bus, as plain data: what software sees of a module. Hardware, C header, pages and
 * test benches are all made from this one description.
 */

/** What software may do with a register, or with one of its fields. */
export type RegisterAccess = (typeof registerAccesses)[number];

export const registerAccesses = [
  'read-only',
  'read-write',
  'write-1-to-clear',
  'write-only',
] as const;

/** Bits `low` .. `low + width - 1` of a register. */
export interface RegisterField {
  readonly name: string;
  readonly low: number;
  readonly width: number;
  /** Where it differs from that of the register. */
  readonly access?: RegisterAccess;
  readonly doc: string;
}

/** A register of 32 bits. Bits outside its fields read 0 and ignore what is written. */
export interface Register {
  readonly name: string;
  /** In bytes from the start of the bus, a multiple of 4. */
  readonly offset: number;
  readonly access: RegisterAccess;
  /** Value after reset, 0 .. 2^32 - 1. */
  readonly reset: number;
  /** None where the register is one number of 32 bits. */
  readonly fields: readonly RegisterField[];
  /** Bits from `low` up of a count that a test bench reads after each job. */
  readonly counter?: { readonly name: string; readonly low: 0 | 32 };
  readonly doc: string;
}

/** Words that can only be written, whole: word i goes to address i of the input stream `stream`. */
export interface RegisterWindow {
  readonly stream: string;
  /** In bytes. */
  readonly offset: number;
  readonly words: number;
  readonly doc: string;
}

/**
 * An AXI4-Lite port with 32 bits of data among the ports of a module (ARM IHI 0022): the ports are
 * called `<prefix>_awaddr` and so on.
 */
export interface Bus {
  readonly kind: 'axi4-lite';
  readonly prefix: string;
  /** Bits of an address in bytes. */
  readonly addressBits: number;
  readonly registers: readonly Register[];
  readonly windows: readonly RegisterWindow[];
  readonly doc: string;
}

/** The fields of a register, each with its access; one of 32 bits without a name where it lists none. */
export const fieldsOf = (register: Register): readonly Required<RegisterField>[] =>
  register.fields.length === 0
    ? [{ name: '', low: 0, width: 32, access: register.access, doc: register.doc }]
    : register.fields.map((field) => ({ ...field, access: field.access ?? register.access }));

/** Signals of an AXI4-Lite port with 32 bits of data, as its slave sees them. */
export const axi4LiteSignals = (
  addressBits: number,
): readonly {
  readonly name: string;
  readonly direction: 'input' | 'output';
  readonly width: number;
}[] => [
  { name: 'awaddr', direction: 'input', width: addressBits },
  { name: 'awprot', direction: 'input', width: 3 },
  { name: 'awvalid', direction: 'input', width: 1 },
  { name: 'awready', direction: 'output', width: 1 },
  { name: 'wdata', direction: 'input', width: 32 },
  { name: 'wstrb', direction: 'input', width: 4 },
  { name: 'wvalid', direction: 'input', width: 1 },
  { name: 'wready', direction: 'output', width: 1 },
  { name: 'bresp', direction: 'output', width: 2 },
  { name: 'bvalid', direction: 'output', width: 1 },
  { name: 'bready', direction: 'input', width: 1 },
  { name: 'araddr', direction: 'input', width: addressBits },
  { name: 'arprot', direction: 'input', width: 3 },
  { name: 'arvalid', direction: 'input', width: 1 },
  { name: 'arready', direction: 'output', width: 1 },
  { name: 'rdata', direction: 'output', width: 32 },
  { name: 'rresp', direction: 'output', width: 2 },
  { name: 'rvalid', direction: 'output', width: 1 },
  { name: 'rready', direction: 'input', width: 1 },
];

/** What is wrong with a map of registers and windows, one sentence each; none for a good one. */
export function registerProblems({
  addressBits,
  registers,
  windows,
}: Pick<Bus, 'addressBits' | 'registers' | 'windows'>): string[] {
  const problems: string[] = [];
  const taken = new Map<number, string>();
  const names = new Set<string>();
  const claim = (what: string, offset: number): void => {
    const before = taken.get(offset);
    const place = `0x${offset.toString(16)}`;
    if (before !== undefined) problems.push(`${what} lies at ${place}, where ${before} is`);
    taken.set(offset, what);
  };
  const size = 2 ** addressBits;
  for (const register of registers) {
    const what = `register '${register.name}'`;
    if (!/^[A-Z][A-Z0-9_]*$/.test(register.name)) {
      problems.push(`${what} needs a name of capitals, digits and _, such as BATCH_SIZE`);
    }
    if (names.has(register.name)) problems.push(`${what} is there twice`);
    names.add(register.name);
    const { offset, reset } = register;
    if (!Number.isInteger(offset) || offset < 0 || offset % 4 !== 0 || offset + 4 > size) {
      problems.push(`${what} has offset ${offset}; it must be a multiple of 4 below ${size}`);
    } else claim(what, offset);
    if (!Number.isInteger(reset) || reset < 0 || reset > 0xffffffff) {
      problems.push(`${what} starts with ${reset}, which is no number of 32 bits`);
    }
    problems.push(...fieldProblems(register, what));
  }
  for (const { stream, offset, words } of windows) {
    const what = `window '${stream}'`;
    const fits = Number.isInteger(words) && words >= 1 && offset + 4 * words <= size;
    if (!Number.isInteger(offset) || offset < 0 || offset % 4 !== 0 || !fits) {
      problems.push(`${what} of ${words} words from ${offset} up is not within ${size} bytes`);
      continue;
    }
    const inside = [...taken].find(([at]) => at >= offset && at < offset + 4 * words);
    if (inside) problems.push(`${what} covers ${inside[1]}`);
  }
  return problems;
}

function fieldProblems({ fields }: Register, what: string): string[] {
  const problems: string[] = [];
  const owner: (string | undefined)[] = Array.from({ length: 32 });
  for (const { name, low, width } of fields) {
    const place = `field '${name}' of ${what}`;
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      problems.push(`${place} needs a name of small letters, digits and _, such as enable`);
    }
    if (!Number.isInteger(low) || !Number.isInteger(width) || low < 0 || width < 1) {
      problems.push(`${place} has ${width} bits from ${low} up, which is no place`);
      continue;
    }
    if (low + width > 32) problems.push(`${place} ends beyond bit 31`);
    const other = owner.slice(low, low + width).find((each) => each !== undefined);
    if (other !== undefined) problems.push(`${place} overlaps field '${other}'`);
    owner.fill(name, low, Math.min(32, low + width));
  }
  return problems;
}
