// What the harness knows about a design: its clock, its reset and where its streams' ports live.
//
// Each top gets a small generated source file that defines makeModel(); everything else is shared.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "verilated.h"

namespace systole {

// A field of a stream: `width` bits at bit `offset` of a beat, kept in a port of a Verilated model.
// Verilator keeps ports of up to 8, 16, 32 and 64 bits in an integer of that size, wider ones as
// 32-bit words, lowest first.
struct Field {
  void* port;
  unsigned width;
  unsigned offset;
};

struct Stream {
  const char* name;
  bool input;  // seen from the design
  unsigned width;
  CData* valid;
  CData* ready;
  std::vector<Field> fields;

  unsigned beatBytes() const { return (width + 7) / 8; }
};

// An AXI4-Lite port of the design, with 32 bits of data.
struct Bus {
  const char* name = "";
  Field awaddr, araddr;
  CData *awprot, *awvalid, *awready;
  IData* wdata;
  CData *wstrb, *wvalid, *wready;
  CData *bresp, *bvalid, *bready;
  CData *arprot, *arvalid, *arready;
  IData* rdata;
  CData *rresp, *rvalid, *rready;
  // Addresses that are read after a job, and which of them holds the lower bits of the count of
  // cycles; -1 where none does.
  std::vector<std::uint32_t> reads;
  int cycles = -1;
};

class Model {
 public:
  virtual ~Model() = default;
  virtual void eval() = 0;

  CData* clock = nullptr;  // null where nothing is clocked
  CData* reset = nullptr;  // active low; null where nothing is reset
  std::vector<Stream> streams;
  std::unique_ptr<Bus> bus;  // null where there is none
};

// The design, with ports in `streams` in the order that numbers their stall generators.
std::unique_ptr<Model> makeModel(VerilatedContext& context);

}  // namespace systole
