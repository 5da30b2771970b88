import { describe, expect, it } from 'vitest';
import { compile } from './compile.ts';

const head = `
import { concat, constant, defineModule, elaborate, enumeration, fsm, input, instance, mem, mux, output, reg, sint, switchOn, uint, vec, vecOf, when, wire } from '../../src/hdl/index.ts';
import type { Bit, Driven, DrivenEnum, EnumValue, SInt, UInt, Vec } from '../../src/hdl/index.ts';
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(equal: Equal<A, B>): unknown => equal;
declare const u8: UInt<8>, u12: UInt<12>, s8: SInt<8>, s5: SInt<5>, en: Bit;
declare const wide: UInt<512>, free: UInt, freeSigned: SInt;
declare const driven: Driven<UInt<8>>, bytes: Vec<UInt<8>>;
declare const ops: EnumValue<'add' | 'sub'>, drivenOp: DrivenEnum<'add' | 'sub'>, colour: EnumValue<'add' | 'red'>;
const none = (): void => undefined;
declare const scale: { readonly width: number };
`;

/** Expressions and the type that each has. */
const types: Readonly<Record<string, string>> = {
  'u8.add(u8)': 'UInt<9>',
  'u8.add(u12)': 'UInt<13>',
  'u12.add(u8)': 'UInt<13>',
  's8.add(s5)': 'SInt<9>',
  'u8.sub(u12)': 'SInt<13>',
  's8.sub(s5)': 'SInt<9>',
  'u8.mul(u12)': 'UInt<20>',
  's8.mul(s5)': 'SInt<13>',
  'u8.mul(u12).add(u8)': 'UInt<21>',
  'u8.addWrap(u8)': 'UInt<8>',
  'u8.addWrap(1)': 'UInt<8>',
  'u8.subWrap(1)': 'UInt<8>',
  's8.accumulate(s5)': 'SInt<8>',
  'u8.and(u8).or(1).xor(u8).not()': 'UInt<8>',
  'u8.extend(12)': 'UInt<12>',
  's8.extend(16)': 'SInt<16>',
  'u12.truncate(8)': 'UInt<8>',
  's8.saturate(5)': 'SInt<5>',
  'u12.bits(4, 3)': 'UInt<3>',
  's8.bits(4, 3)': 'UInt<3>',
  'u8.bit(0)': 'UInt<1>',
  'u8.at(u12)': 'UInt<1>',
  'u8.eq(u8)': 'UInt<1>',
  's8.lt(-1)': 'UInt<1>',
  'u8.any()': 'UInt<1>',
  'u8.asSigned()': 'SInt<8>',
  's8.asUnsigned()': 'UInt<8>',
  'u8.shiftLeft(u12)': 'UInt<8>',
  'mux(en, u8, 0)': 'UInt<8>',
  'mux(en, -1, s8)': 'SInt<8>',
  'bytes.at(2)': 'UInt<8>',
  'bytes.at(u12)': 'UInt<8>',
  'vecOf([s8, s8]).at(0)': 'SInt<8>',
  'constant(5, 3)': 'UInt<5>',
  'constant(sint(5), -3)': 'SInt<5>',
  'mem(sint(5), 16).read(u8)': 'SInt<5>',
  'reg(vec(uint(3), 4)).at(0)': 'UInt<3>',
  "reg(enumeration('idle', 'busy'))": "DrivenEnum<'idle' | 'busy'>",
  "ops.is('add')": 'UInt<1>',
  "fsm(enumeration('a', 'b'), { initial: 'a' }, { a: (go) => go('b'), b: none })":
    "EnumValue<'a' | 'b'>",
  // Widths that nobody knows at compile time, and those too wide to count.
  'free.add(u8)': 'UInt<number>',
  'u8.mul(free)': 'UInt<number>',
  'freeSigned.sub(s8)': 'SInt<number>',
  'wide.mul(wide)': 'UInt<number>',
  'wide.add(u8)': 'UInt<number>',
  'u8.extend(scale.width)': 'UInt<number>',
  'reg(uint(scale.width)).addWrap(1)': 'UInt<number>',
};

