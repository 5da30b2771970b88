import type { ModuleDefinition, PortDeclarations } from '../../hdl/index.ts';
import type { CorePorts } from './core-ports.ts';
import type { ShellError, ShellRegister } from './register-map.ts';

/** When a run is over: with a result beat of `stream` that is its `last`, or its number `beats`. */
export type DoneRule =
  | { readonly stream: string; readonly last: true }
  /** A number from 1 up, or the name of a read-write register that holds it; 0 stands for 2^32. */
  | { readonly stream: string; readonly beats: number | string };

export interface ShellOptions<A, P extends PortDeclarations> {
  /** Of the module. */
  readonly name: string;
  readonly doc: string;
  /** What computes: streams, single numbers of up to 32 bits, and one clock. */
  readonly core: readonly [definition: ModuleDefinition<A, P>, parameters: NoInfer<A>];
  /** What the design is, and its version, for software: numbers of 32 bits. */
  readonly id: number;
  readonly version: number;
  /** Shown in registers PARAMETER_<NAME>. */
  readonly parameters?: Readonly<Record<string, number>>;
  readonly registers?: readonly ShellRegister[];
  readonly errors?: readonly ShellError[];
  /**
   * By key of an output stream without a field `last`: after how many beats `tlast` ends a packet,
   * counted from the start of a run. Default 1: every beat is a packet.
   */
  readonly packets?: Readonly<Record<string, number>>;
  /** Default: the `last` of the only output stream. */
  readonly done?: DoneRule;
  /**
   * Keys of input streams that run ahead of the others, such as weights of what comes next: that no
   * beat of them is there does not count as starving.
   */
  readonly background?: readonly string[];
  /** Bits of the counters, 33 .. 64; default 48, some days at 1 GHz. */
  readonly counterBits?: number;
}

export type AnyOptions = ShellOptions<unknown, PortDeclarations>;

/** The rule that ends a run, given or from the core. Throws a `RangeError` where it names nothing. */
export function doneRule({ streams }: CorePorts, options: AnyOptions): DoneRule {
  const { name, done, registers = [] } = options;
  const outputs = streams.filter(({ direction }) => direction === 'output');
  const [only] = outputs;
  if (done === undefined) {
    if (outputs.length === 1 && only!.last !== undefined) return { stream: only!.key, last: true };
    throw new RangeError(
      `shell ${name} needs to know when a run is done: give done: { stream, beats } with a number or a register`,
    );
  }
  const stream = outputs.find(({ key }) => key === done.stream);
  if (stream === undefined) {
    const known = outputs.map(({ key }) => key).join(', ');
    throw new RangeError(`shell ${name}: done names '${done.stream}'; output streams are ${known}`);
  }
  if ('last' in done) {
    if (stream.last !== undefined) return done;
    throw new RangeError(`shell ${name}: stream '${done.stream}' has no field last: use beats`);
  }
  const { beats } = done;
  const isRegister = registers.some((each) => each.name === beats && each.access === 'read-write');
  if (
    typeof beats === 'number'
      ? Number.isInteger(beats) && beats >= 1 && beats < 2 ** 32
      : isRegister
  ) {
    return done;
  }
  throw new RangeError(
    `shell ${name}: done.beats is ${JSON.stringify(beats)}; it must be a number from 1 up or the name of a read-write register`,
  );
}

/** Refuses registers, errors and packets that do not fit the core. */
export function checkOptions(
  {
    name,
    registers = [],
    errors = [],
    packets = {},
    background = [],
    counterBits = 48,
  }: AnyOptions,
  { values, streams }: CorePorts,
): void {
  const refuse = (what: string): never => {
    throw new RangeError(`shell ${name}: ${what}`);
  };
  if (!(Number.isInteger(counterBits) && counterBits > 32 && counterBits <= 64)) {
    refuse(`counters have 33 to 64 bits, not ${counterBits}`);
  }
  const driven = new Set<string>();
  for (const { name: register, access, port } of registers) {
    if (port === undefined) {
      if (access === 'read-only') refuse(`read-only register ${register} needs a port of the core`);
      continue;
    }
    const direction = access === 'read-only' ? 'output' : 'input';
    const found = values[port];
    if (found?.direction !== direction || found.type.width > 32) {
      refuse(`register ${register} needs an ${direction} '${port}' of the core, of up to 32 bits`);
    }
    if (driven.has(port)) refuse(`two registers drive '${port}': keep one`);
    if (direction === 'input') driven.add(port);
  }
  for (const [key, { direction }] of Object.entries(values)) {
    if (direction === 'input' && !driven.has(key)) {
      refuse(`nothing drives input '${key}' of the core: give it a read-write register`);
    }
  }
  for (const { name: error, port } of errors) {
    const found = values[port];
    if (found?.direction !== 'output' || found.type.width !== 1) {
      refuse(`error ${error} needs an output '${port}' of the core, of one bit`);
    }
  }
  for (const [key, every] of Object.entries(packets)) {
    const stream = streams.find((each) => each.key === key && each.direction === 'output');
    if (stream === undefined || stream.last !== undefined) {
      refuse(`packets names '${key}', which is no output stream without a field last`);
    }
    if (!Number.isInteger(every) || every < 1) {
      refuse(`packets of '${key}' have ${every} beats; give a whole number from 1 up`);
    }
  }
  for (const key of background) {
    if (!streams.some((each) => each.key === key && each.direction === 'input')) {
      refuse(`background names '${key}', which is no input stream of the core`);
    }
  }
}
