import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import asc from 'assemblyscript/asc';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../../src/tensor/wasm/', import.meta.url));

it('kernels.wasm is what its sources compile to', async () => {
  let compiled: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ['--config', `${folder}asconfig.json`, '--target', 'release', '--outFile', 'kernels.wasm'],
    {
      writeFile: (name: string, contents: Uint8Array | string) => {
        if (name === 'kernels.wasm' && typeof contents !== 'string') compiled = contents;
      },
    },
  );
  expect(error, stderr.toString()).toBeNull();
  expect(
    Buffer.compare(compiled!, readFileSync(`${folder}kernels.wasm`)),
    'run: npm run build:wasm',
  ).toBe(0);
});
