import {
  activationBeats,
  recordBeats,
  weightBeats,
} from '../../../src/families/gobo/format/streams.ts';
import { isFp16 } from '../../../src/families/gobo/params.ts';
import type { TileParameters } from '../../../src/families/gobo/params.ts';
import type { TileColumn } from '../../../src/families/gobo/tile-job.ts';
import { unpackBeats } from '../../../src/testbench/beats.ts';
import type { Job } from '../../../src/testbench/job.ts';

/** A job's beats back as columns, read apart from the golden model. */
export function columnsOf(p: TileParameters, job: Job): TileColumn[][] {
  const bytes = (stream: string): Uint8Array => job.inputs[stream] as Uint8Array;
  const [activation, last] = unpackBeats(
    activationBeats(p).widths,
    bytes('activations'),
    activationBeats(p).signed,
  );
  const weights = unpackBeats(weightBeats(p).widths, bytes('weights'));
  const [row, value, end] = unpackBeats(
    recordBeats(p).widths,
    bytes('records'),
    recordBeats(p).signed,
  );
  const dots: TileColumn[][] = [[]];
  let record = 0;
  activation!.forEach((a, column) => {
    const outliers: { row: number; value: number }[] = [];
    if (weights[p.pes]![column] === 1) {
      do outliers.push({ row: row![record]!, value: value![record]! });
      while (end![record++] === 0);
    }
    const indexes = weights.slice(0, p.pes).map((field) => field[column]!);
    dots.at(-1)!.push({ activation: a, indexes, outliers });
    if (last![column] === 1) dots.push([]);
  });
  return dots.slice(0, -1);
}

/** The dictionary that a job writes, signed in `fixed`. */
export function centroidsOf(p: TileParameters, job: Job): number[] {
  const span = 2 ** p.weightBits;
  return job.writes
    .slice(0, 2 ** p.bits)
    .map(([, data]) => (data >= span / 2 && !isFp16(p) ? data - span : data));
}
