/** The binary format of WebAssembly, as far as compiled simulators need it (WebAssembly 1.0, section 5). */

/** Bytes in pieces, so that putting code together copies nothing. */
export type Code = number | readonly Code[] | Uint8Array | Alternating;

/** A function exists twice, once for each direction between the images of state. */
export type Direction = 0 | 1;

/** Bytes that differ between the two. */
export interface Alternating {
  readonly either: readonly [Code, Code];
}

/** Operation codes. */
export const op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  branch: 0x0c,
  branchIf: 0x0d,
  branchTable: 0x0e,
  call: 0x10,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  load: 0x28,
  load64: 0x29,
  store: 0x36,
  constant: 0x41,
  isZero: 0x45,
  equal: 0x46,
  notEqual: 0x47,
  lessSigned: 0x48,
  lessUnsigned: 0x49,
  greaterSigned: 0x4a,
  greaterUnsigned: 0x4b,
  lessEqualSigned: 0x4c,
  lessEqualUnsigned: 0x4d,
  greaterEqualSigned: 0x4e,
  greaterEqualUnsigned: 0x4f,
  popcount: 0x69,
  add: 0x6a,
  subtract: 0x6b,
  multiply: 0x6c,
  and: 0x71,
  or: 0x72,
  xor: 0x73,
  shiftLeft: 0x74,
  shiftRightSigned: 0x75,
  shiftRightUnsigned: 0x76,
  shiftRight64: 0x88,
  wrap64: 0xa7,
  extend64: 0xad,
} as const;

const int32 = 0x7f;
/** The type of a block that leaves nothing, and of one that leaves an int32. */
export const blockType = { nothing: 0x40, int32 } as const;

/** An unsigned LEB128 number of up to 32 bits. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** A signed LEB128 number: an int32. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    if (rest === (low & 64 ? -1 : 0)) return [...bytes, low];
    bytes.push(low | 128);
  }
}

/** Puts an int32 on the stack. */
export function constant(value: number): Code {
  return [op.constant, signed(value | 0)];
}

/** What follows a load or store: 4-byte alignment, which is a hint, and a byte offset. */
export function memoryArgument([first, second]: readonly [number, number]): Code {
  if (first === second) return [2, unsigned(first)];
  return [2, { either: [unsigned(first), unsigned(second)] }];
}

export interface WasmFunction {
  /** Its name outside. */
  readonly name: string;
  readonly parameters: number;
  /** Gives an int32; otherwise nothing. */
  readonly hasResult?: boolean;
  /** Further locals behind the parameters. All are int32. */
  readonly locals: number;
  readonly body: Code;
  readonly direction: Direction;
}

/** An imported function without result. */
export interface WasmImport {
  readonly name: string;
  readonly parameters: number;
}

export interface WasmModule {
  /** Size of the imported memory, `env.memory`, in pages of 64 KiB. */
  readonly pages: number;
  /** From `env`. Calls number these first, then the functions. */
  readonly imports: readonly WasmImport[];
  /** Mutable int32 globals that begin at 0 and stay inside. */
  readonly globals: number;
  readonly functions: readonly WasmFunction[];
}

/** The bytes of a module; memory is imported, all functions are exported. */
export function encodeModule({ pages, imports, globals, functions }: WasmModule): Uint8Array {
  const types: Code[] = [];
  const typeOf = new Map<string, number>();
  const numberType = (parameters: number, hasResult = false): readonly number[] => {
    const key = `${parameters} ${hasResult}`;
    let index = typeOf.get(key);
    if (index === undefined) {
      const results = hasResult ? [int32] : [];
      index = types.push([0x60, list(new Array<Code>(parameters).fill(int32)), list(results)]) - 1;
      typeOf.set(key, index);
    }
    return unsigned(index);
  };
  const imported = [
    [text('env'), text('memory'), 0x02, 0x01, unsigned(pages), unsigned(pages)],
    ...imports.map(({ name, parameters }) => [
      text('env'),
      text(name),
      0x00,
      numberType(parameters),
    ]),
  ];
  const declared = functions.map(({ parameters, hasResult }) => numberType(parameters, hasResult));
  const exported = functions.map(({ name }, index) => [
    text(name),
    0x00,
    unsigned(imports.length + index),
  ]);
  const bodies = functions.map(({ locals, body, direction }) => {
    const declarations = locals === 0 ? list([]) : list([[unsigned(locals), int32]]);
    return sized([declarations, body, op.end], direction);
  });
  const global = [int32, 0x01, constant(0), op.end];
  return flatten([
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(1, types),
    section(2, imported),
    section(3, declared),
    section(6, new Array<Code>(globals).fill(global)),
    section(7, exported),
    section(10, bodies),
  ]);
}

function section(id: number, entries: readonly Code[]): Code {
  return [id, sized(list(entries))];
}

function list(entries: readonly Code[]): Code {
  return [unsigned(entries.length), entries];
}

function text(name: string): Code {
  const bytes = [...new TextEncoder().encode(name)];
  return [unsigned(bytes.length), bytes];
}

function sized(code: Code, direction: Direction = 0): Code {
  const bytes = flatten(code, direction);
  return [unsigned(bytes.length), bytes];
}

function flatten(code: Code, direction: Direction = 0): Uint8Array {
  let bytes = new Uint8Array(1024);
  let end = 0;
  const reserve = (count: number): void => {
    if (end + count <= bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * bytes.length, end + count));
    larger.set(bytes);
    bytes = larger;
  };
  const write = (piece: Code): void => {
    if (typeof piece === 'number') {
      reserve(1);
      bytes[end++] = piece;
    } else if (piece instanceof Uint8Array) {
      reserve(piece.length);
      bytes.set(piece, end);
      end += piece.length;
    } else if ('either' in piece) write(piece.either[direction]);
    else for (const part of piece) write(part);
  };
  write(code);
  return bytes.subarray(0, end);
}