/** Statements that must compile. */
const accepted: readonly string[] = [
  'driven.set(u8)',
  'driven.set(255)',
  'driven.set(free)',
  'free.addWrap(u8)',
  'u8.addWrap(free)',
  'u8.eq(free)',
  'when(u8.eq(3).and(en), () => driven.set(0)).otherwise(() => driven.set(1))',
  'wire(sint(8)).set(s8)',
  'reg(vec(uint(8), 4), { init: [1, 2, 3, 4] }).setAt(u8, u8)',
  'reg(vec(uint(8), 4)).set(bytes)',
  'reg(vec(uint(8), 4)).setAt(0, free)',
  'mem(uint(8), 16).write(free, free)',
  'mem(sint(8), 16).write(free, -1, { mask: free })',
  'mux(en, u8, free).add(u8)',
  "drivenOp.set('sub')",
  'drivenOp.set(ops)',
  'drivenOp.set(drivenOp)',
  'switchOn(ops, { add: none, sub: none })',
  'switchOn(ops, { add: none }, none)',
];

/** Mistakes, and a part of what the compiler says. */
const refused: Readonly<Record<string, string>> = {
  'u8.addWrap(u12)': '12 bits do not fit 8 bits: extend, truncate or saturate first',
  'u8.subWrap(u12)': '12 bits do not fit 8 bits: extend, truncate or saturate first',
  'u12.and(u8)': '8 bits do not fit 12 bits: extend, truncate or saturate first',
  'u8.eq(u12)': '12 bits do not fit 8 bits: extend, truncate or saturate first',
  's8.lt(s5)': '5 bits do not fit 8 bits: extend, truncate or saturate first',
  'driven.set(u12)': '12 bits do not fit 8 bits: extend, truncate or saturate first',
  'driven.set(u8.add(u8))': '9 bits do not fit 8 bits: extend, truncate or saturate first',
  'wire(sint(5)).set(s8)': '8 bits do not fit 5 bits: extend, truncate or saturate first',
  'reg(uint(9)).set(u8)': '8 bits do not fit 9 bits: extend, truncate or saturate first',
  'mem(uint(8), 16).write(free, u12)':
    '12 bits do not fit 8 bits: extend, truncate or saturate first',
  'reg(vec(uint(8), 4)).setAt(0, u12)':
    '12 bits do not fit 8 bits: extend, truncate or saturate first',
  'mux(en, u8, u12)': "'UInt<12>' is not assignable to type 'UInt<8>'",
  'bytes.at(0).addWrap(u12)': '12 bits do not fit 8 bits: extend, truncate or saturate first',
  'u8.add(s8)': "'SInt<8>' is not assignable to parameter of type 'UInt<8>'",
  'driven.set(s8)': "'SInt<8>' is not assignable to parameter of type",
  'u8.set(1)': "Property 'set' does not exist on type 'UInt<8>'",
  's8.and(s8)': "Property 'and' does not exist on type 'SInt<8>'",
  'when(u8, () => undefined)': "'UInt<8>' is not assignable to parameter of type 'Bit'",
  'u8 + 1': "Operator '+' cannot be applied to types 'UInt<8>' and 'number'",
  'u8 === 1': 'This comparison appears to be unintentional',
  'u8.mul(3)': "'number' is not assignable to parameter of type 'UInt<number>'",
  'reg(uint(8), { reset: 0 })': "'reset' does not exist",
  "drivenOp.set('mul')": `Argument of type '"mul"' is not assignable to parameter of type`,
  "ops.is('mul')": `'"mul"' is not assignable to parameter of type '"add" | "sub"'`,
  'drivenOp.set(1)': "Argument of type '1' is not assignable",
  'drivenOp.set(colour)': `Argument of type 'EnumValue<"add" | "red">' is not assignable`,
  'ops.eq(colour)': `Argument of type 'EnumValue<"add" | "red">' is not assignable`,
  'switchOn(ops, { add: none })': "Property 'sub' is missing",
  'switchOn(ops, { add: none, sub: none, mul: none })': "'mul' does not exist",
  'switchOn(ops, { mul: none }, none)': "'mul' does not exist",
  "reg(enumeration('idle', 'busy'), { init: 'bussy' })": `Type '"bussy"' is not assignable`,
  "fsm(enumeration('a', 'b'), { initial: 'c' }, { a: none, b: none })": `Type '"c"' is not assignable`,
  "fsm(enumeration('a', 'b'), { initial: 'a' }, { a: none })": "Property 'b' is missing",
  "fsm(enumeration('a', 'b'), { initial: 'a' }, { a: (go) => go('c'), b: none })": `'"c"' is not assignable`,
  'reg(uint(8), { init: [0] })': "Type 'number[]' is not assignable",
};

