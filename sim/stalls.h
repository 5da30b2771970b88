// Stalls from outside. The rule is stated in docs/verification.md of Systole; the same is written in JavaScript
// and Verilog, and all three are tested equal.
#pragma once

#include <cstdint>

namespace systole {

class StallGenerator {
 public:
  StallGenerator() = default;
  StallGenerator(std::uint32_t seed, std::uint32_t streamIndex, std::uint32_t chance)
      : state_(firstState(seed, streamIndex)), chance_(chance) {}

  // One step; true with a chance of `chance` / 256.
  bool draw() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return (state_ >> 24) < chance_;
  }

 private:
  static std::uint32_t firstState(std::uint32_t seed, std::uint32_t streamIndex) {
    std::uint32_t z = seed ^ ((streamIndex + 1) * 0x9e3779b9u);
    z = (z ^ (z >> 16)) * 0x85ebca6bu;
    z = (z ^ (z >> 13)) * 0xc2b2ae35u;
    z ^= z >> 16;
    return z == 0 ? 1 : z;
  }

  std::uint32_t state_ = 1;
  std::uint32_t chance_ = 0;
};

}  // namespace systole
