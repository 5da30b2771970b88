/** The Verilog that the printer prints: every decision is taken, only layout is left. */
import type { Location } from '../ir/index.ts';

/** Bits of a net. */
export type Range = readonly [low: number, high: number];

export type Expression =
  | { readonly kind: 'net'; readonly name: string }
  /** Bits `high` .. `low` of a net. */
  | { readonly kind: 'slice'; readonly name: string; readonly high: number; readonly low: number }
  /** One bit of a net, or one word of a memory. */
  | {
      readonly kind: 'index';
      readonly name: string;
      readonly index: Expression;
      /** As for a part. */
      readonly reads?: readonly Range[];
    }
  /** `width` bits of a net from a computed bit on. */
  | {
      readonly kind: 'part';
      readonly name: string;
      readonly from: Expression;
      readonly width: number;
      /** The bits that all such parts together read, where that is not the whole net. */
      readonly reads?: readonly Range[];
    }
  /** Bits `high` .. `low` of a word of a memory; only as a target. */
  | {
      readonly kind: 'lane';
      readonly word: Expression;
      readonly high: number;
      readonly low: number;
    }
  | {
      readonly kind: 'literal';
      readonly width: number;
      /** Negative only where `signed`. */
      readonly value: bigint;
      readonly signed: boolean;
    }
  /** Arithmetic on genvars and localparams, as text. */
  | { readonly kind: 'genvar'; readonly text: string }
  | {
      readonly kind: 'unary';
      readonly op: '~' | '!' | '-' | '&' | '|' | '^';
      readonly a: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly op: VerilogOperator;
      readonly a: Expression;
      readonly b: Expression;
    }
  | {
      readonly kind: 'choice';
      readonly condition: Expression;
      readonly whenTrue: Expression;
      readonly whenFalse: Expression;
    }
  | { readonly kind: 'concat'; readonly parts: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly count: number; readonly a: Expression }
  | { readonly kind: 'cast'; readonly to: 'signed' | 'unsigned'; readonly a: Expression };

export type VerilogOperator =
  | '+'
  | '-'
  | '*'
  | '&'
  | '|'
  | '^'
  | '&&'
  | '||'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '<<'
  | '>>'
  | '>>>';

export type Statement =
  | {
      readonly kind: 'assign';
      readonly blocking: boolean;
      readonly target: Expression;
      readonly value: Expression;
    }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly whenTrue: readonly Statement[];
      readonly whenFalse: readonly Statement[];
    }
  | {
      readonly kind: 'case';
      readonly selector: Expression;
      readonly arms: readonly {
        readonly matches: readonly Expression[];
        readonly body: readonly Statement[];
      }[];
      readonly fallback: readonly Statement[];
    }
  | {
      readonly kind: 'property';
      readonly name: string;
      readonly property: 'assert' | 'assume' | 'cover';
      readonly condition: Expression;
    }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'display'; readonly text: string }
  | { readonly kind: 'finish' };

export interface Connected {
  readonly port: string;
  readonly value: Expression;
  readonly output: boolean;
}

export type Item =
  | {
      readonly kind: 'localparam';
      readonly name: string;
      readonly width?: number;
      readonly value: Expression;
    }
  | {
      readonly kind: 'net';
      readonly type: 'wire' | 'reg';
      readonly signed: boolean;
      readonly width: number;
      readonly name: string;
      /** A stage of a synchronizer, which tools must leave alone. */
      readonly synchronizes?: boolean;
      readonly value?: Expression;
      readonly comment?: string;
      readonly location?: Location;
    }
  | {
      readonly kind: 'memory';
      readonly name: string;
      readonly width: number;
      /** 1: a plain register. */
      readonly depth: number;
      readonly style?: string;
      readonly location?: Location;
    }
  | { readonly kind: 'assign'; readonly target: Expression; readonly value: Expression }
  | { readonly kind: 'combinational'; readonly body: readonly Statement[] }
  | {
      readonly kind: 'clocked';
      readonly clock: string;
      /** An edge besides that of the clock: of an asynchronous reset. */
      readonly edge?: string;
      readonly body: readonly Statement[];
    }
  | { readonly kind: 'initial'; readonly body: readonly Statement[] }
  | {
      readonly kind: 'instance';
      readonly module: string;
      readonly parameters?: Readonly<Record<string, number | string>>;
      readonly name: string;
      readonly location?: Location;
      readonly connections: readonly Connected[];
    }
  | { readonly kind: 'genvars'; readonly names: readonly string[] }
  | { readonly kind: 'generate'; readonly items: readonly Item[] }
  | {
      readonly kind: 'for';
      readonly genvar: string;
      readonly limit: string;
      readonly label: string;
      readonly items: readonly Item[];
    }
  | { readonly kind: 'ifdef'; readonly symbol: string; readonly items: readonly Item[] };

export interface PortDeclaration {
  readonly name: string;
  readonly direction: 'input' | 'output';
  readonly type: 'wire' | 'reg';
  readonly width: number;
  /** Neighbours of one group stand together, away from other ports. */
  readonly group: string;
  /** A line above the port: what the ports of its group are. */
  readonly heading?: string;
  /** Attributes by name: `(* NAME = "value" *)`. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly comment: string;
  readonly location?: Location;
}

export interface VerilogModule {
  readonly name: string;
  /** Lines of the header comment, without the slashes. */
  readonly header: readonly string[];
  readonly ports: readonly PortDeclaration[];
  /** Groups of items with a blank line between them. */
  readonly sections: readonly (readonly Item[])[];
}

export const net = (name: string): Expression => ({ kind: 'net', name });

export const literal = (width: number, value: bigint | number): Expression => ({
  kind: 'literal',
  width,
  value: BigInt(value),
  signed: false,
});

/** Bits `low` .. `low + width - 1` of a net of `whole` bits. */
export function bitsOf(name: string, whole: number, low: number, width: number): Expression {
  return width === whole ? net(name) : { kind: 'slice', name, high: low + width - 1, low };
}
