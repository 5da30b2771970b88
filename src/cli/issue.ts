import { closest } from 'fastest-levenshtein';
import type { LayerIssue } from '../engines/index.ts';
import type { DesignIssue } from '../families/index.ts';
import type { FolderIssue } from '../handoff/index.ts';
import { InputError } from '../numeric/index.ts';
import type { ParameterIssue } from '../testbench/parameters.ts';

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
  CliIssue | ParameterIssue | DesignIssue | FolderIssue | LayerIssue
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
