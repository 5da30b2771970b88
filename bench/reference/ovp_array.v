// Output-stationary array for 4-bit outlier-victim pairs (int4, bias 2), written by hand with as little
// as it takes: decoders on two sides, a multiplier with shifter and an accumulator with overflow flag
// per element, shadows that drain while the next tile is summed. The generated olive_array, which also
// has 8-bit mode, flint4, counters and stalls, is measured against it. Both take a pair per lane every
// two cycles, and a tile is as long for both.

module ovp_array #(
  parameter SIZE = 16
) (
  input  wire               clk,
  input  wire               resetn,
  input  wire               load,     // every other cycle: a pair for every lane
  input  wire               last,     // with load: the last pairs of a tile
  input  wire [8*SIZE-1:0]  left,
  input  wire [8*SIZE-1:0]  right,
  output wire [32*SIZE-1:0] sums,     // first row of shadows
  output wire [SIZE-1:0]    overflow,
  input  wire               shift     // moves shadows up
);

  // Packed: entry j of a row (or of a column) stands in front of element j and behind element j - 1.
  wire [9*SIZE*(SIZE+1)-1:0]  a;
  wire [9*SIZE*(SIZE+1)-1:0]  b;
  wire [SIZE*(SIZE+1)-1:0]    valids;
  wire [SIZE*(SIZE+1)-1:0]    lasts;
  wire [33*SIZE*(SIZE+1)-1:0] drain;

  reg [2*SIZE:0] loads;
  reg [2*SIZE:0] ends;
  always @(posedge clk) begin
    if (!resetn) begin
      loads <= 0;
      ends <= 0;
    end else begin
      loads <= {loads[2*SIZE-1:0], load};
      ends <= {ends[2*SIZE-1:0], load && last};
    end
  end

  genvar i, j;
  generate
    for (i = 0; i < SIZE; i = i + 1) begin : edges
      ovp_lane #(.DELAY(i)) lane_left (
        .clk (clk), .load (load), .turn (loads[i]), .pair (left[8*i +: 8]), .value (a[9*(SIZE+1)*i +: 9])
      );
      ovp_lane #(.DELAY(i)) lane_right (
        .clk (clk), .load (load), .turn (loads[i]), .pair (right[8*i +: 8]), .value (b[9*i +: 9])
      );
      assign valids[(SIZE+1)*i] = loads[i+1] || loads[i+2];
      assign lasts[(SIZE+1)*i]  = ends[i+2];
      assign drain[33*(SIZE*SIZE+i) +: 33] = 33'd0;
      assign {overflow[i], sums[32*i +: 32]} = drain[33*i +: 33];
    end
    for (i = 0; i < SIZE; i = i + 1) begin : rows
      for (j = 0; j < SIZE; j = j + 1) begin : columns
        ovp_element element (
          .clk       (clk),
          .resetn    (resetn),
          .valid_in  (valids[(SIZE+1)*i + j]),
          .last_in   (lasts[(SIZE+1)*i + j]),
          .a_in      (a[9*((SIZE+1)*i + j) +: 9]),
          .b_in      (b[9*(SIZE*i + j) +: 9]),
          .shift     (shift),
          .drain_in  (drain[33*(SIZE*(i+1) + j) +: 33]),
          .valid_out (valids[(SIZE+1)*i + j + 1]),
          .last_out  (lasts[(SIZE+1)*i + j + 1]),
          .a_out     (a[9*((SIZE+1)*i + j + 1) +: 9]),
          .b_out     (b[9*(SIZE*(i+1) + j) +: 9]),
          .drain_out (drain[33*(SIZE*i + j) +: 33])
        );
      end
    end
  endgenerate

endmodule

// Pairs of a lane wait DELAY cycles, then are decoded; both values leave in turn: {exponent, integer}.
module ovp_lane #(
  parameter DELAY = 0
) (
  input  wire       clk,
  input  wire       load,
  input  wire       turn,
  input  wire [7:0] pair,
  output reg  [8:0] value
);

  reg [8*(DELAY+1)-1:0] waiting;
  reg [8:0]             second;
  wire [3:0] x = waiting[8*DELAY +: 4];
  wire [3:0] y = waiting[8*DELAY + 4 +: 4];
  wire       x_victim = x == 4'd8;
  wire       y_victim = y == 4'd8;
  wire [3:0] code     = y_victim ? x : y;
  wire [3:0] exponent = 4'd2 + {2'd0, code[2:1]};
  wire [4:0] integer_ = code[3] ? -{3'd0, 1'b1, code[0]} : {3'd0, 1'b1, code[0]};
  wire [8:0] outlier  = code[2:0] == 3'd0 ? 9'd0 : {exponent, integer_};

  always @(posedge clk) begin
    waiting <= {waiting, pair};
    if (turn) begin
      value  <= x_victim ? 9'd0 : y_victim ? outlier : {4'd0, x[3], x};
      second <= y_victim ? 9'd0 : x_victim ? outlier : {4'd0, y[3], y};
    end else begin
      value <= second;
    end
  end

endmodule

// Processing element: values pass to the right and down, the sum stays.
module ovp_element (
  input  wire        clk,
  input  wire        resetn,
  input  wire        valid_in,
  input  wire        last_in,
  input  wire [8:0]  a_in,
  input  wire [8:0]  b_in,
  input  wire        shift,
  input  wire [32:0] drain_in,
  output reg         valid_out,
  output reg         last_out,
  output reg  [8:0]  a_out,
  output reg  [8:0]  b_out,
  output reg  [32:0] drain_out
);

  reg signed [31:0] total;
  reg               flag;
  wire signed [9:0]  product = $signed(a_in[4:0]) * $signed(b_in[4:0]);
  wire signed [40:0] term    = {{31{product[9]}}, product} <<< ({1'b0, a_in[8:5]} + {1'b0, b_in[8:5]});
  wire signed [40:0] exact   = {{9{total[31]}}, total} + term;
  wire               leaves  = flag || exact[40:31] != {10{exact[31]}};

  always @(posedge clk) begin
    a_out    <= a_in;
    b_out    <= b_in;
    last_out <= last_in;
    if (last_in) drain_out <= {leaves, exact[31:0]};
    else if (shift) drain_out <= drain_in;
    if (!resetn) begin
      valid_out <= 1'b0;
      total     <= 32'sd0;
      flag      <= 1'b0;
    end else begin
      valid_out <= valid_in;
      if (valid_in) begin
        total <= last_in ? 32'sd0 : exact[31:0];
        flag  <= last_in ? 1'b0 : leaves;
      end
    end
  end

endmodule
