// The hand-written ovp_array of 16 x 16 elements that feeds itself, in step with the generated one: a
// pair every other cycle, results from 34 cycles after the last pair of a tile on.
module ovp_by_hand (
  input  wire        clk,
  input  wire        resetn,
  output wire [31:0] checksum
);

  wire         last;
  wire [127:0] left;
  wire [127:0] right;
  wire [511:0] sums;
  wire [15:0]  overflow;

  reg       wait_one;
  reg       finishing;
  reg [6:0] since_last;
  wire      load  = !wait_one;
  wire      valid = finishing && since_last >= 7'd33;

  always @(posedge clk) begin
    if (!resetn) begin
      wait_one <= 1'b0;
      finishing <= 1'b0;
      since_last <= 7'd0;
    end else begin
      wait_one <= load;
      if (load && last) begin
        finishing <= 1'b1;
        since_last <= 7'd0;
      end else if (finishing) begin
        since_last <= since_last + 7'd1;
        if (since_last == 7'd48) finishing <= 1'b0;
      end
    end
  end

  ovp_source source (
    .clk (clk), .resetn (resetn), .advance (load), .left (left), .right (right), .last (last)
  );
  ovp_array #(.SIZE(16)) array (
    .clk      (clk),
    .resetn   (resetn),
    .load     (load),
    .last     (last),
    .left     (left),
    .right    (right),
    .sums     (sums),
    .overflow (overflow),
    .shift    (valid)
  );
  ovp_checksum sum_up (
    .clk (clk), .resetn (resetn), .valid (valid), .sums (sums), .overflow (overflow), .checksum (checksum)
  );

endmodule
