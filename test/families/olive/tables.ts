import { ovpCode, usualFormat } from '../../../src/families/olive/format/ovp-code.ts';
import type { OvpCode } from '../../../src/families/olive/format/ovp-code.ts';
import { splitPair } from '../../../src/families/olive/golden-decoder.ts';
import type { SplitFormat, SplitPair } from '../../../src/families/olive/golden-decoder.ts';
import { requantize } from '../../../src/families/olive/golden-encoder.ts';

/** Tables of the formats as plain Verilog, for proofs that the logic of the hardware is these tables. */

const binary = (value: number, width: number): string =>
  `${width}'d${value < 0 ? value + 2 ** width : value}`;

const entry = ({ exponent, integer }: SplitPair['first'], width: number): string =>
  `{${binary(exponent, 4)}, ${binary(integer, width)}}`;

const caseOf = (on: string, rows: readonly string[]): string =>
  `always @* case (${on})\n${rows.map((row) => `    ${row}`).join('\n')}\n  endcase`;

/** `table_<name>`: all 256 bytes of a 4-bit format, one row each. */
export function decoderTable4(name: string, format: SplitFormat): string {
  const rows = Array.from({ length: 256 }, (_, byte) => {
    const { first, second, illegal } = splitPair(format, byte & 15, byte >> 4);
    return `${binary(byte, 8)}: row = {${entry(first, 5)}, ${entry(second, 5)}, 1'b${Number(illegal)}};`;
  });
  return `module table_${name} (input wire [7:0] code, output reg [18:0] row);
  ${caseOf('code', rows)}
endmodule
`;
}

/** `table_<name>`: an 8-bit format as the values of normal codes and outliers, and the rule of the pair. */
export function decoderTable8(name: string, bias: number): string {
  const format: SplitFormat = { bits: 8, flint: false, bias };
  const codes = Array.from({ length: 256 }, (_, code) => code);
  const normals = codes.map((code) => {
    const { first } = splitPair(format, code === 128 ? 0 : code, 1);
    return `${binary(code, 8)}: normal = ${entry(first, 8)};`;
  });
  const outliers = codes.map((code) => {
    const { second, illegal } = splitPair(format, 128, code);
    return `${binary(code, 8)}: outlier = {${entry(second, 8)}, 1'b${Number(illegal)}};`;
  });
  return `module value_${name} (input wire [7:0] code, output reg [11:0] normal, output reg [12:0] outlier);
  ${caseOf('code', normals)}
  ${caseOf('code', outliers)}
endmodule
module table_${name} (input wire [15:0] code, output reg [24:0] row);
  wire [11:0] n1, n2;
  wire [12:0] o1, o2;
  value_${name} first (.code(code[7:0]), .normal(n1), .outlier(o1));
  value_${name} second (.code(code[15:8]), .normal(n2), .outlier(o2));
  always @* begin
    row = {n1, n2, 1'b0};
    if (code[15:8] == 8'h80) row = {o1[12:1], 12'd0, o1[0]};
    else if (code[7:0] == 8'h80) row = {12'd0, o2[12:1], o2[0]};
  end
endmodule
`;
}

/** The values of all legal pairs of a usual 4-bit format, straight from its tables: `table_<name>`. */
export function valueTable4(name: string, code: OvpCode): string {
  const rows = Array.from({ length: 256 }, (_, byte) => {
    const [low, high] = [byte & 15, byte >> 4];
    const pair =
      high === 8
        ? [code.outlierValues[low]!, 0]
        : low === 8
          ? [0, code.outlierValues[high]!]
          : [code.normals[low]!, code.normals[high]!];
    // The identifier stands beside an outlier that is not zero.
    const illegal = (low === 8 && high % 8 === 0) || (high === 8 && low % 8 === 0);
    const values = illegal ? [0, 0] : pair;
    return `${binary(byte, 8)}: row = {${values.map((value) => binary(value, 20)).join(', ')}, 1'b${Number(illegal)}};`;
  });
  return `module table_${name} (input wire [7:0] code, output reg [40:0] row);
  ${caseOf('code', rows)}
endmodule
`;
}

/**
 * `table_<name>`: what the encoder makes of one value alone, by sign and half units, in runs of equal
 * codes; then the rule of the pair.
 */
export function encoderTable(name: string, code: OvpCode): string {
  const { bits, mostHalves, identifier } = code;
  const width = bits === 8 ? 18 : 9;
  const plain = { bias: 0, multiplier: 1, shift: 0 };
  const single = (halves: number): number => {
    const { first, outliers } = requantize(code, [halves, 0], [plain, plain]);
    return outliers * 256 + first;
  };
  const runs = [1, -1].map((sign) => {
    const chain: string[] = [];
    let before: number | undefined;
    for (let halves = 0; halves <= mostHalves; halves++) {
      const found = single(sign * halves);
      if (found === before) continue;
      before = found;
      chain.push(
        `if (halves >= ${binary(halves, width)}) row = {1'b${found >> 8}, ${binary(found & 255, bits)}};`,
      );
    }
    return chain;
  });
  return `module value_${name} (input wire negative, input wire [${width - 1}:0] halves, output reg [${bits}:0] row);
  always @* begin
    row = 0;
    if (negative) begin
      ${runs[1]!.join('\n      ')}
    end else begin
      ${runs[0]!.join('\n      ')}
    end
  end
endmodule
module table_${name} (
  input wire n1, input wire [${width - 1}:0] h1, input wire n2, input wire [${width - 1}:0] h2,
  output reg [${2 * bits + 1}:0] row
);
  wire [${bits}:0] v1, v2, kept;
  value_${name} first (.negative(n1), .halves(h1), .row(v1));
  value_${name} second (.negative(n2), .halves(h2), .row(v2));
  // Of two outliers the larger stays, the second of two that are alike.
  wire keep1 = v1[${bits}] && (!v2[${bits}] || h1 > h2);
  value_${name} stays (.negative(keep1 ? n1 : n2), .halves(keep1 ? h1 : h2), .row(kept));
  always @* begin
    row = {v1[${bits - 1}:0], v2[${bits - 1}:0], {1'b0, v1[${bits}]} + {1'b0, v2[${bits}]}};
    if (keep1) row[${2 * bits + 1}:2] = {kept[${bits - 1}:0], ${binary(identifier, bits)}};
    else if (v2[${bits}]) row[${2 * bits + 1}:2] = {${binary(identifier, bits)}, kept[${bits - 1}:0]};
  end
endmodule
`;
}

/** The formats that encoders have: name, and what the format inputs of the hardware are. */
export const encoderFormats = [
  { name: 'int4', code: ovpCode(usualFormat('int4')), flint: 0, wideBias: 0 },
  { name: 'int4_wide', code: ovpCode({ ...usualFormat('int4'), bias: 3 }), flint: 0, wideBias: 1 },
  { name: 'flint4', code: ovpCode(usualFormat('flint4')), flint: 1, wideBias: 1 },
  { name: 'int8', code: ovpCode(usualFormat('int8')), flint: 0, wideBias: 0 },
] as const;
