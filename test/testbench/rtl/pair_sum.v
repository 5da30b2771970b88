// pair_sum: offset + a + b, two streams joined, one register deep
//
// Written by hand, so that the testbench is tried on hardware of which nothing is generated.

module pair_sum (
  input  wire         clk,
  input  wire         resetn,
  input  wire         setup_valid,
  output wire         setup_ready,
  input  wire [1:0]   setup_address,
  input  wire [11:0]  setup_data,
  input  wire         a_valid,
  output wire         a_ready,
  input  wire [16:0]  a_value,
  input  wire         a_last,
  input  wire         b_valid,
  output wire         b_ready,
  input  wire [95:0]  b_tag,
  input  wire [39:0]  b_value,
  output wire         sums_valid,
  input  wire         sums_ready,
  output wire [40:0]  sums_value,
  output wire [95:0]  sums_tag,
  output wire         sums_last
);

  reg  [11:0] offset;
  reg         twice;
  reg         full;
  reg  [40:0] value;
  reg  [95:0] tag;
  reg         last;

  // Writing address 3 makes the design misbehave on purpose: every beat comes out twice.
  reg         again;

  wire free  = !full || (sums_ready && !(twice && again));
  wire taken = a_valid && b_valid && free;

  assign setup_ready = 1'b1;
  assign a_ready     = b_valid && free;
  assign b_ready     = a_valid && free;
  assign sums_valid  = full;
  assign sums_value  = value;
  assign sums_tag    = tag;
  assign sums_last   = last;

  always @(posedge clk) begin
    if (!resetn) begin
      offset <= 12'd0;
      twice  <= 1'b0;
    end else if (setup_valid) begin
      if (setup_address == 2'd1) offset <= setup_data;
      if (setup_address == 2'd3) twice <= setup_data[0];
    end
  end

  always @(posedge clk) begin
    if (!resetn) begin
      full  <= 1'b0;
      again <= 1'b0;
    end else if (taken) begin
      full  <= 1'b1;
      again <= 1'b1;
    end else if (sums_ready) begin
      full  <= full && twice && again;
      again <= 1'b0;
    end
  end

  always @(posedge clk) begin
    if (taken) begin
      value <= {29'd0, offset} + {{24{a_value[16]}}, a_value} + {1'b0, b_value};
      tag   <= b_tag;
      last  <= a_last;
    end
  end

`ifdef SIMULATION
  always @(posedge clk) begin
    if (resetn && setup_valid && setup_address == 2'd2) begin
      $display("address 2 must not be written");
      $finish;
    end
  end
`endif

endmodule