const module = `
const scaler = defineModule('scaler', { doc: 'Scaler' }, (p: { width: number }) => ({
  ports: { a: input(uint(p.width)), signed: input(sint(4)), b: output(uint(8)) },
  body({ a, b }) { b.set(a); return {}; },
}));
`;
const refusedOfModules: Readonly<Record<string, string>> = {
  'elaborate(scaler, { width: 8, depth: 2 })': "'depth' does not exist",
  'elaborate(scaler, {})': "Property 'width' is missing",
  'instance(scaler, { width: "8" })': "'string' is not assignable to type 'number'",
  'instance(scaler, { width: 8 }).b.set(1)': "Property 'set' does not exist",
  'instance(scaler, { width: 8 }).c': "Property 'c' does not exist",
  'instance(scaler, { width: 8 }).signed.set(u8)': "Argument of type 'UInt<8>'",
};

describe('widths in types', () => {
  const statements = (list: readonly string[]) => list.map((line) => `${line};`).join('\n');
  const snippets = Object.fromEntries([
    ['accepted', head + statements(accepted)],
    ...Object.entries(types).map(([expression, type], index) => [
      `type-${index}`,
      `${head}const value = ${expression};\nsame<typeof value, ${type}>(true);`,
    ]),
    ...Object.keys(refused).map((line, index) => [`refused-${index}`, `${head}${line};`]),
    ...Object.keys(refusedOfModules).map((line, index) => [
      `module-${index}`,
      `${head}${module}${line};`,
    ]),
  ]) as Record<string, string>;
  const { messages } = compile(snippets);

  it.each(Object.entries(types).map((entry, index) => [...entry, index] as const))(
    '%s is %s',
    (_, __, index) => {
      expect(messages(`type-${index}`)).toEqual([]);
    },
  );

  it('accepts what fits', () => {
    expect(messages('accepted')).toEqual([]);
  });

  it.each(Object.entries(refused).map((entry, index) => [...entry, index] as const))(
    'refuses %s: %s',
    (_, part, index) => {
      expect(messages(`refused-${index}`)).toHaveLength(1);
      expect(messages(`refused-${index}`)[0]).toContain(part);
    },
  );

  it.each(Object.entries(refusedOfModules).map((entry, index) => [...entry, index] as const))(
    'refuses %s: %s',
    (_, part, index) => {
      expect(messages(`module-${index}`)).toHaveLength(1);
      expect(messages(`module-${index}`)[0]).toContain(part);
    },
  );
});

it('type-checks 400 products and sums, 20 of them of 512 bits, within the budget', () => {
  const lines = Array.from({ length: 400 }, (_, index) => {
    const wide = index % 20 === 0;
    const [a, b, c] = wide
      ? [512, 512, 512]
      : [1 + (index % 31), 1 + (index % 29), 8 + (index % 53)];
    const names = `declare const a${index}: UInt<${a}>, b${index}: UInt<${b}>, c${index}: UInt<${c}>;`;
    return `${names}\nexport const r${index} = a${index}.mul(b${index}).add(c${index});`;
  });
  const imports = "import type { UInt } from '../../src/hdl/index.ts';\n";
  const { messages, instantiations } = compile({ budget: imports + lines.join('\n') });
  expect(messages('budget')).toEqual([]);
  expect(instantiations).toBeLessThanOrEqual(150_000);
});
