import { refuse } from '../part.ts';
import type { FloatFormat } from './format.ts';

type FloatPart = (...parameters: never[]) => unknown;

/** Refuses a format that is none, in the place where the part was called. */
export function checkFormat(part: FloatPart, name: string, format: FloatFormat): void {
  const { exponentBits, fractionBits } = format;
  if (!(Number.isInteger(exponentBits) && exponentBits >= 2 && exponentBits <= 15)) {
    refuse(
      part,
      `${part.name} needs 2 to 15 exponent bits in ${name}, not ${exponentBits}: half has 5, single 8`,
    );
  }
  if (!(Number.isInteger(fractionBits) && fractionBits >= 1)) {
    refuse(
      part,
      `${part.name} needs 1 fraction bit or more in ${name}, not ${fractionBits}: half has 10, single 23`,
    );
  }
}

/** Refuses a number of pipeline stages that the part has no places for. */
export function checkStages(part: FloatPart, stages: number, most: number): void {
  if (!(Number.isInteger(stages) && stages >= 0 && stages <= most)) {
    refuse(part, `${part.name} has 0 to ${most} stages, not ${stages}: 0 is combinational`);
  }
}
