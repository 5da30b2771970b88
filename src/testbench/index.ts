/**
 * Jobs and how they are run: sessions of a design in the golden model, the embedded simulator,
 * Icarus and Verilator; stalls; beats as bytes; the comparison that counts its checks; films of an array.
 */
export type {
  BeatPlace,
  Design,
  Lowering,
  MatrixCall,
  ParameterSpec,
  Parameters,
  ProductLowering,
  QuantizedWeights,
} from './design.ts';
export { namedParameters, rangeText, resolveParameters, valueText } from './parameters.ts';
export { engineNames, noStalls } from './job.ts';
export type { Beats, EngineName, Job, Outcome, Session, Stalls } from './job.ts';
export { cellStateMask, cellStates, leftEightFlag, rightEightFlag } from './film.ts';
export type { CellState, Film, FilmRequest, Take } from './film.ts';
export { beatBytes, packBeats, unpackBeats } from './beats.ts';
export type { Column } from './beats.ts';
export { layoutInVerilog, layoutOf } from './layout.ts';
export type { FieldLayout, Layout, StreamLayout } from './layout.ts';
export { openSession } from './open-session.ts';
export type { SessionOptions } from './open-session.ts';
export { JobFailure } from './job-failure.ts';
export type { Ending, Progress } from './job-failure.ts';
export { compareOutcomes, isPass } from './compare.ts';
export type { Comparison, Mismatch } from './compare.ts';
export { isVerified, verifyJobs } from './verify-run.ts';
export type { CycleMismatch, Pass, Verification, VerifyOptions } from './verify-run.ts';
export { prepareJob } from './prepared-job.ts';
export type { PreparedJob } from './prepared-job.ts';
export { expectedFiles, vectorFiles } from './vectors.ts';
export { renderBinding } from './render.ts';
export { harnessFiles, harnessFolder } from './paths.ts';
