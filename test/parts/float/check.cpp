// Compares a Verilated floating-point unit with the float arithmetic of this machine.
//
//   check corners <seed> <count>   all pairs of the listed operands, then <count> that are drawn
//   check all <first> <count>      <count> pairs of 16-bit operands from number <first> on
//
// Prints how many were compared and the first that differ; the exit code is 1 where any does.
// The unit comes as macros: HEADER and TOP of its class, OPERATION (add, multiply, convert), the
// ports A, B and RESULT, and bits of exponent and fraction of operands and result, EA, FA and so on.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "verilated.h"
#include HEADER

namespace {

struct Format {
  int exponentBits;
  int fractionBits;

  int bits() const { return 1 + exponentBits + fractionBits; }
  int maximal() const { return (1 << exponentBits) - 1; }
  int bias() const { return maximal() >> 1; }
  uint32_t fractionMask() const { return (1u << fractionBits) - 1; }
  uint32_t mask() const { return bits() == 32 ? ~0u : (1u << bits()) - 1; }
  uint32_t pack(uint32_t sign, int exponent, uint32_t fraction) const {
    return sign << (exponentBits + fractionBits) |
           static_cast<uint32_t>(exponent) << fractionBits | (fraction & fractionMask());
  }
  int exponentOf(uint32_t bits) const {
    return static_cast<int>(bits >> fractionBits) & maximal();
  }
};

constexpr Format formatA{EA, FA};
constexpr Format formatB{EB, FB};
constexpr Format formatResult{ER, FR};

enum Operation { add, multiply, convert };
constexpr Operation operation = OPERATION;

// --- reference ---------------------------------------------------------------------------------

float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float decodeHalf(uint32_t bits) {
  const int exponent = (bits >> 10) & 31;
  const float fraction = bits & 1023;
  const float sign = bits & 0x8000 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

// Single precision and half alone are compared.
float decode(Format format, uint32_t bits) {
  static const std::vector<float> halves = [] {
    std::vector<float> table(1 << 16);
    for (uint32_t i = 0; i < table.size(); i++) table[i] = decodeHalf(i);
    return table;
  }();
  return format.fractionBits == 23 ? fromBits(bits) : halves[bits];
}

uint32_t singleBits(float value) {
  if (value != value) return 0x7fc00000;
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Of a value that is exact. The machine rounds to even when 2^52 half-precision units are added.
uint32_t halfBits(double value) {
  if (value != value) return 0x7e00;
  const uint32_t sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::fabs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  uint64_t bits;
  std::memcpy(&bits, &magnitude, sizeof bits);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  if (exponent < -14) exponent = -14;
  const uint64_t anchorBits = static_cast<uint64_t>(1023 + exponent - 10 + 52) << 52;
  double anchor;
  std::memcpy(&anchor, &anchorBits, sizeof anchor);
  const double anchored = magnitude + anchor;
  std::memcpy(&bits, &anchored, sizeof bits);
  return sign | static_cast<uint32_t>(((exponent + 14) << 10) + (bits & 0xfffff));
}

uint32_t reference(uint32_t a, uint32_t b) {
  const float x = decode(formatA, a);
  const float y = decode(formatB, b);
  if (formatResult.fractionBits == 23) {
    // A half is exact in single precision: rounded once, by this machine's units for float.
    return singleBits(operation == add ? x + y : operation == multiply ? x * y : x);
  }
  // Sums and products of halves are exact in double precision.
  const double exactX = x;
  const double exactY = y;
  return halfBits(operation == add        ? exactX + exactY
                  : operation == multiply ? exactX * exactY
                                          : exactX);
}

// --- operands ----------------------------------------------------------------------------------

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  // SplitMix64 (Steele, Lea, Flood, 2014).
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int below(int n) { return static_cast<int>((next() >> 33) % static_cast<uint64_t>(n)); }
  // One of first .. last.
  int between(int first, int last) { return first + below(last - first + 1); }

 private:
  uint64_t state_;
};

// Both signs of the ends of every range, and what lies beside them.
std::vector<uint32_t> corners(Format format) {
  const uint32_t ones = format.fractionMask();
  const int maximal = format.maximal();
  const int bias = format.bias();
  std::vector<uint32_t> list;
  for (uint32_t sign = 0; sign < 2; sign++) {
    for (const int exponent : {0, 1, 2, bias - format.fractionBits - 2, bias - format.fractionBits - 1,
                               bias - format.fractionBits, bias - 1, bias, bias + 1,
                               bias + format.fractionBits, bias + format.fractionBits + 1, maximal - 2,
                               maximal - 1, maximal}) {
      if (exponent < 0) continue;
      for (const uint32_t fraction : {0u, 1u, 2u, 3u, ones >> 1, (ones >> 1) + 1, (ones >> 1) + 2,
                                      ones - 2, ones - 1, ones}) {
        list.push_back(format.pack(sign, exponent, fraction));
      }
    }
  }
  return list;
}

// Few ones, few zeros, runs: such fractions meet ties and carries more often than random ones.
uint32_t fraction(Format format, Random& random) {
  const uint32_t bits = static_cast<uint32_t>(random.next());
  const int place = random.below(format.fractionBits + 1);
  switch (random.below(6)) {
    case 0:
      return 1u << place;
    case 1:
      return ~(1u << place);
    case 2:
      return ~0u << place;
    case 3:
      return (1u << place) - 1;
    case 4:
      return bits << place;
    default:
      return bits;
  }
}

int clampExponent(Format format, int exponent) {
  return exponent < 0 ? 0 : exponent > format.maximal() ? format.maximal() : exponent;
}

uint32_t drawn(Format format, const std::vector<uint32_t>& list, Random& random) {
  switch (random.below(4)) {
    case 0:
      return list[static_cast<size_t>(random.below(static_cast<int>(list.size())))];
    case 1:
      return static_cast<uint32_t>(random.next()) & format.mask();
    default:
      return format.pack(random.below(2), random.below(format.maximal() + 1), fraction(format, random));
  }
}

// An operand that meets `a` where the unit has to decide something.
uint32_t partner(uint32_t a, Random& random) {
  const int exponent = formatA.exponentOf(a);
  const uint32_t sign = static_cast<uint32_t>(random.below(2));
  if (operation == add) {
    // Almost its negation, or within reach of its last bits.
    if (random.below(2) == 0) {
      return (a ^ formatA.pack(1, 0, 0)) + static_cast<uint32_t>(random.between(-3, 3));
    }
    const int near = exponent + random.between(-formatB.fractionBits - 4, formatB.fractionBits + 4);
    return formatB.pack(sign, clampExponent(formatB, near), fraction(formatB, random));
  }
  // The product is near the largest number, or among the subnormals and what is rounded to zero.
  const int unit = formatResult.bias() - formatA.bias() - formatB.bias();
  const int target = random.below(2) == 0
                         ? formatResult.maximal() + random.between(-2, 1)
                         : random.between(-formatResult.fractionBits - 3, 3);
  const int needed = clampExponent(formatB, target - exponent - unit);
  return formatB.pack(sign, needed, fraction(formatB, random));
}

// --- comparison --------------------------------------------------------------------------------

class Comparison {
 public:
  Comparison() : unit_(&context_) {}

  void compare(uint32_t a, uint32_t b) {
    a &= formatA.mask();
    b &= formatB.mask();
    unit_.A = a;
#ifdef B
    unit_.B = b;
#endif
    unit_.eval();
    const uint32_t got = unit_.RESULT;
    const uint32_t expected = reference(a, b);
    compared_++;
    if (got != expected && wrong_++ < 10) {
      std::printf("%08x, %08x: %08x instead of %08x\n", a, b, got, expected);
    }
  }

  int report() const {
    std::printf("%llu compared, %llu wrong\n", compared_, wrong_);
    return wrong_ == 0 ? 0 : 1;
  }

 private:
  VerilatedContext context_;
  TOP unit_;
  unsigned long long compared_ = 0;
  unsigned long long wrong_ = 0;
};

}  // namespace

double sc_time_stamp() { return 0; }

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: check corners <seed> <count> | check all <first> <count>\n");
    return 2;
  }
  const uint64_t start = std::strtoull(argv[2], nullptr, 10);
  const uint64_t count = std::strtoull(argv[3], nullptr, 10);
  Comparison comparison;
  if (std::strcmp(argv[1], "all") == 0) {
    for (uint64_t i = start; i < start + count; i++) {
      comparison.compare(static_cast<uint32_t>(i >> 16), static_cast<uint32_t>(i & 0xffff));
    }
    return comparison.report();
  }
  Random random(start);
  const std::vector<uint32_t> listA = corners(formatA);
  const std::vector<uint32_t> listB = corners(formatB);
  for (const uint32_t a : listA) {
    for (const uint32_t b : listB) comparison.compare(a, b);
  }
  for (uint64_t i = 0; i < count; i++) {
    const uint32_t a = drawn(formatA, listA, random);
    const uint32_t b = random.below(2) == 0 ? drawn(formatB, listB, random) : partner(a, random);
    comparison.compare(a, b);
  }
  return comparison.report();
}
