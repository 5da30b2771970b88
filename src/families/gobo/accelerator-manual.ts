import type { Manual } from '../../testbench/design.ts';
import { halfOrderText, halvesText } from './manual.ts';
import { binCount, groupRows, isFp16, lastTileField, resultBits, rowsField } from './params.ts';
import type { AcceleratorParameters } from './params.ts';

/** What the user of the accelerator must know. */
export function acceleratorManual(p: AcceleratorParameters): Manual {
  const bins = binCount(p);
  const centroid = isFp16(p) ? 'centroid k (a half)' : 'centroid k (signed)';
  const result = isFp16(p) ? 'a single each' : `${resultBits(p)} bits, signed, exact`;
  const field = ({ low, width }: { readonly low: number; readonly width: number }): string =>
    `bits ${low + width - 1}..${low}`;
  return {
    operation: [
      `**Set up**, between runs, through the window of \`setup\`: ${centroid} at word k, for ` +
        `k = 0 to ${bins - 1}; then word ${bins}: in ${field(rowsField)} the rows of tile 0, in ` +
        `${field(lastTileField)} the tile that has the last row. Row r of an image belongs to tile r mod ` +
        `${p.tiles}, PE floor(r / ${p.tiles}); R rows make ceil(R / ${p.tiles}) rows of tile 0, and their last ` +
        `tile is (R - 1) mod ${p.tiles}. After reset all ${groupRows(p)} rows are in use.`,
      '**Write the registers** TOKENS, the tokens of each image, and RESULTS, the results of the run, then ' +
        '`start` to CONTROL.',
      '**Send weights**, image after image. A beat goes to the tile that it names: a word (`record` 0) with ' +
        `${p.pes} indexes of ${p.bits} bits and a bit that says that the column has outliers, or a record ` +
        '(`record` 1) with the PE, the value and a bit that ends the column. Words come by columns, records by ' +
        'columns and PEs; between tiles, and between words and records, any order will do. `tlast` ends the ' +
        `image. A bank holds ${p.bankWords} words and ${p.bankRecords} records of each tile; what goes beyond ` +
        'is lost, and sets `load_error` of STATUS.',
      '**Send activations**, for each image token by token, one for every column of the image; `tlast` ends a ' +
        `dot product, of at most ${p.maxLength} columns. After TOKENS tokens the bank is given up, and the ` +
        `next image used. With TOKENS 0 it stays, over runs too, until anything is written to word ${bins + 1} ` +
        'of `setup`.',
      `**Take results**: for each dot product its rows in order, ${result}; ` +
        '`tlast` with the last row.',
      ...(isFp16(p) ? [halfOrderText, halvesText('bins, sums and results are')] : []),
    ],
    timing: [
      'A column takes one cycle, or as many as the records of it in the tile that has most.',
      'Weights are loaded, one beat per cycle, while the tiles compute: the next image costs no cycle if it ' +
        'has no more beats than the tokens of the image in use have columns.',
      `In a long run without outliers a dot product of n columns and R rows takes max(n, ${bins} x ceil(R / ` +
        `${p.tiles}), R) cycles${p.buffers === 2 ? '' : ', the first two terms added'}.`,
      'WEIGHT_WAITS counts, from reset on, cycles in which an activation waited for weights.',
    ],
  };
}
