import { closest } from 'fastest-levenshtein';
import type { LayerIssue } from '../engines/index.ts';
import type { DesignIssue, MethodIssue } from '../families/index.ts';
import type { FolderIssue } from '../handoff/index.ts';
import { InputError } from '../numeric/index.ts';
import type { ParameterIssue } from '../testbench/parameters.ts';
import type { OptionIssue } from '../transformer/index.ts';

/** What the command line itself refuses. One member per code; the texts are in `describe`. */
export type CliIssue =
  | {
      readonly code: 'unknown-command';
      readonly name: string;
      readonly allowed: readonly string[];
    }
  | {
      readonly code: 'unknown-option';
      readonly option: string;
      readonly allowed: readonly string[];
    }
  | { readonly code: 'missing-value'; readonly option: string }
  | { readonly code: 'extra-argument'; readonly argument: string }
  | { readonly code: 'missing-design'; readonly designs: readonly string[] }
  | { readonly code: 'bad-setting'; readonly setting: string }
  | { readonly code: 'bad-seed'; readonly value: string }
  | {
      readonly code: 'bad-number';
      readonly option: string;
      readonly value: string;
      readonly min: number;
    }
  | { readonly code: 'unknown-engine'; readonly name: string; readonly allowed: readonly string[] }
  | {
      readonly code: 'missing-method';
      readonly option?: string;
      readonly methods: readonly string[];
    }
  | { readonly code: 'missing-format'; readonly allowed: readonly string[] }
  | { readonly code: 'unknown-format'; readonly name: string; readonly allowed: readonly string[] }
  | { readonly code: 'missing-out' }
  | {
      readonly code: 'bad-bits';
      readonly place: string;
      readonly value: string;
      readonly method: string;
      readonly allowed: readonly string[];
    }
  | { readonly code: 'bad-quantize'; readonly place: string; readonly value: unknown }
  | {
      readonly code: 'quantized-already';
      readonly option: string;
      readonly model: string;
      readonly method: string;
    }
  | {
      readonly code: 'no-design';
      readonly engine: string;
      readonly method: string;
      readonly able: readonly string[];
    }
  | {
      readonly code: 'design-of-another-method';
      readonly design: string;
      readonly method: string;
      readonly able: readonly string[];
    }
  | {
      readonly code: 'design-without-engine';
      readonly design: string;
      readonly allowed: readonly string[];
    }
  | {
      readonly code: 'unknown-setting';
      readonly place: string;
      readonly key: string;
      readonly method: string;
      readonly design: string;
      readonly options: readonly string[];
      readonly parameters: readonly string[];
    }
  | {
      readonly code: 'parameter-without-engine';
      readonly place: string;
      readonly key: string;
      readonly design: string;
      readonly allowed: readonly string[];
    }
  | {
      readonly code: 'nothing-to-check';
      readonly engine: string;
      readonly allowed: readonly string[];
    }
  | { readonly code: 'missing-calibration'; readonly what: string; readonly folder: string }
  | { readonly code: 'calibration-is-test'; readonly path: string }
  | { readonly code: 'unknown-table'; readonly name: string; readonly allowed: readonly string[] }
  | { readonly code: 'table-and-design'; readonly family: string }
  | { readonly code: 'unit-parameters'; readonly name: string }
  | { readonly code: 'liberty-without-gates' }
  | { readonly code: 'liberty-unreadable'; readonly path: string; readonly reason: string }
  | { readonly code: 'bad-seeds'; readonly value: string; readonly max: number }
  | { readonly code: 'config-unreadable'; readonly path: string; readonly reason: string }
  | {
      readonly code: 'config-syntax';
      readonly path: string;
      readonly line: number;
      readonly reason: string;
    }
  | {
      readonly code: 'config-key';
      readonly path: string;
      readonly key: string;
      readonly allowed: readonly string[];
    }
  | {
      readonly code: 'config-value';
      readonly path: string;
      readonly key: string;
      readonly value: unknown;
      readonly allowed: string;
    };

/** Every code with which a command can end because of what it was given. */
export type CliErrorCode = (
  CliIssue | ParameterIssue | DesignIssue | MethodIssue | OptionIssue | FolderIssue | LayerIssue
)['code'];

export const largestSeed = 2 ** 32 - 1;

