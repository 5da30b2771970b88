import { reg, uint } from '../hdl/index.ts';
import type { UInt } from '../hdl/index.ts';
import { refuse } from './part.ts';

export interface SynchronizerOptions {
  /** Registers in a row, each one more chance for an undecided bit to settle: 2 or more. Default 2. */
  readonly stages?: number;
  /** What the stages hold in reset. Default 0. */
  readonly init?: number;
}

/**
 * A value of another clock domain, sampled by registers of the domain of `inDomain`; it arrives
 * `stages` edges later. The value must come straight from registers, and at most one of its bits may
 * change at a time (a single bit, or a Gray code): bits that change together may arrive apart.
 */
export function synchronizer<W extends number>(
  value: UInt<W>,
  { stages = 2, init = 0 }: SynchronizerOptions = {},
): UInt<W> {
  if (!(Number.isInteger(stages) && stages >= 2)) {
    refuse(synchronizer, `a synchronizer has 2 stages or more, not ${stages}: use 2 or 3`);
  }
  return Array.from({ length: stages }).reduce<UInt>((before) => {
    const stage = reg(uint(value.width as number), { init, synchronizes: true });
    stage.set(before);
    return stage;
  }, value) as UInt<W>;
}
