import type { Manual } from '../../testbench/design.ts';
import { columnsAddress, comparators, leftSignedAddress, rightSignedAddress } from './params.ts';
import { eightAddress, keepAddress, rowsAddress, topKKeyBits, topKWords } from './params.ts';
import {
  accumulateFlag,
  lengthAddress,
  newSequenceAddress,
  protectAddress,
  queryPrecisionFlag,
  scoreFlagsAddress,
} from './params.ts';
import type { ArrayParameters, ScoresParameters, TopKParameters } from './params.ts';

// A test compares the figures with the golden models.

const wordText =
  'An 8-bit word is its value in bits 7 to 0 and `eight` = 1; a 4-bit word is its digit in bits 7 to ' +
  '4, worth 16 times as much, and `eight` = 0: bits 3 to 0 are ignored.';

const productText =
  'A product of two 8-bit words takes 4 cycles, of an 8-bit and a 4-bit word 2, of two 4-bit words 1.';

export function arrayManual({ rows, cols, skid }: ArrayParameters): Manual {
  const fill = rows + cols;
  const longer = Math.max(rows, cols);
  return {
    operation: [
      `**Set up**, while the array is idle, words of the window \`setup\`: ${leftSignedAddress} and ` +
        `${rightSignedAddress}: 1 if the words of the left, or right, side are signed (after reset ` +
        `both are); ${rowsAddress} and ${columnsAddress}: rows, 1 to ${rows}, and columns in use, 1 ` +
        `to ${cols} (after reset all). Write to \`RESULTS\` how many result beats the run has: ` +
        'tiles x rows in use. Then start.',
      '**Send operands.** A tile is rows x columns in use of dot products of one length. Each index is ' +
        'one beat of `left`, a word for each row, and one of `right`, a word for each column, from the ' +
        'lowest bits up, 9 bits each: value in bits 7 to 0, `eight` in bit 8. `last` of `left` marks ' +
        'the last index of a tile. No skew is needed; lanes that are not in use may hold anything. ' +
        'Precisions may change from word to word.',
      wordText,
      '**Take results**: for each tile a beat per row in use, row 0 first, `last` on the last one; it ' +
        `has ${cols} sums of 32 bits, signed, which wrap. Those of columns that are not in use are 0.`,
      '`BUSY`, `STALLED` and `STARVED` say what the processing elements did in the latest run: ' +
        `together ${rows} x ${cols} x its cycles, in 32 bits, which wrap.`,
    ],
    timing: [
      `${productText} A tile goes at the pace of its slowest row and column, so tokens of one precision ` +
        'belong side by side: fetch those of 8 bits first, then those of 4 bits.',
      `Tiles of n indexes at s cycles a product, all rows in use, take n x s cycles each where that is at ` +
        `least ${longer}, and ${fill} cycles once for all: the next tile begins while the one before ends ` +
        'and leaves.',
      'A sum waits in its element until its row has left; when the next one is finished, too, elements ' +
        'wait, and soon the operands. Nothing is lost.',
      skid === 0
        ? `The ready of an operand passes through up to ${rows + cols - 1} elements in one cycle; \`skid\` = 1 ` +
          'cuts that path at every element, for a second register in each link.'
        : 'The ready of an operand passes through no more than one element: each link holds two words.',
    ],
  };
}

export function peManual(): Manual {
  return {
    operation: [
      '**Set up**, while the element is idle: 1 to address ' +
        `${leftSignedAddress} if the words of the left side are signed, to ${rightSignedAddress} if ` +
        'those of the right side are (after reset both are). `setup_ready` is always 1.',
      '**Send operands**: beats of `left` and `right`, accepted in the same cycle. `first` starts a new ' +
        'sum, `last` completes it. ' +
        'A word is the digits `high` and `low`; of a 4-bit word, `eight` = 0, `low` is ignored, and ' +
        '`high` is worth 16 times as much, as it is in an 8-bit word.',
      'Both words leave again on `left_out` and `right_out`.',
      '**Take results**: the sum of the products up to each `last`, 32 bits, signed, which wraps.',
    ],
    timing: [
      productText,
      'A sum is offered in the cycle after its last product of digits; a run of products of c cycles in ' +
        'all takes c + 2 cycles, from the first accepted operands to the accepted sum, both included.',
      'Operands wait while a word of before has not left on either side, and, with two sums finished, ' +
        'for the first of them to leave.',
    ],
  };
}

