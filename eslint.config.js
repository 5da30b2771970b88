import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import tseslint from 'typescript-eslint';

// The rooms of the house, by path.
const rooms = [
  { category: 'family-params', pattern: 'src/families/*/params.ts', capture: ['family'] },
  { category: 'family-rtl', pattern: 'src/families/*/rtl/*.ts', capture: ['family'] },
  // The list of designs ties RTL and golden models together; nothing else of a family may.
  {
    category: 'family-designs',
    pattern: 'src/families/*/(designs|costs|index).ts',
    capture: ['family'],
  },
  {
    category: 'family-numbers',
    pattern: ['src/families/*/!(params|designs|costs|index).ts', 'src/families/*/!(rtl)/**/*.ts'],
    capture: ['family'],
  },
  { category: 'families', pattern: 'src/families/*.ts' },
  ...[
    'cli',
    'report',
    'handoff',
    'engines',
    'costs',
    'testbench',
    'tools',
    'parts',
    'hdl',
    'verilog',
    'simulator',
    'ir',
    'transformer',
    'tensor',
    'numeric',
  ].map((category) => ({ category, pattern: `src/${category}/**/*.ts` })),
];

// What each room may import besides itself. Anything not listed is forbidden.
const imports = {
  ir: [],
  hdl: ['ir'],
  verilog: ['ir'],
  simulator: ['ir'],
  parts: ['hdl', 'ir'],
  numeric: [],
  tensor: ['numeric'],
  transformer: ['tensor', 'numeric'],
  tools: ['numeric'],
  testbench: ['ir', 'verilog', 'simulator', 'tools', 'tensor', 'numeric'],
  families: ['family-designs', 'testbench', 'transformer', 'numeric'],
  engines: ['testbench', 'transformer', 'tensor', 'numeric'],
  handoff: ['testbench', 'verilog', 'ir', 'tools', 'numeric'],
  costs: ['testbench', 'tools', 'parts', 'hdl', 'verilog', 'ir', 'numeric'],
  report: ['engines', 'costs', 'testbench', 'numeric'],
  cli: [
    'report',
    'handoff',
    'engines',
    'costs',
    'testbench',
    'tools',
    'families',
    'transformer',
    'tensor',
    'numeric',
    'verilog',
    'simulator',
    'hdl',
    'ir',
  ],
};

// Inside a family, and never into another one.
const familyImports = {
  'family-params': { own: [], other: ['testbench'] },
  'family-rtl': { own: ['family-params'], other: ['parts', 'hdl', 'ir'] },
  'family-numbers': {
    own: ['family-params'],
    other: ['testbench', 'transformer', 'tensor', 'numeric'],
  },
  'family-designs': {
    own: ['family-params', 'family-rtl', 'family-numbers'],
    other: ['families', 'testbench', 'hdl', 'transformer', 'tensor', 'numeric'],
  },
};

const allow = (from, others, captured) => ({
  from: { file: { categories: from } },
  allow: { to: { file: { categories: { anyOf: others }, ...(captured ? { captured } : {}) } } },
});
const sameFamily = { family: '{{ from.file.captured.family }}' };
const policies = [
  ...Object.entries(imports).map(([room, others]) => allow(room, [room, ...others])),
  ...Object.entries(familyImports).flatMap(([room, { own, other }]) => [
    allow(room, [room, ...own], sameFamily),
    allow(room, other),
  ]),
  { allow: { to: { module: { origin: ['external', 'core'] } } } },
];

export default tseslint.config(
  { ignores: ['coverage', 'rtl-out', 'sim/build', 'reports', 'models', 'src/tensor/wasm'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['bin/*.js', '.ci/*.js'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { boundaries },
    settings: { 'boundaries/files': rooms, 'boundaries/root-path': import.meta.dirname },
    rules: {
      'boundaries/no-unknown-files': 'error',
      'boundaries/no-unknown-dependencies': 'error',
      'boundaries/dependencies': ['error', { default: 'disallow', policies }],
    },
  },
);
