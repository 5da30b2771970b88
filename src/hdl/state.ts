import { addressBits } from '../ir/index.ts';
import type { ReadDuringWrite, ReadPort } from '../ir/index.ts';
import {
  addNode,
  checkOwner,
  currentBuilder,
  enumerationHint,
  fail,
  newTarget,
  pathCondition,
} from './builder.ts';
import type { MemoryUnderConstruction } from './builder.ts';
import { checkDataType, checkScalarType, checkSize } from './check-type.ts';
import { encodingOf } from './enumeration.ts';
import { here } from './location.ts';
import {
  asCondition,
  asSignal,
  checkAlike,
  isLiteral,
  literal,
  literalBits,
  Signal,
} from './signal.ts';
import type { Bit, Literal, Operand, UInt } from './scalars.ts';
import type { DataType, EnumType, ScalarType, VecType } from './types.ts';
import { widthOf } from './types.ts';
import { drivenValue, namesOf } from './values.ts';
import type { DrivenValue, ScalarValue } from './values.ts';

/** What a register holds in reset: a number or a name, for a vector also one for each element. */
export type Init<T extends DataType> = T extends VecType | EnumType
  ? T extends EnumType
    ? T['names'][number]
    : Literal | readonly Literal[]
  : Literal;

/**
 * A register. It takes what `set` says at the next clock edge, and keeps its value where no `set`
 * is reached. With `init` it takes that value in reset; without, it powers on with any value.
 */
export function reg<T extends DataType>(
  type: T,
  options: {
    /** What it holds in reset. */
    init?: Init<T>;
    /** A stage of a synchronizer: it may sample what another clock domain holds. */
    synchronizes?: boolean;
  } = {},
): DrivenValue<T> {
  const builder = currentBuilder('reg');
  checkDataType('reg', type);
  const width = widthOf(type);
  const node = addNode(builder, {
    kind: 'register',
    width,
    next: -1, // Known when the body has run; `finish` puts it in.
    domain: builder.domain,
    ...(options.synchronizes ? { synchronizes: true } : {}),
    ...(options.init === undefined ? {} : { init: initBits(type, options.init).toString(16) }),
    ...enumerationHint(namesOf(type)),
  });
  const target = newTarget(builder, { kind: 'register', width, name: undefined }, { node });
  return drivenValue(builder, type, target) as unknown as DrivenValue<T>;
}

function initBits(type: DataType, init: unknown): bigint {
  if (type.kind === 'enum') return BigInt(encodingOf(type, init));
  if (type.kind !== 'vec') return literalBits(type, init as Literal);
  if (isLiteral(init)) return literalBits({ kind: 'uint', width: widthOf(type) }, init);
  const { element, length } = type;
  const elements = init as readonly Literal[];
  if (elements.length !== length) {
    fail({ code: 'vector-length', what: 'init', expected: length, actual: elements.length });
  }
  return elements.reduceRight<bigint>(
    (bits, value) => (bits << BigInt(element.width)) | literalBits(element, value),
    0n,
  );
}

/** A named net that is driven by `set`, also after it is read. */
export function wire<T extends DataType>(type: T): DrivenValue<T> {
  const builder = currentBuilder('wire');
  checkDataType('wire', type);
  const width = widthOf(type);
  const enumeration = namesOf(type);
  const target = newTarget(builder, { kind: 'wire', width, enumeration, name: undefined });
  return drivenValue(builder, type, target) as unknown as DrivenValue<T>;
}

export interface MemoryOptions {
  /** Contents at power-on, one number for each word. Without it they are any value. */
  readonly init?: readonly Literal[];
  /** What synthesis is asked to build. */
  readonly style?: 'block' | 'distributed' | 'registers';
}