export function scoresManual({ maxTokens, loadWords }: ScoresParameters): Manual {
  return {
    operation: [
      '**Set up**, between sequences: the number of tokens, pruned ones too, 1 to ' +
        `${maxTokens}, to address ${lengthAddress}; flags to ${scoreFlagsAddress}: bit ` +
        `${queryPrecisionFlag} = 1 if probabilities have the precision of their query, bit ` +
        `${accumulateFlag} = 1 if importance adds up from layer to layer; any data to ` +
        `${newSequenceAddress}, which begins a sequence: nothing is important or protected yet; ` +
        `then the number of each protected token to ${protectAddress}. \`setup_ready\` is 1 except ` +
        `for a new sequence, which is taken after ${maxTokens} cycles.`,
      '**Send the list** of a layer as `vssa-topk` gives it: tokens of 8 bits (2) first, then those of 4 ' +
        '(1), `last` on the last one. It holds for this layer.',
      `**Send probabilities** as floor(65535 p + 1/2), ${loadWords} in a beat: for each head a row for ` +
        'each query in the list, with its keys, all in the order of the list. A row begins with a beat; ' +
        'what is left of its last one may hold anything. `last` ends the layer.',
      '**Take codes**, a beat for each one sent: `id` of the query, floor(255 p + 1/2) of each, or with ' +
        'the precision of a 4-bit query 16 x min(15, (that + 8) / 16, rounded down); `last` ends a head.',
      '**Take scores** of all tokens in order: `value` = the sum of the codes of 16 bits that the token got ' +
        'as a key, added to what it had if importance adds up; `live` = 1 if it was in the list; ' +
        '`protected`; `last`. They go to `vssa-topk` as they are. Then the next layer.',
    ],
    timing: [
      'One beat of probabilities per cycle; its codes are offered in the cycle after.',
      'The first score is offered in the third cycle after the last codes have left, then one per cycle: ' +
        'a layer takes a cycle for each token of the list, each beat of probabilities and each token of ' +
        'the sequence, and 3 more.',
    ],
  };
}

export function topKManual(p: TopKParameters): Manual {
  const keyBits = topKKeyBits(p);
  const words = topKWords(p);
  const most = p.maxTokens + 2 * keyBits * words + 2 * words + p.maxTokens;
  return {
    operation: [
      `**Set up**, between sequences: how many tokens survive, k0, to address ${keepAddress}; how many ` +
        `of them have 8 bits, k1, to address ${eightAddress}. \`setup_ready\` is always 1.`,
      `**Send scores** of up to ${p.maxTokens} tokens in order, \`last\` on the last one. \`live\` = 0 ` +
        'leaves a token out, whatever else is said of it; `protected` tokens survive in any case, and ' +
        'count in k0. At least one token must survive.',
      '**Take tokens**: by number, `bits` = 2 for those of 8 bits first, then 1 for those of 4 bits, ' +
        'both in order; `last` on the last one. Survivors have the highest scores, and those of 8 bits ' +
        'the highest of them; of equal scores the earlier token counts as higher. Other tokens do not ' +
        'appear.',
    ],
    timing: [
      `${comparators} tokens are compared per cycle: each of the two levels takes ${keyBits} cycles for ` +
        `every ${comparators} tokens, after all scores have come, one per cycle.`,
      `Then a cycle for each ${comparators} tokens of a list, and one for each token that leaves: at most ` +
        `${most} cycles for a sequence of ${p.maxTokens}.`,
    ],
  };
}

export function requantizerManual(): Manual {
  return {
    operation: [
      '**Send values** of 8 bits with the precision of their token: `eight` = 1 or 0.',
      '**Take digits**: `high` for plane H; `low` for plane L, which is written only where `eight` = 1. ' +
        'For 4 bits, `high` is (value + 8) / 16, rounded down and at most 7. `last` is passed on.',
    ],
    timing: ['One value per cycle; its digits are offered in the cycle after it was accepted.'],
  };
}
