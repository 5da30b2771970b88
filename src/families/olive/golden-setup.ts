import type { Job } from '../../testbench/job.ts';
import {
  columnsAddress,
  flint4Type,
  leftBiasAddress,
  leftTypeAddress,
  modeAddress,
  outputAddress,
  outputBiasAddress,
  outputTypeAddress,
  pairsOutput,
  resetBias,
  rightBiasAddress,
  rightTypeAddress,
  rowsAddress,
} from './params.ts';

/** What setup writes leave in a design. */
export interface Setup {
  /** Of a code: the mode. */
  readonly bits: 4 | 8;
  readonly left: { readonly flint: boolean; readonly bias: number };
  readonly right: { readonly flint: boolean; readonly bias: number };
  /** In values of the mode; 0 where the job does not say. */
  readonly rows: number;
  readonly columns: number;
  /** Of results that become pairs. */
  readonly output: { readonly pairs: boolean; readonly flint: boolean; readonly bias: number };
}

/** Largest data by address. */
const largest: ReadonlyMap<number, number> = new Map([
  [modeAddress, 1],
  [leftTypeAddress, 1],
  [rightTypeAddress, 1],
  [leftBiasAddress, 15],
  [rightBiasAddress, 15],
  [rowsAddress, 64],
  [columnsAddress, 64],
  [outputAddress, 1],
  [outputTypeAddress, 1],
  [outputBiasAddress, 15],
]);

/**
 * What a job's writes leave, from the values after reset.
 *
 * @param addresses those that the design has
 * @throws Error for a write to another address, and for data that says nothing
 */
export function setupOf(job: Job, addresses: readonly number[]): Setup {
  const data = new Map<number, number>();
  for (const [address, value] of job.writes) {
    if (!addresses.includes(address)) {
      throw new Error(
        `The job writes to address ${address}, but the setup has addresses ${addresses.join(', ')}.`,
      );
    }
    const most = largest.get(address)!;
    const least = address === rowsAddress || address === columnsAddress ? 1 : 0;
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new Error(
        `The job writes ${value} to address ${address}, but ${least} to ${most} have a meaning there.`,
      );
    }
    data.set(address, value);
  }
  const at = (address: number, reset: number): number => data.get(address) ?? reset;
  return {
    bits: at(modeAddress, 0) === 1 ? 8 : 4,
    left: {
      flint: at(leftTypeAddress, 0) === flint4Type,
      bias: at(leftBiasAddress, resetBias),
    },
    right: {
      flint: at(rightTypeAddress, 0) === flint4Type,
      bias: at(rightBiasAddress, resetBias),
    },
    rows: at(rowsAddress, 0),
    columns: at(columnsAddress, 0),
    output: {
      pairs: at(outputAddress, 0) === pairsOutput,
      flint: at(outputTypeAddress, 0) === flint4Type,
      bias: at(outputBiasAddress, resetBias),
    },
  };
}
