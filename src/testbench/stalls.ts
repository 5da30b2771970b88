/**
 * Stalls from outside: when a source withholds its next beat and when a sink refuses one.
 *
 * The rule, the same in JavaScript (here), C++ (`sim/stalls.h`) and Verilog (the Icarus testbench):
 *
 * - Every stream of the top has a xorshift32 generator of its own (Marsaglia 2003, shifts 13, 17,
 *   5). It is started anew for every job with `stallState(seed, index)`, where `index` is the
 *   position of the stream among all streams of the top (in port order, `setup` included).
 * - In every cycle of a job after its configuration each generator takes one `xorshift32` step, then
 *   `stalled = (state >>> 24) < n`, with n = `stalls.source` for input streams and `stalls.sink`
 *   for output streams.
 * - A sink is ready in the cycles in which it is not stalled.
 * - A source with no beat pending offers its next one in a cycle in which it is not stalled. From
 *   then on the beat is pending: it stays, whatever the draws say, until it has been taken.
 *
 * Configuration writes, reset and the idle cycles after a job draw nothing and are never stalled.
 */

/** First state of the generator of stream `index`: MurmurHash3's finalizer, never zero. */
export function stallState(seed: number, index: number): number {
  let z = (seed ^ Math.imul(index + 1, 0x9e3779b9)) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b) >>> 0;
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35) >>> 0;
  z = (z ^ (z >>> 16)) >>> 0;
  return z === 0 ? 1 : z;
}

/** Whether a generator in this state stalls its stream, with a chance of `n` / 256. */
export function isStalled(state: number, n: number): boolean {
  return state >>> 24 < n;
}
