/** What `large.ts` runs: prints one line of JSON. */
import { elaborate } from '../src/hdl/index.ts';
import { createSimulator } from '../src/simulator/index.ts';
import { emitVerilog } from '../src/verilog/index.ts';
import { selfFedArray } from './designs/output-stationary.ts';
import { rounded, timed } from './measure.ts';

const size = 64;
const cycles = 20_000;

let bytes = 0;
const generateMs = await timed(() => {
  const files = emitVerilog(elaborate(selfFedArray, { size }));
  bytes = files.reduce((sum, { text }) => sum + text.length, 0);
});
let simulator: ReturnType<typeof createSimulator> | undefined;
const simulatorStartMs = await timed(() => {
  simulator = createSimulator(elaborate(selfFedArray, { size }));
  simulator.run(4);
  simulator.poke('resetn', 1);
});
simulator!.run(cycles);
const ms = await timed(() => simulator!.run(cycles));
console.log(
  JSON.stringify({
    benchmark: 'large',
    design: `output-stationary-${size}x${size}`,
    generateMs: rounded(generateMs),
    verilogBytes: bytes,
    simulatorStartMs: rounded(simulatorStartMs),
    simulatorCyclesPerSecond: rounded((1000 * cycles) / ms),
    peakMemoryMiB: rounded(process.resourceUsage().maxRSS / 1024),
  }),
);
