import { closest } from 'fastest-levenshtein';
import { InputError } from '../numeric/index.ts';
import type { Design, Parameters, ParameterSpec } from './design.ts';

/** What can be wrong with a parameter; `place` is where it was given. */
export type ParameterIssue =
  | {
      readonly code: 'unknown-parameter';
      readonly place: string;
      readonly key: string;
      readonly allowed: readonly string[];
    }
  | {
      readonly code: 'parameter-type';
      readonly place: string;
      readonly key: string;
      readonly value: unknown;
      readonly spec: ParameterSpec;
    }
  | {
      readonly code: 'parameter-range';
      readonly place: string;
      readonly key: string;
      readonly value: number;
      readonly spec: ParameterSpec;
    };

const range = (spec: ParameterSpec): string => `a whole number from ${spec.min} to ${spec.max}`;

function describe(issue: ParameterIssue): string {
  switch (issue.code) {
    case 'unknown-parameter':
      return (
        `${issue.place}: there is no parameter '${issue.key}'; ` +
        `did you mean '${closest(issue.key, issue.allowed)}'? ` +
        `Parameters are ${issue.allowed.join(', ')}.`
      );
    case 'parameter-type':
      return (
        `${issue.place}: ${issue.key} is ${JSON.stringify(issue.value)} ` +
        `but must be ${range(issue.spec)}.`
      );
    case 'parameter-range':
      return (
        `${issue.place}: ${issue.key} = ${issue.value} is out of range; ` +
        `choose ${range(issue.spec)}.`
      );
  }
}

const refuse = (issue: ParameterIssue): InputError => new InputError(describe(issue), issue.code);

function checked(place: string, key: string, value: unknown, spec: ParameterSpec): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw refuse({ code: 'parameter-type', place, key, value, spec });
  }
  if (value < spec.min || value > spec.max) {
    throw refuse({ code: 'parameter-range', place, key, value, spec });
  }
  return value;
}

/**
 * Complete parameters of a design: `given` values where there are some, defaults elsewhere.
 * Throws an `InputError` that names `place`, the key, the value and what is allowed.
 */
export function resolveParameters(
  design: Design,
  given: Readonly<Record<string, unknown>>,
  place: string,
): Parameters {
  const allowed = Object.keys(design.parameters);
  for (const key of Object.keys(given)) {
    if (!allowed.includes(key)) throw refuse({ code: 'unknown-parameter', place, key, allowed });
  }
  return Object.fromEntries(
    Object.entries(design.parameters).map(([key, spec]) => [
      key,
      given[key] === undefined ? spec.default : checked(place, key, given[key], spec),
    ]),
  );
}
