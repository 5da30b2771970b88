/** What people and machines read: terminal tables and JSON (HTML as it comes). */
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
