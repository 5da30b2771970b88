import Table from 'cli-table3';
import type { LayerResult } from '../engines/index.ts';
import { isVerified } from '../testbench/index.ts';
import type { CycleMismatch, Mismatch, Verification } from '../testbench/index.ts';

/** What `verify` ran, for the head of its report. */
export interface VerificationRun {
  /** As on the command line. */
  readonly pe: string;
  readonly engine: string;
  /** Folder of the checkpoint; null for a design that runs random jobs. */
  readonly model: string | null;
  readonly seed: number;
}

/** Counted in beats of outputs; of most designs each carries one result. */
interface Totals {
  readonly expected: number;
  readonly compared: number;
  readonly mismatches: number;
}

/** The facts of a verification, as `verify --json` prints them. */
export interface VerificationReport extends VerificationRun, Totals {
  /** The pass with stalls from outside; `expected` and `compared` above are of the pass without. */
  readonly stalled: {
    readonly expected: number;
    readonly compared: number;
    readonly cycles: number;
  };
  readonly cycles: { readonly predicted: number; readonly counted: number };
  /** Elements of the products that the beats of one pass carry. */
  readonly results: number;
  /** Weights that are outliers; a tensor that several layers share counts once. */
  readonly outliers: number;
  readonly weights: number;
  readonly outlierShare: number;
  readonly bitsPerWeight: number;
  readonly layers: readonly LayerReport[];
  readonly verified: boolean;
}

export interface LayerReport extends Totals {
  readonly layer: number;
  readonly role: string;
  readonly tensor: string;
  readonly shape: readonly [rows: number, columns: number];
  readonly bitsPerWeight: number;
  readonly outliers: number;
  readonly results: number;
  readonly cycles: { readonly predicted: number; readonly counted: number };
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** Mismatching outputs of both passes, and of the golden model against the whole product. */
const mismatchesOf = ({ free, stalled }: Verification): number =>
  free.mismatches + (stalled?.mismatches ?? 0);

const cyclesOf = (verification: Verification): { predicted: number; counted: number } => ({
  predicted: verification.predictedCycles,
  counted: verification.free.cycles,
});

/** Puts the results of all layers together. */
export function verificationReport(
  run: VerificationRun,
  results: readonly LayerResult[],
): VerificationReport {
  const tensors = [...new Map(results.map((result) => [result.layer.tensor, result])).values()];
  const weightsOf = ({ layer }: LayerResult): number => layer.weight.rows * layer.weight.columns;
  const weights = sum(tensors, weightsOf);
  const outliers = sum(tensors, (result) => result.outliers);
  const layers = results.map((result): LayerReport => {
    const { layer, verification } = result;
    return {
      layer: layer.site.layer,
      role: layer.site.role,
      tensor: layer.tensor,
      shape: [layer.weight.rows, layer.weight.columns],
      bitsPerWeight: result.bitsPerWeight,
      outliers: result.outliers,
      results: result.results,
      expected: verification.free.expected,
      compared: verification.free.compared,
      mismatches: mismatchesOf(verification) + result.wholeMismatches,
      cycles: cyclesOf(verification),
    };
  });
  const totals = (key: 'expected' | 'compared' | 'mismatches'): number =>
    sum(layers, (layer) => layer[key]);
  const stalled = (key: 'expected' | 'compared' | 'cycles'): number =>
    sum(results, ({ verification }) => verification.stalled?.[key] ?? 0);
  return {
    ...run,
    expected: totals('expected'),
    compared: totals('compared'),
    mismatches: totals('mismatches'),
    stalled: {
      expected: stalled('expected'),
      compared: stalled('compared'),
      cycles: stalled('cycles'),
    },
    cycles: {
      predicted: sum(layers, (layer) => layer.cycles.predicted),
      counted: sum(layers, (layer) => layer.cycles.counted),
    },
    results: sum(layers, (layer) => layer.results),
    outliers,
    weights,
    outlierShare: outliers / weights,
    bitsPerWeight: sum(tensors, (result) => result.bitsPerWeight * weightsOf(result)) / weights,
    layers,
    verified: results.every(isLayerVerified),
  };
}

const isLayerVerified = ({ verification, wholeMismatches }: LayerResult): boolean =>
  isVerified(verification) && wholeMismatches === 0;

/** Rules under the head only: many rows stay readable. */
const compact = {
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  style: { head: [], border: [] },
};

const number = (value: number): string => value.toLocaleString('en-US');

/** One line for each layer, then the totals. */
export function verificationTables(report: VerificationReport): string {
  const table = new Table({
    head: ['layer', 'linear', 'shape', 'bits/weight', 'outliers', 'outputs', 'equal', 'cycles'],
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'left', 'right'],
    ...compact,
  });
  for (const layer of report.layers) {
    const { predicted, counted } = layer.cycles;
    table.push([
      layer.layer,
      layer.role,
      layer.shape.join(' x '),
      layer.bitsPerWeight.toFixed(3),
      layer.outliers,
      number(layer.results),
      layer.mismatches === 0 ? 'all' : `${number(layer.mismatches)} differ`,
      predicted === counted ? number(counted) : `${number(counted)} not ${number(predicted)}`,
    ]);
  }
  const totals = new Table(compact);
  totals.push(
    { model: report.model ?? '' },
    { layers: `${report.layers.length}, ${number(report.weights)} weights` },
    { 'bits per weight': `${report.bitsPerWeight.toFixed(3)}, everything included` },
    { outliers: `${number(report.outliers)} (${(100 * report.outlierShare).toFixed(3)} %)` },
    ...commonRows(report, unitOf(report)),
  );
  return `${table.toString()}\n${totals.toString()}`;
}

