/** The families of hardware, the designs they offer, and every method of quantization. */
export { designNames, designOf, families, findDesign, findMethod, methods } from './families.ts';
export type { DesignIssue, MethodIssue } from './families.ts';
export type { CostRow, Family, FilmSource } from './family.ts';
export type { NumberFormat, NumberRow } from './number-format.ts';
export type { FileDescription, FileKind, MatrixDescription } from './file-kind.ts';
export {
  addCycles,
  attentionCycles,
  cheapestWithin,
  cyclesDesign,
  cyclesMethod,
  mixedTokens,
  paretoFront,
  profileGrid,
  scheduleCost,
  scheduleOf,
} from './vssa/index.ts';
export type {
  AttentionCycles,
  AttentionRun,
  ElementCycles,
  MeasuredPoint,
  ProductCycles,
  ProfilePoint,
  RunJobs,
  TokenMix,
  VssaOptions,
} from './vssa/index.ts';
