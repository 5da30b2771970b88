// Output-stationary int8 array with its own stimulus, written by hand: what the generated array of
// the same function (bench/designs/output-stationary.ts, self_fed_array) is measured against. Both
// give the same checksum after the same number of cycles.

module output_stationary #(
  parameter SIZE = 16
) (
  input  wire        clk,
  input  wire        resetn,
  output wire [31:0] checksum
);

  reg [30:0]     word;      // x^31 + x^28 + 1, eight bits per cycle
  reg [5:0]      position;  // in the tile, 64 steps long
  reg [SIZE-1:0] first;     // position 0, one cycle later from row to row
  reg [31:0]     sum;
  reg [31:0]     mixed;
  integer        k;

  // Packed: entry j of a row (or of a column) stands in front of cell j and behind cell j - 1.
  wire [8*SIZE*(SIZE+1)-1:0]  a;
  wire [SIZE*(SIZE+1)-1:0]    starts;
  wire [8*SIZE*(SIZE+1)-1:0]  b;
  wire [32*SIZE*(SIZE+1)-1:0] drain;
  wire [32*SIZE-1:0]          drained = drain[32*SIZE-1:0];

  genvar i, j;
  generate
    for (i = 0; i < SIZE; i = i + 1) begin : edges
      assign a[8*(SIZE+1)*i +: 8]         = word[(5*i) % 24 +: 8];
      assign starts[(SIZE+1)*i]           = first[i];
      assign b[8*i +: 8]                  = word[(7*i) % 24 +: 8];
      assign drain[32*(SIZE*SIZE+i) +: 32] = 32'd0;
    end
    for (i = 0; i < SIZE; i = i + 1) begin : rows
      for (j = 0; j < SIZE; j = j + 1) begin : columns
        mac_cell cell_ij (
          .clk       (clk),
          .resetn    (resetn),
          .a_in      (a[8*((SIZE+1)*i + j) +: 8]),
          .b_in      (b[8*(SIZE*i + j) +: 8]),
          .start_in  (starts[(SIZE+1)*i + j]),
          .drain_in  (drain[32*(SIZE*(i+1) + j) +: 32]),
          .a_out     (a[8*((SIZE+1)*i + j + 1) +: 8]),
          .b_out     (b[8*(SIZE*(i+1) + j) +: 8]),
          .start_out (starts[(SIZE+1)*i + j + 1]),
          .drain_out (drain[32*(SIZE*i + j) +: 32])
        );
      end
    end
  endgenerate

  always @* begin
    mixed = 32'd0;
    for (k = 0; k < SIZE; k = k + 1) mixed = mixed ^ drained[32*k +: 32];
  end

  always @(posedge clk) begin
    if (!resetn) begin
      word     <= 31'h1234567;
      position <= 6'd0;
      first    <= {SIZE{1'b0}};
      sum      <= 32'd0;
    end else begin
      word     <= {word[22:0], word[30:23] ^ word[27:20]};
      position <= position + 6'd1;
      first    <= {first[SIZE-2:0], position == 6'd0};
      sum      <= {sum[30:0], sum[31]} ^ mixed;
    end
  end

  assign checksum = sum;

endmodule

// Multiply-accumulate cell: a moves right, b moves down, finished totals move up.
module mac_cell (
  input  wire               clk,
  input  wire               resetn,
  input  wire signed [7:0]  a_in,
  input  wire signed [7:0]  b_in,
  input  wire               start_in,
  input  wire        [31:0] drain_in,
  output reg  signed [7:0]  a_out,
  output reg  signed [7:0]  b_out,
  output reg                start_out,
  output reg         [31:0] drain_out
);

  reg  signed [31:0] total;
  wire signed [15:0] product = a_in * b_in;

  always @(posedge clk) begin
    if (!resetn) begin
      a_out     <= 8'sd0;
      b_out     <= 8'sd0;
      start_out <= 1'b0;
      total     <= 32'sd0;
      drain_out <= 32'd0;
    end else begin
      a_out     <= a_in;
      b_out     <= b_in;
      start_out <= start_in;
      total     <= (start_in ? 32'sd0 : total) + {{16{product[15]}}, product};
      drain_out <= start_in ? total : drain_in;
    end
  end

endmodule
