// The generated olive_array of 16 x 16 elements that feeds itself.
module ovp_generated (
  input  wire        clk,
  input  wire        resetn,
  output wire [31:0] checksum
);

  wire         ready;
  wire         last;
  wire         valid;
  wire [127:0] left;
  wire [127:0] right;
  wire [511:0] sums;
  wire [15:0]  overflow;

  ovp_source source (
    .clk (clk), .resetn (resetn), .advance (ready), .left (left), .right (right), .last (last)
  );
  olive_array array (
    .clk              (clk),
    .resetn           (resetn),
    .setup_valid      (1'b0),
    .setup_ready      (),
    .setup_address    (4'd0),
    .setup_data       (16'd0),
    .left_valid       (1'b1),
    .left_ready       (),
    .left_pairs       (left),
    .right_valid      (1'b1),
    .right_ready      (ready),
    .right_pairs      (right),
    .right_last       (last),
    .results_valid    (valid),
    .results_ready    (1'b1),
    .results_sums     (sums),
    .results_overflow (overflow),
    .results_illegal  (),
    .results_last     ()
  );
  ovp_checksum sum_up (
    .clk (clk), .resetn (resetn), .valid (valid), .sums (sums), .overflow (overflow), .checksum (checksum)
  );

endmodule
