import type { Location } from '../ir/index.ts';

/** Everything the language refuses. One member per code; the texts are in `describe`. */
export type Issue =
  | {
      readonly code: 'width-mismatch';
      readonly operation: string;
      readonly left: string;
      readonly leftWidth: number;
      readonly right: string;
      readonly rightWidth: number;
    }
  | {
      readonly code: 'sign-mismatch';
      readonly operation: string;
      readonly signed: string;
      readonly unsigned: string;
    }
  | {
      readonly code: 'bad-size';
      readonly what: string;
      readonly size: unknown;
      readonly unit: 'bits' | 'elements' | 'words' | 'names';
    }
  | { readonly code: 'not-a-type'; readonly what: string; readonly actual: string }
  | {
      readonly code: 'resize-direction';
      readonly operation: 'extend' | 'truncate' | 'saturate';
      readonly signal: string;
      readonly width: number;
      readonly target: number;
    }
  | {
      readonly code: 'literal-range';
      readonly value: string;
      readonly type: string;
      readonly min: string;
      readonly max: string;
    }
  | { readonly code: 'bad-literal'; readonly value: string }
  | {
      readonly code: 'bit-range';
      readonly signal: string;
      readonly low: number;
      readonly high: number;
      readonly width: number;
    }
  | {
      readonly code: 'element-range';
      readonly vector: string;
      readonly index: number;
      readonly length: number;
    }
  | {
      readonly code: 'vector-length';
      readonly what: string;
      readonly expected: number;
      readonly actual: number;
    }
  | {
      readonly code: 'foreign-signal';
      readonly signal: string;
      readonly owner: string;
      readonly user: string;
    }
  | { readonly code: 'outside-module'; readonly operation: string }
  | { readonly code: 'coercion'; readonly signal: string }
  | {
      readonly code: 'not-a-signal';
      readonly operation: string;
      readonly needed: 'a signal' | 'a vector' | 'a value of the enumeration';
      readonly actual: string;
    }
  | {
      readonly code: 'not-a-condition';
      readonly operation: string;
      readonly signal: string;
      readonly width: number;
    }
  | { readonly code: 'not-settable'; readonly signal: string }
  | { readonly code: 'two-drivers'; readonly signal: string; readonly first: Location | undefined }
  | { readonly code: 'no-driver'; readonly signal: string }
  | { readonly code: 'latch'; readonly signal: string; readonly condition: string }
  | { readonly code: 'combinational-loop'; readonly path: readonly string[] }
  | {
      readonly code: 'domain-crossing';
      readonly from: string;
      readonly to: string;
      readonly path: readonly string[];
      /** A memory that is read in one domain and written in the other. */
      readonly shared: boolean;
    }
  | {
      readonly code: 'unknown-domain';
      readonly domain: string;
      readonly module: string;
      readonly domains: readonly string[];
    }
  | { readonly code: 'reserved-name'; readonly name: string; readonly language: string }
  | {
      readonly code: 'name-clash';
      readonly name: string;
      readonly what: 'port' | 'internal' | 'check' | 'enumeration' | 'clock domain';
    }
  | { readonly code: 'bad-name'; readonly name: string }
  | {
      readonly code: 'unknown-port';
      readonly port: string;
      readonly module: string;
      readonly outputs: readonly string[];
    }
  | { readonly code: 'duplicate-case'; readonly value: string }
  | { readonly code: 'missing-case'; readonly missing: readonly string[] }
  | { readonly code: 'unknown-name'; readonly name: string; readonly names: readonly string[] }
  | {
      readonly code: 'enumeration-mismatch';
      readonly operation: string;
      readonly left: readonly string[];
      readonly right: readonly string[];
    }
  | { readonly code: 'closed-chain'; readonly operation: 'elseWhen' | 'otherwise' }
  | { readonly code: 'asynchronous-body'; readonly what: string }
  | { readonly code: 'mask-lanes'; readonly lanes: number; readonly width: number }
  | { readonly code: 'array-shape'; readonly instance: string; readonly dimensions: string }
  | {
      readonly code: 'array-step';
      readonly port: string;
      readonly axis: unknown;
      readonly step: unknown;
      readonly dimensions: number;
    }
  | { readonly code: 'conditional-wiring'; readonly port: string }
  | { readonly code: 'bad-parameter'; readonly path: string; readonly actual: string }
  | { readonly code: 'recursion'; readonly path: readonly string[] }
  | { readonly code: 'body-failed'; readonly error: string };

