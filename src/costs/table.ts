import type { Program } from '../ir/index.ts';
import { measureCost } from './measure.ts';
import type { Cost, MeasureOptions } from './measure.ts';
import { references, unit } from './references.ts';
import type { Target } from './targets.ts';

/** A design to be measured. */
export interface Candidate {
  readonly label: string;
  readonly productsPerCycle?: number;
  readonly note?: string;
  program(): Program;
}

/** A design with what it takes of each target. */
export interface MeasuredRow {
  readonly label: string;
  readonly productsPerCycle?: number;
  readonly note?: string;
  /** In the order of the targets. */
  readonly costs: readonly Cost[];
  /** Where gates were measured and the design accumulates products. */
  readonly gateEquivalentsPerProduct?: number;
  /** The same over that of the int8 MAC, where this was measured, too. */
  readonly areaOverInt8?: number;
}

export interface MeasureRowsOptions extends MeasureOptions {
  /** Called before each synthesis run: how many are done, of how many, and what comes. */
  readonly onStep?: (done: number, total: number, what: string) => void;
}

/** Measures every candidate on every target, one after the other. */
export async function measureRows(
  candidates: readonly Candidate[],
  targets: readonly Target[],
  options: MeasureRowsOptions,
): Promise<readonly MeasuredRow[]> {
  const total = candidates.length * targets.length;
  const rows: MeasuredRow[] = [];
  let done = 0;
  for (const candidate of candidates) {
    const { label, productsPerCycle, note } = candidate;
    const program = candidate.program();
    const costs: Cost[] = [];
    for (const target of targets) {
      options.onStep?.(done++, total, `${label} on ${target.title}`);
      costs.push(await measureCost(program, target, options));
    }
    const perProduct = areaPerProduct(costs, productsPerCycle);
    rows.push({
      label,
      ...(productsPerCycle === undefined ? {} : { productsPerCycle }),
      ...(note === undefined ? {} : { note }),
      costs,
      ...(perProduct === undefined ? {} : { gateEquivalentsPerProduct: perProduct }),
    });
  }
  return rows.map((row) => withRatio(row, rows));
}

const areaPerProduct = (costs: readonly Cost[], products: number | undefined) => {
  const gates = costs.find((cost) => cost.kind === 'gates');
  return gates && products !== undefined ? gates.gateEquivalents / products : undefined;
};

function withRatio(row: MeasuredRow, rows: readonly MeasuredRow[]): MeasuredRow {
  const area = row.gateEquivalentsPerProduct;
  const whole = rows.find(({ label }) => label === unit.label)?.gateEquivalentsPerProduct;
  return area === undefined || whole === undefined ? row : { ...row, areaOverInt8: area / whole };
}

/** The plain units, as candidates: the head of every table. */
export const referenceCandidates: readonly Candidate[] = references;