/** A memory of words of type `T`. Contents are not reset. */
export interface Mem<T extends ScalarType = ScalarType> {
  readonly kind: 'mem';
  readonly depth: number;
  readonly addressBits: number;
  /** The addressed word in the same cycle (distributed RAM or registers, never block RAM). */
  read(address: UInt): ScalarValue<T>;
  /**
   * The addressed word one cycle later, kept while `enable` is 0. `mode` says what a read answers
   * that meets a write of the same address in the same cycle. Default `old`.
   */
  readNext(address: UInt, options?: { enable?: Bit; mode?: ReadDuringWrite }): ScalarValue<T>;
  /**
   * Writes at the clock edge where the enclosing `when` and `switchOn` are reached. With `mask`, whose
   * width divides that of the word, only the equally wide lanes where it is 1 (bit 0 is the lowest).
   */
  write<V extends number>(
    address: UInt,
    data: Operand<ScalarValue<T>, V>,
    options?: { mask?: UInt },
  ): void;
}

/** Runtime of `Mem`: found again when the body returns it under a name. */
export class MemoryHandle {
  readonly kind = 'mem';
  readonly memory: MemoryUnderConstruction;
  readonly #type: ScalarType;

  constructor(type: ScalarType, memory: MemoryUnderConstruction) {
    this.#type = type;
    this.memory = memory;
  }

  get depth(): number {
    return this.memory.depth;
  }

  get addressBits(): number {
    return addressBits(this.memory.depth);
  }

  read(address: unknown): Signal {
    return this.#port({ kind: 'asynchronous', address: this.#address(address, 'read').id });
  }

  readNext(address: unknown, options: { enable?: Bit; mode?: ReadDuringWrite } = {}): Signal {
    return this.#port({
      kind: 'synchronous',
      address: this.#address(address, 'readNext').id,
      mode: options.mode ?? 'old',
      domain: this.memory.builder.domain,
      ...(options.enable ? { enable: asCondition(options.enable, 'readNext').id } : {}),
    });
  }

  write(address: unknown, data: unknown, options: { mask?: UInt } = {}): void {
    const { builder, width, writes } = this.memory;
    const position = this.#address(address, 'write');
    const word = isLiteral(data) ? literal(builder, this.#type, data) : asSignal(data, 'write');
    checkAlike('write', { ...this.#type, label: 'the memory' }, word);
    writes.push({
      address: position.id,
      data: word.id,
      enable: pathCondition(builder),
      ...(options.mask ? { mask: this.#mask(options.mask, width).id } : {}),
      domain: builder.domain,
    });
  }

  #port(port: ReadPort): Signal {
    const { builder, reads, width } = this.memory;
    const index = reads.push(port) - 1;
    const memory = builder.memories.indexOf(this.memory);
    const node = addNode(builder, { kind: 'read', width, memory, port: index });
    return new Signal(builder, this.#type, node);
  }

  #address(address: unknown, operation: string): Signal {
    checkOwner(this.memory.builder, () => 'the memory', operation);
    const signal = asSignal(address, operation);
    const label = `the address of ${this.depth} words`;
    checkAlike(operation, { kind: 'uint', width: this.addressBits, label }, signal);
    return signal;
  }

  #mask(mask: unknown, width: number): Signal {
    const signal = asSignal(mask, 'write');
    if (width % signal.width !== 0) fail({ code: 'mask-lanes', lanes: signal.width, width });
    return signal;
  }
}

/** A memory of `depth` words; its address has `addressBits(depth)` bits. */
export function mem<T extends ScalarType>(
  type: T,
  depth: number,
  options: MemoryOptions = {},
): Mem<T> {
  const builder = currentBuilder('mem');
  checkScalarType('mem', type);
  checkSize('mem', depth, 'words');
  const { init, style } = options;
  if (init && init.length !== depth) {
    fail({ code: 'vector-length', what: 'init', expected: depth, actual: init.length });
  }
  const location = here()();
  const memory: MemoryUnderConstruction = {
    builder,
    name: undefined,
    reads: [],
    writes: [],
    width: type.width,
    depth,
    signed: type.kind === 'sint',
    ...(init ? { init: init.map((word) => literalBits(type, word).toString(16)) } : {}),
    ...(style ? { style } : {}),
    ...(location ? { location } : {}),
  };
  builder.memories.push(memory);
  return new MemoryHandle(type, memory) as unknown as Mem<T>;
}
