import { InputError } from '../../numeric/index.ts';
import type { Task } from './task.ts';

/** The share of tokens that is masked, as in the training of BERT (Devlin et al., 2019, section 3.1). */
export const maskedShare = 0.15;

/**
 * The masked-token prediction of BERT's training: every token but the special ones is replaced by the mask with
 * probability 15 %, and the model has to name it. An example that loses no token this way asks nothing.
 */
export const maskedLm: Task = {
  name: 'mlm',
  summary: 'the tokens behind masks, 15 % of each text by seed, against the text itself',
  head: 'masked-lm',
  random: true,
  perplexity: true,
  ask({ tokenizer, random }, _, sequence, place) {
    if (tokenizer.maskId === undefined) {
      throw new InputError(
        `${place} cannot be masked: the tokenizer (${tokenizer.description}) has no mask token; give it one or choose the task classify.`,
      );
    }
    const ids = [...sequence.ids];
    const targets = sequence.ids.flatMap((answer, row) => {
      if (tokenizer.specialIds.has(answer) || random.uniform() >= maskedShare) return [];
      ids[row] = tokenizer.maskId!;
      return [{ row, answer }];
    });
    return { sequence: { ...sequence, ids }, targets };
  },
};
