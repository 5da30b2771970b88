import { reg, when } from '../../../hdl/index.ts';
import type { Bit, DataType, Init, ValueOf } from '../../../hdl/index.ts';

/** A value one stage later in a pipeline. */
export type Delayed = <T extends DataType>(
  type: T,
  value: ValueOf<T>,
  init?: Init<T>,
) => ValueOf<T>;

/** Stages of a pipeline that moves in cycles in which `advance` is 1. */
export const stagesOf =
  (advance: Bit): Delayed =>
  <T extends DataType>(type: T, value: ValueOf<T>, init?: Init<T>): ValueOf<T> => {
    const stage = reg(type, init === undefined ? {} : { init });
    when(advance, () => {
      (stage as { set(next: ValueOf<T>): void }).set(value);
    });
    return stage as ValueOf<T>;
  };
