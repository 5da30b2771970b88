// Beats as bytes (fields packed from bit 0 up, little-endian) to and from Verilated ports.
#pragma once

#include <cstdint>
#include <cstring>

#include "binding.h"

namespace systole {

// Every buffer that beats are read from or written to has this many spare bytes at its end, so that
// a field can be moved with 64-bit accesses.
constexpr std::size_t kSpareBytes = 16;

inline std::uint64_t loadWord(const std::uint8_t* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Up to 64 bits at a bit offset.
inline std::uint64_t loadBits(const std::uint8_t* beat, unsigned offset, unsigned width) {
  const std::uint8_t* at = beat + (offset >> 3);
  const unsigned shift = offset & 7;
  std::uint64_t bits = loadWord(at) >> shift;
  if (shift + width > 64) bits |= static_cast<std::uint64_t>(at[8]) << (64 - shift);
  return width == 64 ? bits : bits & ((std::uint64_t{1} << width) - 1);
}

// Ors up to 64 bits in at a bit offset.
inline void orBits(std::uint8_t* beat, unsigned offset, unsigned width, std::uint64_t bits) {
  std::uint8_t* at = beat + (offset >> 3);
  const unsigned shift = offset & 7;
  const std::uint64_t word = loadWord(at) | (bits << shift);
  std::memcpy(at, &word, sizeof word);
  if (shift + width > 64) at[8] |= static_cast<std::uint8_t>(bits >> (64 - shift));
}

inline void setField(const Field& field, const std::uint8_t* beat) {
  if (field.width <= 64) {
    const std::uint64_t bits = loadBits(beat, field.offset, field.width);
    if (field.width <= 8) {
      *static_cast<CData*>(field.port) = static_cast<CData>(bits);
    } else if (field.width <= 16) {
      *static_cast<SData*>(field.port) = static_cast<SData>(bits);
    } else if (field.width <= 32) {
      *static_cast<IData*>(field.port) = static_cast<IData>(bits);
    } else {
      *static_cast<QData*>(field.port) = bits;
    }
    return;
  }
  EData* words = static_cast<EData*>(field.port);
  for (unsigned done = 0; done < field.width; done += 32) {
    const unsigned left = field.width - done;
    *words++ = static_cast<EData>(loadBits(beat, field.offset + done, left < 32 ? left : 32));
  }
}

inline void getField(const Field& field, std::uint8_t* beat) {
  if (field.width <= 64) {
    const std::uint64_t bits = field.width <= 8    ? *static_cast<const CData*>(field.port)
                               : field.width <= 16 ? *static_cast<const SData*>(field.port)
                               : field.width <= 32 ? *static_cast<const IData*>(field.port)
                                                   : *static_cast<const QData*>(field.port);
    orBits(beat, field.offset, field.width, bits);
    return;
  }
  const EData* words = static_cast<const EData*>(field.port);
  for (unsigned done = 0; done < field.width; done += 32) {
    const unsigned left = field.width - done;
    orBits(beat, field.offset + done, left < 32 ? left : 32, *words++);
  }
}

inline void setBeat(const Stream& stream, const std::uint8_t* beat) {
  for (const Field& field : stream.fields) setField(field, beat);
}

// `beat` must be zero before.
inline void getBeat(const Stream& stream, std::uint8_t* beat) {
  for (const Field& field : stream.fields) getField(field, beat);
}

}  // namespace systole
