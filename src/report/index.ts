/** What people and machines read: terminal tables and JSON (HTML as it comes). */
export { costData, costTable, costText, fmaxData, fmaxText } from './costs.ts';
export type { CostRun, FmaxRun } from './costs.ts';
export {
  describeFirstMismatch,
  describeJobMismatch,
  jobsReport,
  jobsTable,
  verificationReport,
  verificationTables,
} from './verification.ts';
export type {
  JobsReport,
  LayerReport,
  VerificationReport,
  VerificationRun,
} from './verification.ts';
