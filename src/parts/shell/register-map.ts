import { registerProblems } from '../../ir/index.ts';
import type { Bus, Register, RegisterField, RegisterWindow } from '../../ir/index.ts';

/** First byte of the window of the stream `setup`. */
export const setupOffset = 0x1000;

/** Position of each field in CONTROL and STATUS; errors of the core begin at `firstError`. */
export const controlBits = { start: 0, clearCounters: 1, interruptEnable: 2 } as const;
export const statusBits = {
  busy: 0,
  done: 1,
  accessError: 2,
  startError: 3,
  firstError: 8,
} as const;

/** Counts that every shell keeps, in the order of their registers. */
export const standardCounters = [
  {
    name: 'cycles',
    doc: 'cycles from the first operand taken to the last result delivered, both included',
  },
  { name: 'stalls', doc: 'of these cycles, those in which a result waited for its sink' },
  {
    name: 'starves',
    doc: 'of these cycles, those in which the core would have taken an operand and none was there',
  },
] as const;

/** A register of a design behind those that every shell has. */
export interface ShellRegister {
  /** Capitals, digits and `_`: `RESULTS`. */
  readonly name: string;
  readonly access: 'read-only' | 'read-write';
  /**
   * Port of the core, of up to 32 bits: a read-write register drives it, a read-only one shows it.
   * A read-only register needs one; a read-write one without is for the shell alone.
   */
  readonly port?: string;
  readonly reset?: number;
  /** A read-only register that a test bench reads after each job, under its name in small letters. */
  readonly counter?: boolean;
  readonly doc: string;
}

/** An error of the core: a bit of STATUS that stays until software clears it. */
export interface ShellError {
  /** Small letters, digits and `_`. */
  readonly name: string;
  /** Output of the core of one bit: 1 in every cycle in which the error happens. */
  readonly port: string;
  readonly doc: string;
}

export interface RegisterMapOptions {
  /** What the design is, and which version of it: numbers of 32 bits. */
  readonly id: number;
  readonly version: number;
  readonly parameters: Readonly<Record<string, number>>;
  readonly registers: readonly ShellRegister[];
  readonly errors: readonly ShellError[];
  /** Bits of an address of the stream `setup`, where the core has one. */
  readonly setupAddressBits?: number;
}

const field = (
  name: string,
  low: number,
  doc: string,
  access?: RegisterField['access'],
): RegisterField => ({ name, low, width: 1, ...(access === undefined ? {} : { access }), doc });

const readOnly = (name: string, reset: number, doc: string): Omit<Register, 'offset'> => ({
  name,
  access: 'read-only',
  reset,
  fields: [],
  doc,
});

function counterRegisters(): Omit<Register, 'offset'>[] {
  return standardCounters.flatMap(({ name, doc }) =>
    ([0, 32] as const).map((low) => ({
      ...readOnly(
        `${name.toUpperCase()}_${low === 0 ? 'LOW' : 'HIGH'}`,
        0,
        `${low === 0 ? 'lower' : 'upper'} 32 bits: ${doc}`,
      ),
      counter: { name, low },
    })),
  );
}

/** `pesPerRow` as PARAMETER_PES_PER_ROW. */
export const parameterRegister = (name: string): string =>
  `PARAMETER_${name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`;

/**
 * The registers of a shell, as plain data: those that every shell has, its parameters, then those of
 * the design, in a row from address 0; the window of `setup` follows at `setupOffset`. Throws a
 * `RangeError` with what is wrong where the map cannot be.
 */
export function shellRegisterMap(
  options: RegisterMapOptions,
): Pick<Bus, 'addressBits' | 'registers' | 'windows'> {
  const { id, version, parameters, errors, setupAddressBits } = options;
  const standard: Omit<Register, 'offset'>[] = [
    readOnly('ID', id, 'what the design is'),
    readOnly('VERSION', version, 'version of the design'),
    {
      name: 'CONTROL',
      access: 'read-write',
      reset: 0,
      fields: [
        field('start', controlBits.start, 'opens the inputs for a run', 'write-only'),
        field('clear_counters', controlBits.clearCounters, 'sets all counts to 0', 'write-only'),
        field('interrupt_enable', controlBits.interruptEnable, 'interrupts while done is 1'),
      ],
      doc: 'starts runs; start and clear_counters read 0',
    },
    {
      name: 'STATUS',
      access: 'write-1-to-clear',
      reset: 0,
      fields: [
        field('busy', statusBits.busy, 'a run is under way', 'read-only'),
        field('done', statusBits.done, 'a run has delivered its last result; start clears it too'),
        field('access_error', statusBits.accessError, 'an access was answered with an error'),
        field('start_error', statusBits.startError, 'start was written, and ignored, while busy'),
        ...errors.map(({ name, doc }, index) => field(name, statusBits.firstError + index, doc)),
      ],
      doc: 'what happened; a bit but busy is cleared by writing 1 to it',
    },
    ...counterRegisters(),
    ...Object.entries(parameters).map(([name, value]) =>
      readOnly(parameterRegister(name), value, `parameter ${name} of this hardware`),
    ),
    ...options.registers.map(({ name, access, reset = 0, counter, doc }) => ({
      ...{ name, access, reset, fields: [], doc },
      ...(counter ? { counter: { name: name.toLowerCase(), low: 0 as const } } : {}),
    })),
  ];
  const registers = standard.map(({ name, ...rest }, index): Register => ({
    name,
    offset: 4 * index,
    ...rest,
  }));
  const windows: RegisterWindow[] =
    setupAddressBits === undefined
      ? []
      : [
          {
            stream: 'setup',
            offset: setupOffset,
            words: 2 ** setupAddressBits,
            doc: 'configuration of the core: word i is its address i',
          },
        ];
  const end = windows.reduce((most, { offset, words }) => Math.max(most, offset + 4 * words), 4096);
  const addressBits = Math.ceil(Math.log2(end));
  const map = { addressBits, registers, windows };
  const problems = registerProblems(map);
  if (4 * registers.length > setupOffset) {
    problems.push(`${registers.length} registers do not fit below the window of setup`);
  }
  if (problems.length > 0) throw new RangeError(`register map: ${problems.join('; ')}`);
  return map;
}
