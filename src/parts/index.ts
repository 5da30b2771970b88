/** Reusable hardware: queues (and, as they come, float units, shells and plain arrays). */
export { fifo } from './fifo.ts';
