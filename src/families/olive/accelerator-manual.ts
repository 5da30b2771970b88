import type { Manual } from '../../testbench/design.ts';
import { modeSetup } from './manual.ts';
import { releaseAddress } from './params.ts';
import type { AcceleratorParameters } from './params.ts';

/** What the user of the accelerator must know. */
export function acceleratorManual(p: AcceleratorParameters): Manual {
  const groups = (p.rows + p.columns) / 2;
  return {
    operation: [
      `**Set up**, between runs, through the window of \`setup\`: write ${modeSetup}, left being weights and ` +
        `right activations; rows in use to word 5, 1 to ${p.rows}, or 1 to ${p.rows / 2} in 8-bit mode; columns ` +
        `in use to word 6, 1 to ${p.columns}, or 1 to ${p.columns / 2}; to word 7 what results are, 0 sums or 1 ` +
        'pairs; type and bias of these pairs to 8 and 9 (bias 2 or 3; int8 needs neither). After reset: 4-bit ' +
        'mode, int4, biases 2, everything in use, sums.',
      '**Write the registers** TILES, the tiles of tokens of each image, and RESULTS, the beats of results of ' +
        'the run, then `start` to CONTROL.',
      '**Send weights**, image after image. A beat with `scaling` 0 has a pair of every row: in 4-bit mode byte ' +
        'i, the first value in its low half; in 8-bit mode bytes 2i and 2i + 1. A beat with `scaling` 1 has ' +
        'bias (32 bits, signed), multiplier (16) and shift (6) of a row, from row 0 on; it is needed where ' +
        `results are pairs. \`tlast\` ends the image. A bank holds ${p.bankBeats} pairs of each row and ` +
        `${p.rows} scalings; what goes beyond is lost, and sets \`load_error\` of STATUS.`,
      '**Send activations**, for each image tile by tile, a beat for each pair of its rows: the pair of every ' +
        'column, placed as those of weights are. After TILES tiles the bank is given up, and the next image ' +
        `used. With TILES 0 it stays, over runs too, until anything is written to word ${releaseAddress} of ` +
        '`setup`.',
      '**Take results**, tile by tile; `tlast` ends a tile. Sums: a beat for each row, a word of 32 bits for ' +
        'each column. Pairs: a beat for each two rows, in its lowest bytes a beat of activations for the next ' +
        'layer. A value is (sum + bias) x multiplier / 2^shift half units, cut and saturated, then encoded.',
      'ILLEGAL_PAIRS and OVERFLOWS count, from the write of the mode on, illegal pairs that tiles used and rows ' +
        'of which a sum left 32 bits; `illegal_pair` and `overflow` of STATUS stay until they are cleared.',
    ],
    timing: [
      'A beat of activations takes two cycles. Weights are loaded meanwhile, one beat per cycle; only the first ' +
        'image of a run is waited for.',
      `If the last beat of a tile is accepted in cycle t, its first row of sums leaves in cycle t + ${groups + 2}; ` +
        'then one per cycle in 4-bit mode, every other cycle in 8-bit mode: r rows take d = r or d = 2r - 1 ' +
        'cycles. A pair is offered four cycles after its second row.',
      `A run of one image of b beats and k pairs, and one tile, takes b + 2k + ${groups + 1} + d cycles, 4 more ` +
        'for pairs.',
      `In a long run a tile takes max(2k, ${groups + 1} + d) cycles.`,
    ],
  };
}