/** The facts of a run of random jobs. */
export interface JobsReport extends VerificationRun, Totals {
  readonly jobs: number;
  readonly stalled: {
    readonly expected: number;
    readonly compared: number;
    readonly cycles: number;
  };
  readonly cycles: { readonly predicted: number; readonly counted: number };
  readonly verified: boolean;
}

export function jobsReport(
  run: VerificationRun,
  jobs: number,
  verification: Verification,
): JobsReport {
  const { free, stalled } = verification;
  return {
    ...run,
    jobs,
    expected: free.expected,
    compared: free.compared,
    mismatches: mismatchesOf(verification),
    stalled: {
      expected: stalled?.expected ?? 0,
      compared: stalled?.compared ?? 0,
      cycles: stalled?.cycles ?? 0,
    },
    cycles: cyclesOf(verification),
    verified: isVerified(verification),
  };
}

export function jobsTable(report: JobsReport): string {
  const table = new Table(compact);
  table.push({ 'random jobs': number(report.jobs) }, ...commonRows(report, 'beats of outputs'));
  return table.toString();
}

/** What is compared: single outputs, or beats where they carry several. */
const unitOf = ({ expected, results }: VerificationReport): string =>
  expected === results ? 'outputs' : `beats with ${number(results)} outputs`;

/** What every verification says in the end. */
function commonRows(
  report: JobsReport | VerificationReport,
  unit: string,
): Record<string, string>[] {
  const { cycles, stalled } = report;
  const equal = report.mismatches === 0 ? 'all equal' : `${number(report.mismatches)} differ`;
  return [
    { engine: report.engine },
    {
      comparisons:
        `${number(report.compared)} of ${number(report.expected)} ${unit}, and ` +
        `${number(stalled.compared)} of ${number(stalled.expected)} with random stalls: ${equal}`,
    },
    {
      cycles:
        `${number(cycles.predicted)} predicted, ${number(cycles.counted)} counted; ` +
        `${number(stalled.cycles)} with stalls`,
    },
  ];
}

/** The first difference, as a person wants to read it; undefined where there is none. */
export function describeFirstMismatch(results: readonly LayerResult[]): string | undefined {
  for (const { layer, firstMismatch, verification, wholeMismatches } of results) {
    const name = `layer ${layer.site.layer} ${layer.site.role} (${layer.tensor})`;
    if (firstMismatch) {
      const { place } = firstMismatch;
      return (
        `First mismatch: ${name}, tile ${place.tile}, row ${place.row}, token ${place.token}, ` +
        describeValue(firstMismatch) +
        (firstMismatch.stalled ? ', in the pass with stalls.' : '.')
      );
    }
    if (wholeMismatches > 0) {
      return `The golden model and the product computed whole differ in ${wholeMismatches} outputs of ${name}.`;
    }
    if (verification.firstCycleMismatch) {
      return `${describeCycles(verification.firstCycleMismatch)} of ${name}.`;
    }
  }
  return undefined;
}

/** Of jobs that belong to no matrix. */
export function describeJobMismatch({
  free,
  stalled,
  firstCycleMismatch,
}: Verification): string | undefined {
  const first = free.first ?? stalled?.first;
  if (first) {
    const pass = free.first ? '' : ', in the pass with stalls';
    return `First mismatch: job ${first.job}, beat ${first.beat} of ${first.stream}, ${describeValue(first)}${pass}.`;
  }
  return firstCycleMismatch && `${describeCycles(firstCycleMismatch)}.`;
}

const describeValue = ({ field, expected, got }: Mismatch): string =>
  `${field}: expected ${expected}, got ${got}`;

const describeCycles = ({ job, predicted, counted }: CycleMismatch): string =>
  `${number(predicted)} cycles were predicted but ${number(counted)} counted in job ${job}`;
