import type { Port, Program } from '../ir/index.ts';
import { InputError } from '../numeric/index.ts';
import type { VerilogFile } from '../verilog/index.ts';

/** Name of the module around the design, and of its clock. */
export const wrapperTop = 'fmax_wrapper';

/**
 * Verilog of a module with five pins around a design: all inputs come from one shift register, all
 * outputs go to registers that another one shifts out. So every path through the design begins and
 * ends in a register, and wide ports fit any package.
 *
 * Throws `InputError` for a design with several clocks.
 */
export function fmaxWrapper(program: Program, verilog: readonly VerilogFile[]): string {
  const top = program.modules.find(({ name }) => name === program.top)!;
  const domains = verilog.find(({ name }) => name === `${program.top}.v`)!.domains;
  if (domains.length > 1) {
    throw new InputError(
      `'${program.top}' has ${domains.length} clocks, and a clock rate is measured for one; measure its parts.`,
    );
  }
  const inputs = top.ports.filter(({ direction }) => direction === 'input');
  const outputs = top.ports.filter(({ direction }) => direction === 'output');
  const connections = [
    ...domains.flatMap(({ domain, clock, reset }) => [
      ...(clock ? [`.${domain.clock}(clk)`] : []),
      ...(reset ? [`.${domain.reset}(resetn)`] : []),
    ]),
    ...slices(inputs, 'stimulus'),
    ...slices(outputs, 'response'),
  ];
  const stimulusBits = Math.max(1, bitsOf(inputs));
  const responseBits = Math.max(1, bitsOf(outputs));
  return `// Registers around ${program.top}, with few pins
module ${wrapperTop} (
  input clk,
  input resetn_pin,
  input serial_in,
  input load_pin,
  output serial_out
);
  reg resetn;
  reg load;
  reg [${stimulusBits - 1}:0] stimulus;
  wire [${responseBits - 1}:0] response;
  reg [${responseBits - 1}:0] captured;
  reg [${responseBits - 1}:0] shifted;

  always @(posedge clk) begin
    resetn <= resetn_pin;
    load <= load_pin;
    stimulus <= {stimulus, serial_in};
    captured <= response;
    shifted <= load ? captured : {shifted, 1'b0};
  end
  assign serial_out = shifted[${responseBits - 1}];

  ${program.top} inner (
    ${connections.join(',\n    ')}
  );
endmodule
`;
}

const bitsOf = (ports: readonly Port[]): number =>
  ports.reduce((total, { width }) => total + width, 0);

/** Connections of ports to consecutive bits of a vector. */
function slices(ports: readonly Port[], vector: string): string[] {
  let offset = 0;
  return ports.map(({ name, width }) => {
    const low = offset;
    offset += width;
    return `.${name}(${vector}[${offset - 1}:${low}])`;
  });
}
