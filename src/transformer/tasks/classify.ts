import { InputError } from '../../numeric/index.ts';
import type { Task } from './task.ts';

/**
 * The index of a label among a model's classes: by name; failing that, the label is the index itself.
 *
 * @returns undefined if it is neither
 */
export function labelIndex(labels: readonly string[], label: string): number | undefined {
  const named = labels.indexOf(label);
  if (named >= 0) return named;
  const index = /^\d+$/.test(label) ? Number(label) : labels.length;
  return index < labels.length ? index : undefined;
}

/** The class of a text or a pair of texts: which label of the model's classifier has the largest logit. */
export const classify: Task = {
  name: 'classify',
  summary: 'the class of each text or pair of texts, against the column label',
  head: 'classification',
  random: false,
  perplexity: false,
  ask({ checkpoint }, { label }, sequence, place) {
    const { labels } = checkpoint.config;
    const allowed = `${labels.join(', ')} or an index 0 to ${labels.length - 1}`;
    if (label === undefined) {
      throw new InputError(
        `${place} has no label, which must be ${allowed}; add the column label.`,
      );
    }
    const answer = labelIndex(labels, label);
    if (answer === undefined) {
      throw new InputError(
        `${place} has the label "${label}", allowed are ${allowed}; use data made for this model.`,
      );
    }
    return { sequence, targets: [{ row: 0, answer }] };
  },
};
