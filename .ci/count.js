// Prints the closing line of a run from the test runner's own report.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [path] = process.argv.slice(2);
let report;
try {
  report = JSON.parse(readFileSync(path, 'utf8'));
} catch {
  console.error(`There is no report ${path}: the tests did not run.`);
  process.exit(1);
}
const { numPassedTests, numFailedTests, numPendingTests } = report;
// A file that could not be loaded has no tests, but is a failure all the same.
const broken = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
console.log(
  `${numPassedTests} passed, ${numFailedTests + broken} failed, ${numPendingTests} skipped`,
);
if (numPassedTests === 0 || numFailedTests + broken > 0) process.exit(1);
