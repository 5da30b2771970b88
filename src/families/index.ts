/** The families of hardware, the designs they offer, and every method of quantization. */
export { designNames, designOf, families, findDesign, findMethod, methods } from './families.ts';
export type { DesignIssue, MethodIssue } from './families.ts';
export type { Family } from './family.ts';
export type { FileDescription, FileKind, MatrixDescription } from './file-kind.ts';
