/** What people and machines read: terminal tables, JSON, and the page and picture of `watch`. */
export { watchPage } from './watch-page.ts';
export { watchPicture } from './watch-picture.ts';
export { costData, costTable, costText, fmaxData, fmaxText, modulesText } from './costs.ts';
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
