// What feeds and sums up both 16x16 arrays for outlier-victim pairs, the generated and the hand-written one.

// Pseudo-random pairs for 16 rows and 16 columns, moving on with each beat; 64 beats are a tile.
module ovp_source (
  input  wire         clk,
  input  wire         resetn,
  input  wire         advance,
  output wire [127:0] left,
  output wire [127:0] right,
  output wire         last
);

  reg [255:0] word;
  reg [5:0]   position;

  always @(posedge clk) begin
    if (!resetn) begin
      word <= 256'h123456789abcdef0fedcba9876543210aa55cc33f00f1e2d3c4b5a69788796a5;
      position <= 6'd0;
    end else if (advance) begin
      word <= {word[254:0], word[255] ^ word[252]};
      position <= position + 6'd1;
    end
  end

  assign left  = word[127:0];
  assign right = word[255:128];
  assign last  = position == 6'd63;

endmodule

// Checksum of all rows of results so far.
module ovp_checksum (
  input  wire         clk,
  input  wire         resetn,
  input  wire         valid,
  input  wire [511:0] sums,
  input  wire [15:0]  overflow,
  output reg  [31:0]  checksum
);

  reg [31:0] mixed;
  integer    k;

  always @* begin
    mixed = {16'd0, overflow};
    for (k = 0; k < 16; k = k + 1) mixed = mixed ^ sums[32*k +: 32];
  end

  always @(posedge clk) begin
    if (!resetn) checksum <= 32'd0;
    else if (valid) checksum <= {checksum[30:0], checksum[31]} ^ mixed;
  end

endmodule
