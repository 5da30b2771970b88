import { bit, mux, reg, uint, when } from '../../../hdl/index.ts';
import type { Bit, DrivenUInt, UInt } from '../../../hdl/index.ts';

/** The writer's end of an elastic link. */
export interface Link {
  /** The word that was written last; without a value before the first one. */
  readonly newest: UInt;
  /** The word at the reader's end. */
  readonly offered: UInt;
  /** Whether a word may be written in this cycle. */
  readonly room: Bit;
  /** Writes a word, in cycles with room only; to be called once. */
  write(writes: Bit, word: UInt): void;
  /** To be named by the module around it. */
  readonly registers: Readonly<Record<string, UInt>>;
}

/**
 * Registers of the writer that offer words of `width` bits to the reader of `to`, one cycle later.
 *
 * Without `skid` there is one: it has room when its reader takes in the same cycle, so a word can pass in every cycle.
 * With it there are two, and whether there is room does not depend on the reader of this cycle.
 */
export function link(
  width: number,
  to: { readonly valid: DrivenUInt<1>; readonly ready: Bit },
  skid: number,
): Link {
  const newest = reg(uint(width));
  const waiting = reg(bit(), { init: 0 });
  if (skid === 0) {
    to.valid.set(waiting);
    return {
      newest,
      offered: newest,
      room: waiting.not().or(to.ready),
      write(writes, word) {
        when(writes, () => {
          newest.set(word);
          waiting.set(1);
        }).elseWhen(to.ready, () => waiting.set(0));
      },
      registers: { newest, waiting },
    };
  }
  const older = reg(uint(width));
  // Two words wait, and `older` is the first of them.
  const both = reg(bit(), { init: 0 });
  to.valid.set(waiting);
  return {
    newest,
    offered: mux(both, older, newest),
    room: both.not(),
    write(writes, word) {
      when(writes, () => {
        newest.set(word);
        older.set(newest);
        waiting.set(1);
        both.set(waiting.and(to.ready.not()));
      }).elseWhen(to.ready, () => {
        both.set(0);
        waiting.set(both);
      });
    },
    registers: { newest, waiting, older, both },
  };
}