/** The sentence a person reads, with the cure. */
function describe(issue: CliIssue): string {
  switch (issue.code) {
    case 'unknown-command':
      return (
        `there is no command '${issue.name}'; did you mean '${closest(issue.name, issue.allowed)}'? ` +
        `Commands are ${issue.allowed.join(', ')}.`
      );
    case 'unknown-option':
      return (
        `there is no option '${issue.option}'; ` +
        `did you mean '${closest(issue.option, issue.allowed)}'? --help explains them all.`
      );
    case 'missing-value':
      return `the option '${issue.option}' needs a value; --help shows how.`;
    case 'extra-argument':
      return (
        `'${issue.argument}' is one argument too many; everything is given with options, ` +
        'which --help explains.'
      );
    case 'missing-design':
      return (
        `--pe says which design is meant, and is missing; give for example ` +
        `--pe ${issue.designs[0]}. Designs are ${issue.designs.join(', ')}.`
      );
    case 'bad-setting':
      return `--set '${issue.setting}' is not of the form key=value; write for example --set bits=4.`;
    case 'bad-seed':
      return `--seed ${issue.value} must be a whole number from 0 to ${largestSeed}.`;
    case 'bad-number':
      return `${issue.option} ${issue.value} must be a whole number of at least ${issue.min}.`;
    case 'unknown-engine':
      return (
        `--engine: there is no engine '${issue.name}'; ` +
        `did you mean '${closest(issue.name, issue.allowed)}'? ` +
        `Engines are ${issue.allowed.join(', ')}.`
      );
    case 'missing-method': {
      const names = issue.methods.join(', ');
      return issue.option === undefined
        ? `--method says how to quantize, and is missing; choose one of ${names}.`
        : `${issue.option} says how to quantize, but no method is named; name one with --method: ${names}.`;
    }
    case 'missing-format':
      return (
        `--format says which number format is meant, and is missing; ` +
        `choose one of ${issue.allowed.join(', ')}.`
      );
    case 'unknown-format':
      return (
        `--format: there is no number format '${issue.name}'; ` +
        `did you mean '${closest(issue.name, issue.allowed)}'? ` +
        `Formats are ${issue.allowed.join(', ')}.`
      );
    case 'missing-out':
      return '--out says where the quantized model goes, and is missing; name a new folder.';
    case 'bad-bits':
      return (
        `${issue.place}: ${issue.value} says nothing to the method ${issue.method}; ` +
        `give ${issue.allowed.join(' or ')}.`
      );
    case 'bad-quantize':
      return `${issue.place}: quantize is ${JSON.stringify(issue.value)} but must be true or false.`;
    case 'quantized-already':
      return (
        `${issue.option}: ${issue.model} is quantized already, by ${issue.method}; leave the option ` +
        'out or give the model that it was made from.'
      );
    case 'no-design':
      return (
        `--engine: there is no design for the method ${issue.method} that ${issue.engine} could run; ` +
        `choose the engine float, or one of the methods ${issue.able.join(', ')}.`
      );
    case 'design-of-another-method':
      return (
        `--design: ${issue.design} does not run matrices of the method ${issue.method}; ` +
        (issue.able.length > 0 ? `choose ${issue.able.join(' or ')}.` : 'leave the option out.')
      );
    case 'design-without-engine':
      return (
        `--design: ${issue.design} needs an engine to run in; ` +
        `add --engine with one of ${issue.allowed.join(', ')}.`
      );
    case 'unknown-setting': {
      const { place, key, method, design, options, parameters } = issue;
      const both = [...new Set([...options, ...parameters])];
      return (
        `${place}: neither the method ${method} nor the design ${design} has '${key}'; ` +
        `did you mean '${closest(key, both)}'? Options of the method are ` +
        `${options.join(', ') || 'none'}; parameters of the design are ${parameters.join(', ')}.`
      );
    }
    case 'parameter-without-engine':
      return (
        `${issue.place}: ${issue.key} is a parameter of the design ${issue.design}, which needs an engine ` +
        `to run in; add --engine with one of ${issue.allowed.join(', ')}.`
      );
    case 'nothing-to-check':
      return (
        `--check compares a design with software, but the engine is ${issue.engine}; ` +
        `choose one of ${issue.allowed.join(', ')}.`
      );
    case 'missing-calibration':
      return (
        `--calibration: ${issue.what} needs the ranges of the activations, and ${issue.folder} has ` +
        'no calibration.jsonl; name a file of examples other than the test data.'
      );
    case 'calibration-is-test':
      return (
        `--calibration: ${issue.path} is the file that accuracy is measured with; ` +
        'give other examples.'
      );
    case 'unknown-table':
      return (
        `--table: there is no table '${issue.name}'; ` +
        `did you mean '${closest(issue.name, issue.allowed)}'? ` +
        `Tables are ${issue.allowed.join(', ')}.`
      );
    case 'table-and-design':
      return (
        `--table ${issue.family} has its own list of designs and parameters; leave out --pe, --set ` +
        'and --config, or leave out --table.'
      );
    case 'unit-parameters':
      return `--pe ${issue.name} is a plain unit without parameters; leave out --set and --config.`;
    case 'liberty-without-gates':
      return '--liberty is for gate equivalents, which --targets leaves out; add gates to the targets.';
    case 'liberty-unreadable':
      return (
        `--liberty: ${issue.path} cannot be read (${issue.reason}); give the name of a Liberty file, ` +
        'or leave the option out.'
      );
    case 'bad-seeds':
      return `--seeds ${issue.value} must be a whole number from 1 to ${issue.max}.`;
    case 'config-unreadable':
      return `--config: ${issue.path} cannot be read (${issue.reason}); give the name of a YAML file.`;
    case 'config-syntax':
      return `${issue.path}:${issue.line}: this is not YAML (${issue.reason}); correct the line.`;
    case 'config-key':
      return (
        `${issue.path}: there is no key '${issue.key}'; ` +
        `did you mean '${closest(issue.key, issue.allowed)}'? Keys are ${issue.allowed.join(', ')}.`
      );
    case 'config-value': {
      const place = issue.key === '' ? 'the file' : issue.key;
      return `${issue.path}: ${place} is ${JSON.stringify(issue.value)} but must be ${issue.allowed}.`;
    }
  }
}

/** The error to throw for an issue. */
export const cliError = (issue: CliIssue): InputError =>
  new InputError(describe(issue), issue.code);
