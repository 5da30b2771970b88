import { goboTile } from '../src/families/gobo/designs.ts';
import { resolveParameters } from '../src/testbench/index.ts';
import { emitVerilog } from '../src/verilog/index.ts';
import { median, rounded, timed } from './measure.ts';

/** From parameters to Verilog text: the default tile, and the largest. */
export async function benchGenerate(): Promise<object[]> {
  const results: object[] = [];
  for (const given of [{}, { pes: 32, bits: 6 }]) {
    const parameters = resolveParameters(goboTile, given, 'bench');
    let bytes = 0;
    const generate = (): void => {
      const files = emitVerilog(goboTile.rtl(parameters));
      bytes = files.reduce((sum, file) => sum + file.text.length, 0);
    };
    const firstMs = await timed(generate);
    const times: number[] = [];
    for (let round = 0; round < 5; round++) times.push(await timed(generate));
    results.push({
      benchmark: 'generate',
      design: goboTile.name,
      parameters: { pes: parameters['pes'], bits: parameters['bits'] },
      firstMs: rounded(firstMs),
      ms: rounded(median(times)),
      verilogBytes: bytes,
      peakMemoryMiB: rounded(process.resourceUsage().maxRSS / 1024),
    });
  }
  return results;
}
