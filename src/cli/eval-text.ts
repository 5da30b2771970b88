import Table from 'cli-table3';
import type { EvalReport } from './eval.ts';

const number = (value: number): string => value.toLocaleString('en-US');
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Rows close together, without rules between them. */
const compact = {
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  style: { head: [], border: [] },
};

/** The facts of an evaluation for a person. */
export function evalText(report: EvalReport): string {
  const { accuracy, correct, predictions, examples, wholeModel, hardware } = report;
  const table = new Table(compact);
  const of = predictions === examples ? '' : ` predictions in ${number(examples)} examples`;
  table.push(
    { model: report.model },
    { data: `${report.data}, ${number(report.tokens)} tokens` },
    { task: report.task },
    { method: [report.method, ...optionTexts(report)].join(', ') },
    { engine: report.engine },
    { accuracy: `${percent(accuracy)}, ${number(correct)} of ${number(predictions)}${of}` },
  );
  if (report.perplexity !== undefined) table.push({ perplexity: report.perplexity.toFixed(4) });
  if (report.unknownTokens > 0) table.push({ 'unknown tokens': number(report.unknownTokens) });
  if (report.truncated > 0) table.push({ 'cut examples': number(report.truncated) });
  if (report.precisions) {
    table.push({ 'tokens of 8, 4, 0 bits': report.precisions.map(precisionText).join('\n') });
  }
  if (wholeModel) {
    const { bytes, compression } = wholeModel;
    table.push({
      size: `${number(bytes)} bytes, ${compression.toFixed(2)} times smaller than FP32`,
    });
  }
  if (hardware) {
    const settings = Object.entries(hardware.parameters ?? {}).map(
      ([key, value]) => `${key}=${value}`,
    );
    const design = [hardware.design, ...settings].join(' ');
    table.push({ cycles: `${number(hardware.cycles)} on ${design}` });
    if (hardware.compared > 0) {
      const equal =
        hardware.mismatches === 0 ? 'all equal' : `${number(hardware.mismatches)} differ`;
      table.push({ 'results compared': `${number(hardware.compared)}, ${equal}` });
    }
  }
  table.push({ time: `${report.seconds} s` });
  return `${table.toString()}\n`;
}

/** `layer 3: 25 %, 50 %, 25 %` */
function precisionText(counts: NonNullable<EvalReport['precisions']>[number], layer: number) {
  const all = counts[8] + counts[4] + counts[0];
  const parts = ([8, 4, 0] as const).map((bits) => `${((100 * counts[bits]) / all).toFixed(1)} %`);
  return `layer ${layer}: ${parts.join(', ')}`;
}

/** `3 bits`, and the tables where they have others. */
function optionTexts({ options, embeddingOptions }: EvalReport): readonly string[] {
  const bits = options?.['bits'];
  const tables = embeddingOptions?.['bits'];
  return [
    ...(bits === undefined ? [] : [`${String(bits)} bits`]),
    ...(tables === undefined || tables === bits ? [] : [`embeddings ${String(tables)} bits`]),
  ];
}
