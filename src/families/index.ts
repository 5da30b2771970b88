/** The families of hardware and the designs they offer. */
export { designNames, families, findDesign } from './families.ts';
export type { DesignIssue } from './families.ts';
export type { Family } from './family.ts';
