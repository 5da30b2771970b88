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

class Model {
 public:
  virtual ~Model() = default;
  virtual void eval() = 0;

  CData* clock = nullptr;  // null where nothing is clocked
  CData* reset = nullptr;  // active low; null where nothing is reset
  std::vector<Stream> streams;
};

// The design, with ports in `streams` in the order that numbers their stall generators.
std::unique_ptr<Model> makeModel(VerilatedContext& context);

}  // namespace systole