export type IssueCode = Issue['code'];

/** An issue with the place in the user's source that caused it. */
export interface LocatedIssue {
  readonly issue: Issue;
  readonly location: Location | undefined;
  /** The module under construction. */
  readonly module: string | undefined;
}

export const showLocation = (location: Location | undefined): string =>
  location ? `${location.file}:${location.line}` : 'an unknown place';

const bits = (width: number): string => (width === 1 ? '1 bit' : `${width} bits`);

const range = (high: number, low: number): string =>
  high === low ? `bit ${low}` : `bits ${high} down to ${low}`;

/** The sentence a person reads, with the cure. */
export function describe(issue: Issue): string {
  switch (issue.code) {
    case 'width-mismatch':
      return (
        `${issue.operation}: ${issue.left} has ${bits(issue.leftWidth)} but ${issue.right} has ` +
        `${issue.rightWidth}; use extend, truncate or saturate to make them equal`
      );
    case 'sign-mismatch':
      return (
        `${issue.operation}: ${issue.signed} is signed but ${issue.unsigned} is unsigned; use ` +
        'asSigned or asUnsigned to say how the bits are meant'
      );
    case 'bad-size':
      return (
        `${issue.what} cannot have ${String(issue.size)} ${issue.unit}; give a whole number ` +
        'from 1 up'
      );
    case 'not-a-type':
      return `${issue.what} needs a type but got ${issue.actual}; write a type such as uint(8)`;
    case 'resize-direction':
      return (
        `${issue.operation} takes ${issue.signal} from ${issue.width} to ${bits(issue.target)}; ` +
        (issue.operation === 'extend'
          ? 'it can only widen: use truncate or saturate to narrow'
          : 'it can only narrow: use extend to widen')
      );
    case 'literal-range':
      return (
        `${issue.value} does not fit ${issue.type}, which holds ${issue.min} to ${issue.max}; ` +
        'widen the signal or change the value'
      );
    case 'bad-literal':
      return (
        `${issue.value} is not an exact whole number; round it, or write a large one as a ` +
        'bigint such as 2n ** 60n'
      );
    case 'bit-range':
      return (
        `${range(issue.high, issue.low)} of ${issue.signal} is not in it; choose from ` +
        range(issue.width - 1, 0)
      );
    case 'element-range':
      return (
        `element ${issue.index} of ${issue.vector} does not exist; choose from elements 0 to ` +
        `${issue.length - 1}`
      );
    case 'vector-length':
      return (
        `${issue.what} needs ${issue.expected} elements but gets ${issue.actual}; give one for ` +
        'each place'
      );
    case 'foreign-signal': {
      const owner = issue.owner === issue.user ? 'another build of' : 'module';
      return (
        `${issue.signal} belongs to ${owner} ${issue.owner} and cannot be used in ` +
        `${issue.user}; pass it through a port`
      );
    }
    case 'outside-module':
      return `${issue.operation} only works while a module is built; move it into a body`;
    case 'coercion':
      return (
        `${issue.signal} is hardware and has no value while the circuit is built; use mux or ` +
        'when instead of if and ?:, and methods such as add and eq instead of + and ==='
      );
    case 'not-a-signal':
      return `${issue.operation} needs ${issue.needed} but got ${issue.actual}; ${cureOf(issue)}`;
    case 'not-a-condition':
      return (
        `${issue.operation} needs a condition of 1 bit but ${issue.signal} has ` +
        `${bits(issue.width)}; compare it, for example with ne(0), or pick one bit`
      );
    case 'not-settable':
      return (
        `${issue.signal} cannot be set; drive an output, a wire, a register or an input of an ` +
        'instance instead'
      );
    case 'two-drivers':
      return (
        `${issue.signal} is driven here and at ${showLocation(issue.first)}; drive it once, or ` +
        'give the default first and override it inside when'
      );
    case 'no-driver':
      return `${issue.signal} is never driven; give it a value with set`;
    case 'latch':
      return (
        `${issue.signal} keeps its old value ${issue.condition}, which would be a latch; give ` +
        'it a default before the condition, or drive it in every branch'
      );
    case 'combinational-loop':
      return `${issue.path.join(' -> ')} is a combinational loop; break it with a register`;
    case 'domain-crossing':
      return (
        `${issue.path.join(' -> ')} crosses from clock domain ${issue.from} to ${issue.to}; ` +
        (issue.shared
          ? "read it by readNext with mode 'undefined', and only words that are not written just then"
          : 'pass it through a synchronizer or an asynchronous FIFO, or build both in one domain')
      );
    case 'unknown-domain':
      return (
        `module ${issue.module} has no clock domain ${issue.domain}; choose from ` +
        `${issue.domains.join(', ')}, or list it in the domains of the module`
      );
    case 'reserved-name':
      return `the name '${issue.name}' is reserved in ${issue.language}; choose another`;
    case 'name-clash':
      return `the name '${issue.name}' of this ${issue.what} is taken already; rename one of the two`;
    case 'bad-name':
      return (
        `'${issue.name}' cannot be a name in Verilog; use letters, digits and underscores, ` +
        'starting with a letter'
      );
    case 'unknown-port':
      return (
        `module ${issue.module} has no output port ${issue.port}; choose from ` +
        (issue.outputs.join(', ') || 'none')
      );
    case 'duplicate-case':
      return `switchOn has two cases for ${issue.value}; merge them`;
    case 'missing-case':
      return (
        `switchOn has no case for ${issue.missing.join(', ')}; write one for each name, or give a ` +
        'fallback'
      );
    case 'unknown-name':
      return `the enumeration has no name '${issue.name}'; choose from ${issue.names.join(', ')}`;
    case 'enumeration-mismatch':
      return (
        `${issue.operation}: a value of ${issue.left.join(', ')} meets one of ` +
        `${issue.right.join(', ')}; use one enumeration for both, or asUnsigned to compare encodings`
      );
    case 'closed-chain':
      return (
        `${issue.operation} does not follow its when; write it directly after the branch before ` +
        'it, and nothing after otherwise'
      );
    case 'asynchronous-body':
      return (
        `${issue.what} is asynchronous, but hardware is built at once; compute what it awaits ` +
        'before, and pass the result in'
      );
    case 'mask-lanes':
      return (
        `a mask of ${issue.lanes} bits cannot split a word of ${issue.width} bits into equal ` +
        'lanes; choose a mask whose width divides that of the word'
      );
    case 'array-shape':
      return (
        `the array of ${issue.instance} cannot have dimensions [${issue.dimensions}]; give one ` +
        'or two whole numbers from 1 up'
      );
    case 'array-step':
      return (
        `${issue.port} cannot come from axis ${String(issue.axis)}, step ${String(issue.step)}; ` +
        `choose axis ${issue.dimensions === 1 ? '0' : '0 or 1'} and step 1 or -1`
      );
    case 'conditional-wiring':
      return (
        `${issue.port} is wired inside when or switchOn, but an array is wired once for all ` +
        'cycles; move the wiring out and choose the value with mux'
      );
    case 'bad-parameter':
      return (
        `${issue.path} is ${issue.actual}, but equal parameters must mean equal modules; use ` +
        'numbers, strings, booleans, types, and lists and records of them'
      );
    case 'recursion':
      return (
        `${issue.path.join(' -> ')} never ends because a module instantiates itself; change a ` +
        'parameter on the way down and stop at a smallest case'
      );
    case 'body-failed':
      return `building the module threw ${issue.error}; correct the code at this place`;
  }
}

/** What to write instead of something that is not hardware. */
function cureOf(issue: Extract<Issue, { code: 'not-a-signal' }>): string {
  if (issue.needed === 'a vector') return 'make one with vecOf';
  if (issue.needed !== 'a signal') return 'name one of its values';
  return issue.actual.startsWith('the number')
    ? 'give the number a type with constant'
    : 'pass a port, a register or the result of an operation';
}

/** Thrown when a design cannot be built; lists every issue found, each with its place. */
export class HardwareError extends Error {
  override readonly name = 'HardwareError';
  readonly issues: readonly LocatedIssue[];

  constructor(issues: readonly LocatedIssue[], options?: ErrorOptions) {
    super(
      issues
        .map(({ issue, location, module }) => {
          const place = module ? ` (module ${module})` : '';
          return `${showLocation(location)}: ${issue.code}: ${describe(issue)}${place}`;
        })
        .join('\n'),
      options,
    );
    this.issues = issues;
  }
}
