import { mixedTokens } from '../families/index.ts';
import { InputError } from '../numeric/index.ts';
import { numberOf } from './model-options.ts';

/** Options of a made-up sequence, as commander delivers them. */
export interface MadeUpOptions {
  readonly tokens?: string;
  readonly depth?: string;
  readonly eight?: string;
  readonly pruned?: string;
}

/** A sequence of tokens of mixed precision for one head, where no model is at hand. */
export interface MadeUp {
  readonly tokens: number;
  /** Columns of the head. */
  readonly depth: number;
  /** Shares of tokens; the others have 4 bits. */
  readonly eight: number;
  readonly pruned: number;
}

/** Longest sequence and widest head: what a golden model counts within a minute or so. */
const most = { tokens: 1024, depth: 1024 };

/**
 * The sequence that options ask for. Throws `InputError` for one that cannot be, and for one without a token that is
 * alive.
 */
export function madeUp(options: MadeUpOptions, usual: MadeUp, seed: number): MadeUp {
  const count = (key: 'tokens' | 'depth'): number => {
    const value = numberOf(`--${key}`, options[key], 1) ?? usual[key];
    if (value <= most[key]) return value;
    throw new InputError(`--${key} ${value} must be a whole number from 1 to ${most[key]}.`);
  };
  const share = (key: 'eight' | 'pruned'): number => {
    const text = options[key];
    const value = text === undefined ? usual[key] : text.trim() === '' ? NaN : Number(text);
    if (value >= 0 && value <= 1) return value;
    throw new InputError(`--${key} ${text} must be a share of the tokens, from 0 to 1.`);
  };
  const plan = {
    ...{ tokens: count('tokens'), depth: count('depth') },
    ...{ eight: share('eight'), pruned: share('pruned') },
  };
  if (plan.eight + plan.pruned > 1) {
    throw new InputError(
      `--eight ${plan.eight} and --pruned ${plan.pruned} are more than all tokens together; their sum must be at most 1.`,
    );
  }
  if (!mixedTokens({ ...plan, seed }).some((bits) => bits > 0)) {
    throw new InputError(
      `--pruned ${plan.pruned} leaves no token of ${plan.tokens}; take a smaller share.`,
    );
  }
  return plan;
}
