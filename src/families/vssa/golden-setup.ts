import type { Job } from '../../testbench/job.ts';

/** A value that a job may write. */
export interface SetupValue {
  readonly name: string;
  /** After reset. */
  readonly usual: number;
  readonly min: number;
  readonly max: number;
}

/**
 * What a job's writes leave, by address; what it does not write is as after reset.
 *
 * @throws Error for an address that the design does not have and for a value out of range
 */
export function writtenOf(
  job: Job,
  values: ReadonlyMap<number, SetupValue>,
): (address: number) => number {
  const written = new Map(Array.from(values, ([address, { usual }]) => [address, usual]));
  for (const [address, data] of job.writes) {
    const value = values.get(address);
    if (!value) {
      throw new Error(
        `The job writes to address ${address}, but the setup has addresses ${[...values.keys()].join(', ')}.`,
      );
    }
    const { name, min, max } = value;
    if (!Number.isInteger(data) || data < min || data > max) {
      throw new Error(`The job writes ${name} = ${data}; allowed are ${min} to ${max}.`);
    }
    written.set(address, data);
  }
  return (address) => written.get(address)!;
}
