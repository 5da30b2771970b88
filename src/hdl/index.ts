/**
 * The hardware language: TypeScript that builds circuits.
 *
 * Widths live in the types where they are literals and are always checked when a module is built;
 * arithmetic grows, narrowing is explicit, and every mistake is an error with the place and a cure.
 */
export { assertAlways, assumeAlways, coverPoint } from './check.ts';
export { mux, switchOn, when } from './control.ts';
export type { Case, Cases, WhenChain } from './control.ts';
export { clockDomain, inDomain, mainDomain } from './domain.ts';
export type { ClockDomain } from './domain.ts';
export { asEnumeration } from './enumeration.ts';
export type { DrivenEnum, EnumValue } from './enumeration.ts';
export { fsm } from './fsm.ts';
export type { Go } from './fsm.ts';
export { instance, instanceArray } from './instance.ts';
export type { ArrayInput, ArrayOutside, InstanceOptions, Outside } from './instance.ts';
export { describe, HardwareError } from './issue.ts';
export type { Issue, IssueCode, LocatedIssue } from './issue.ts';
export { defineModule, elaborate, input, output } from './module.ts';
export type {
  BlackBox,
  Inside,
  ModuleBody,
  ModuleDefinition,
  ModuleOptions,
  Outline,
  PortDeclaration,
  PortDeclarations,
} from './module.ts';
export type {
  Bit,
  Driven,
  DrivenSInt,
  DrivenUInt,
  Literal,
  Scalar,
  SInt,
  UInt,
} from './scalars.ts';
export { snakeCase } from './names.ts';
export { mem, reg, wire } from './state.ts';
export type { Init, Mem, MemoryOptions } from './state.ts';
export { connect, fires } from './streams.ts';
export { bit, bundle, enumeration, flip, sint, stream, uint, vec, widthOf } from './types.ts';
export type {
  BundleType,
  DataType,
  EnumType,
  Fields,
  FlippedType,
  PortType,
  ScalarType,
  SIntType,
  StreamType,
  UIntType,
  VecType,
} from './types.ts';
export type { DrivenFields, DrivenValue, FieldValues, Sink, Source, ValueOf } from './values.ts';
export { bitsOf, concat, constant, oneHot, vecOf } from './vector.ts';
export type { DrivenVec, Vec } from './vector.ts';
