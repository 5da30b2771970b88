/**
 * The hand-off: a folder with a design's Verilog and everything needed to simulate and synthesize
 * it, which stands alone.
 */
export { packageDesign } from './package.ts';
export type { Handoff, HandoffModule, HandoffRequest } from './package.ts';
export { writeFolder, writeHandoff } from './write-folder.ts';
export type { FolderFile, FolderIssue, Marker } from './write-folder.ts';
export { entryOf } from './manifest.ts';
export type { HandoffFile } from './manifest.ts';
export { systoleVersion } from './version.ts';
export { systemReason } from './system-reason.ts';
