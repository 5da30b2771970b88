import { parentPort } from 'node:worker_threads';

import { kernels } from '../../src/tensor/backend.ts';

const shape = { rows: 1, columns: 1, inner: 3 };
const product = kernels.productInt8(Int8Array.of(1, 2, 3), Int8Array.of(4, 5, 6), shape);
parentPort!.postMessage([kernels.name, product[0]]);
