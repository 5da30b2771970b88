/**
 * The intermediate representation: plain, JSON-able data.
 *
 * A module is a graph of sign-free bit vectors. Operands of one operator have equal widths (the
 * exceptions are said where they occur), nothing extends implicitly, and signedness is a property
 * of operators, never of values. Names, signs, documentation and locations are hints: they decide
 * how the Verilog and the waves read, never what is computed.
 */
import type { Bus } from './bus.ts';

/** Index of a node in `Module.nodes`. Only registers, wires and memory ports may refer forward. */
export type NodeId = number;

/** Bits as lower-case hexadecimal digits without prefix, most significant first: `'1f'`. */
export type Hex = string;

/** Where in the user's source something was written. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface NodeBase {
  /** Bits of the value, at least 1. */
  readonly width: number;
  /** Name given by the author; the name of the net in Verilog and in waves. */
  readonly name?: string;
  /** True where the author declared the value signed (hint for waves and comments). */
  readonly signed?: boolean;
  /** Names of the values 0, 1, 2, ... (hint for waves and for constants in Verilog). */
  readonly enumeration?: readonly string[];
  readonly location?: Location;
}

/** `not` inverts each bit; the reductions give one bit. */
export type UnaryOperator = 'not' | 'reduceAnd' | 'reduceOr' | 'reduceXor';

/**
 * - `add sub and or xor`: equal widths, result of that width (wraps).
 * - `mulUnsigned mulSigned`: operands of any widths a and b, exact result of a + b bits.
 * - `eq ne ltUnsigned leUnsigned ltSigned leSigned`: equal widths, result 1 bit.
 * - `shiftLeft shiftRight shiftRightSigned`: result has the width of a; b is an unsigned amount of
 *   any width; amounts of at least that width shift everything out (sign fill for the last).
 */
export type BinaryOperator =
  | 'add'
  | 'sub'
  | 'mulUnsigned'
  | 'mulSigned'
  | 'and'
  | 'or'
  | 'xor'
  | 'eq'
  | 'ne'
  | 'ltUnsigned'
  | 'leUnsigned'
  | 'ltSigned'
  | 'leSigned'
  | 'shiftLeft'
  | 'shiftRight'
  | 'shiftRightSigned';

export type Node = NodeBase &
  (
    | { readonly kind: 'const'; readonly value: Hex }
    /** The value of input port `port`. */
    | { readonly kind: 'input'; readonly port: string }
    | { readonly kind: 'unary'; readonly op: UnaryOperator; readonly a: NodeId }
    | {
        readonly kind: 'binary';
        readonly op: BinaryOperator;
        readonly a: NodeId;
        readonly b: NodeId;
      }
    /** `condition` (1 bit) ? `whenTrue` : `whenFalse`. */
    | {
        readonly kind: 'mux';
        readonly condition: NodeId;
        readonly whenTrue: NodeId;
        readonly whenFalse: NodeId;
      }
    /** The entry whose `match` equals `selector`; matches are distinct; otherwise `fallback`. */
    | {
        readonly kind: 'cases';
        readonly selector: NodeId;
        readonly entries: readonly { readonly match: Hex; readonly value: NodeId }[];
        readonly fallback: NodeId;
      }
    /** `parts[0]` is the most significant. */
    | { readonly kind: 'concat'; readonly parts: readonly NodeId[] }
    /** Bits `low` .. `low + width - 1` of `a`. */
    | { readonly kind: 'slice'; readonly a: NodeId; readonly low: number }
    /** `a` (narrower than `width`) with zeros, or copies of its sign bit, on top. */
    | { readonly kind: 'extend'; readonly a: NodeId; readonly sign: boolean }
    /** Element `index` of the packed vector `a` (element 0 lowest); 0 when out of range. */
    | { readonly kind: 'element'; readonly a: NodeId; readonly index: NodeId }
    /** A named net; `value` may refer forward, which is how loops through registers close. */
    | { readonly kind: 'wire'; readonly value: NodeId }
    /**
     * Register. At each rising clock edge of its domain: `init` while reset is active (if it has
     * one), else `next` where `enable` is 1 or absent, else unchanged. Powers on with any value.
     */
    | {
        readonly kind: 'register';
        readonly next: NodeId;
        readonly enable?: NodeId;
        readonly init?: Hex;
        /** Index in `Module.domains`. */
        readonly domain: number;
        /**
         * A stage of a synchronizer: the value may come from another domain. Tools must keep such
         * registers as they are and close together.
         */
        readonly synchronizes?: true;
      }
    /** What read port `port` of memory `memory` delivers. */
    | { readonly kind: 'read'; readonly memory: number; readonly port: number }
    /**
     * Output `port` of an instance; of an array of instances all elements packed, element 0 (in
     * row-major order) lowest.
     */
    | { readonly kind: 'output'; readonly instance: number; readonly port: string }
  );

export type NodeKind = Node['kind'];

/** How a read that meets a write of the same address in the same cycle answers. */
export type ReadDuringWrite = 'old' | 'new' | 'undefined';

export type ReadPort =
  /** Combinational: follows address and contents; a write shows from the next cycle on. */
  | { readonly kind: 'asynchronous'; readonly address: NodeId }
  /** Registered: where `enable` is 1 or absent, the addressed word appears one cycle later. */
  | {
      readonly kind: 'synchronous';
      readonly address: NodeId;
      readonly enable?: NodeId;
      readonly mode: ReadDuringWrite;
      readonly domain: number;
    };

