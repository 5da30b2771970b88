/**
 * Reusable hardware: what streams are put together from, and rounding.
 *
 * Modules are parts, made by `instance(...fifo({ fields, depth }))`; the fields of a beat are
 * parameters, and the ports have their types. `map`, `join` and `round` are wiring within a body.
 */
export { asynchronousFifo } from './asynchronous-fifo.ts';
export type { AsynchronousFifoParameters } from './asynchronous-fifo.ts';
export { downsizer } from './downsizer.ts';
export { fifo } from './fifo.ts';
export type { FifoParameters } from './fifo.ts';
export { round } from './fixed-point.ts';
export type { Rounding } from './fixed-point.ts';
export { fork } from './fork.ts';
export type { ForkParameters } from './fork.ts';
export { join } from './join.ts';
export { floatMac, integerMac } from './mac.ts';
export type { FloatMacParameters, IntegerMacParameters } from './mac.ts';
export { map } from './map.ts';
export type { BeatValues, FieldsOf } from './map.ts';
export type { ArbiterParameters } from './arbitration.ts';
export type { Part } from './part.ts';
export { priorityArbiter } from './priority-arbiter.ts';
export { registerSlice } from './register-slice.ts';
export type { RegisterSliceParameters } from './register-slice.ts';
export { roundRobinArbiter } from './round-robin-arbiter.ts';
export { synchronizer } from './synchronizer.ts';
export type { SynchronizerOptions } from './synchronizer.ts';
export { upsizer } from './upsizer.ts';
export type { WideFields, WidthParameters, WordFields } from './words.ts';
export {
  bfloat16,
  floatAdd,
  floatBits,
  floatConvert,
  floatMultiply,
  half,
  normalizer,
  single,
} from './float/index.ts';
export type {
  FloatAddParameters,
  FloatConvertParameters,
  FloatFormat,
  FloatMultiplyParameters,
  NormalizerParameters,
} from './float/index.ts';