/** Writes `data` at the clock edge where `enable` is 1; later ports win at the same address. */
export interface WritePort {
  readonly address: NodeId;
  readonly data: NodeId;
  readonly enable: NodeId;
  /** One bit for each of equally wide lanes of the word; lane 0 lowest. */
  readonly mask?: NodeId;
  readonly domain: number;
}

/**
 * `depth` words of `width` bits. Address ports have `addressBits(depth)` bits; a read out of range
 * gives 0, a write out of range does nothing. Contents power on as `init`, or with any value.
 */
export interface Memory {
  readonly name: string;
  readonly width: number;
  readonly depth: number;
  readonly signed?: boolean;
  readonly init?: readonly Hex[];
  /** Value of the `ram_style` attribute, if the author asks for one. */
  readonly style?: 'block' | 'distributed' | 'registers';
  readonly reads: readonly ReadPort[];
  readonly writes: readonly WritePort[];
  readonly location?: Location;
}

/** How one input port of an instance, or of all elements of an array of instances, is wired. */
export type Connection =
  /** The same value for every element; the only kind for a single instance. */
  | { readonly kind: 'broadcast'; readonly value: NodeId }
  /** Element i takes part i of the packed vector `value` (element 0 lowest). */
  | { readonly kind: 'each'; readonly value: NodeId }
  /**
   * The element one step back along `axis` (step +1) or ahead (step -1) feeds this input with its
   * output `port`; elements at the border take their part of the packed vector `edge`, indexed
   * along the other axis (one part for a one-dimensional array).
   */
  | {
      readonly kind: 'neighbour';
      readonly port: string;
      readonly axis: 0 | 1;
      readonly step: 1 | -1;
      readonly edge: NodeId;
    };

export interface Instance {
  readonly name: string;
  /** Name of the instantiated module in the program. */
  readonly module: string;
  /** `[]` one instance; `[n]` or `[rows, columns]` an array of instances. */
  readonly dimensions: readonly number[];
  readonly inputs: Readonly<Record<string, Connection>>;
  /**
   * Domain of this module, by name, for each domain of the instantiated one; those that are not
   * listed take the domain of their own name.
   */
  readonly domains?: Readonly<Record<string, string>>;
  readonly location?: Location;
}

/** A property watched at every clock edge outside reset: `condition` (1 bit). */
export interface Check {
  readonly kind: 'assert' | 'assume' | 'cover';
  readonly name: string;
  readonly condition: NodeId;
  readonly message: string;
  readonly domain: number;
  readonly location?: Location;
}

export interface Port {
  readonly name: string;
  readonly direction: 'input' | 'output';
  readonly width: number;
  readonly signed: boolean;
  /** Names of the values 0, 1, 2, ... */
  readonly enumeration?: readonly string[];
  readonly doc: string;
  /** Index in `Module.domains` of the clock that the port belongs to; 0 where absent. */
  readonly domain?: number;
  /** Output ports: the node that drives it. */
  readonly value?: NodeId;
  readonly location?: Location;
}

export interface StreamField {
  readonly name: string;
  readonly port: string;
  readonly width: number;
  readonly signed: boolean;
  /** Bits of the port above the field, which are 0. */
  readonly padding?: number;
}

/**
 * A valid/ready stream among the ports. A beat moves at a clock edge where both are 1. As bytes, a
 * beat packs its fields in this order from bit 0 up, little-endian, in ceil(width / 8) bytes.
 */
export interface Stream {
  readonly name: string;
  readonly direction: 'input' | 'output';
  readonly valid: string;
  readonly ready: string;
  readonly fields: readonly StreamField[];
  /** A port of one bit that travels with the beats and is not part of them. */
  readonly extra?: string;
  readonly doc: string;
}

/** A clock with its reset (synchronous, active low unless emission policy says otherwise). */
export interface Domain {
  readonly name: string;
  readonly clock: string;
  readonly reset: string;
}

/** A generator parameter as it is shown in the header comment of the module. */
export interface Parameter {
  readonly name: string;
  readonly value: string;
  readonly doc: string;
}

/** A module that exists elsewhere, in Verilog; what it computes here is a model for simulation. */
export interface External {
  /** Name of the module in Verilog. */
  readonly module: string;
  /** Parameters as they are written behind `#`: numbers, or text in quotes. */
  readonly parameters: Readonly<Record<string, number | string>>;
  /** Name in Verilog of each port, clock or reset that is called otherwise there. */
  readonly ports: Readonly<Record<string, string>>;
}

export interface Module {
  readonly name: string;
  /** First line: what the module is; following paragraphs go into the header comment. */
  readonly doc: string;
  readonly parameters: readonly Parameter[];
  readonly ports: readonly Port[];
  readonly streams: readonly Stream[];
  readonly buses?: readonly Bus[];
  /** Attributes of ports in Verilog, clocks and resets included: `(* NAME = "value" *)`. */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly domains: readonly Domain[];
  readonly nodes: readonly Node[];
  readonly memories: readonly Memory[];
  readonly instances: readonly Instance[];
  readonly checks: readonly Check[];
  /** Present for a black box: emission instantiates it and does not define it. */
  readonly external?: External;
  readonly location?: Location;
}

/** A design: modules in order, children before parents, the top last. Names are unique. */
export interface Program {
  readonly top: string;
  readonly modules: readonly Module[];
}
