// Runs jobs that arrive on stdin and answers on stdout; lives until it is told to close.
//
// Everything is little-endian. A frame is a u32 length and that many bytes. Requests start with a
// letter; each but `C` is answered by one frame.
//
//   P  put a blob         string name, the rest: its bytes
//   R  run jobs           u32 jobs, the jobs; from one reset, in order
//   C  close
//
//   string                u32 length, bytes
//   beats                 u32 count, bytes
//   job                   u32 index of the configuration stream, beats (configuration; where the
//                         design has a bus, writes to it: u32 data, u32 address),
//                         for every stream: input  u8 0, beats | u8 1, string name of a blob
//                                           output u32 beats expected
//                         u32 seed, u32 source stalls, u32 sink stalls, u64 cycle limit
//
//   answer to P           u8 0
//   answer to R           u8 0, for every job: u64 cycles, for every output stream its beats,
//                         for every word read from the bus u32
//                         | u8 ending (see bench.h), u32 job, u32 stream, u64 cycles,
//                           u64 configuration beats taken, for every stream u64 beats taken,
//                           string what the design printed
//   answer to a request
//   that makes no sense   u8 255, string reason
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include <unistd.h>

#include "bench.h"

namespace systole {

class FrameReader {
 public:
  FrameReader(const std::uint8_t* bytes, std::size_t length) : at_(bytes), end_(bytes + length) {}

  template <typename T>
  T number() {
    T value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }

  std::string string() {
    const std::uint32_t length = number<std::uint32_t>();
    return std::string(reinterpret_cast<const char*>(take(length)), length);
  }

  Beats beats(unsigned beatBytes) {
    Beats beats;
    beats.count = number<std::uint32_t>();
    beats.bytes = take(beats.count * beatBytes);
    return beats;
  }

  const std::uint8_t* take(std::size_t length) {
    if (static_cast<std::size_t>(end_ - at_) < length) throw std::runtime_error("frame too short");
    const std::uint8_t* taken = at_;
    at_ += length;
    return taken;
  }

  std::size_t left() const { return end_ - at_; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

class FrameWriter {
 public:
  FrameWriter() { clear(); }

  void clear() { bytes_.assign(sizeof(std::uint32_t), 0); }

  template <typename T>
  void number(T value) {
    bytes(&value, sizeof value);
  }

  void bytes(const void* data, std::size_t length) {
    const std::uint8_t* from = static_cast<const std::uint8_t*>(data);
    bytes_.insert(bytes_.end(), from, from + length);
  }

  void string(const std::string& text) {
    number(static_cast<std::uint32_t>(text.size()));
    bytes(text.data(), text.size());
  }

  // False where the reader is gone or the frame is too long for its length field.
  bool send(std::FILE* to) {
    const std::size_t size = bytes_.size() - sizeof(std::uint32_t);
    if (size > UINT32_MAX) {
      std::fprintf(stderr, "an answer of %zu bytes is too long; run fewer jobs at once\n", size);
      return false;
    }
    const std::uint32_t length = static_cast<std::uint32_t>(size);
    std::memcpy(bytes_.data(), &length, sizeof length);
    const bool sent = std::fwrite(bytes_.data(), 1, bytes_.size(), to) == bytes_.size();
    return std::fflush(to) == 0 && sent;
  }

 private:
  std::vector<std::uint8_t> bytes_;
};

// Keeps what the design prints (the message of a failed assertion) out of the pipe.
class PrintedText {
 public:
  // Afterwards `pipe()` leads to where stdout went before.
  PrintedText() : pipe_(fdopen(dup(STDOUT_FILENO), "wb")), text_(std::tmpfile()) {
    if (!pipe_ || !text_) throw std::runtime_error("cannot redirect stdout");
    dup2(fileno(text_), STDOUT_FILENO);
  }

  std::FILE* pipe() const { return pipe_; }

  // What was printed since the last call, up to 4 KiB.
  std::string take() {
    std::fflush(stdout);
    char text[4096];
    std::rewind(text_);
    const std::size_t length = std::fread(text, 1, sizeof text, text_);
    std::rewind(text_);
    if (ftruncate(fileno(text_), 0) != 0) throw std::runtime_error("cannot empty the log");
    lseek(STDOUT_FILENO, 0, SEEK_SET);
    return std::string(text, length);
  }

 private:
  std::FILE* pipe_;
  std::FILE* text_;
};

class Server {
 public:
  Server(Model& model, VerilatedContext& context) : model_(model), bench_(model, context) {}

  int serve() {
    std::vector<std::uint8_t> frame;
    while (receive(frame)) {
      answer_.clear();
      try {
        if (!handle(frame)) return 0;
      } catch (const std::exception& error) {
        answer_.clear();
        answer_.number(std::uint8_t{255});
        answer_.string(error.what());
      }
      if (!answer_.send(printed_.pipe())) return 1;
    }
    return 0;
  }

 private:
  static bool receive(std::vector<std::uint8_t>& frame) {
    std::uint32_t length;
    if (std::fread(&length, sizeof length, 1, stdin) != 1) return false;
    frame.resize(length + kSpareBytes);
    return std::fread(frame.data(), 1, length, stdin) == length;
  }

  // False where the request is to close.
  bool handle(const std::vector<std::uint8_t>& frame) {
    FrameReader reader(frame.data(), frame.size() - kSpareBytes);
    switch (reader.number<std::uint8_t>()) {
      case 'P': {
        std::vector<std::uint8_t>& blob = blobs_[reader.string()];
        const std::size_t length = reader.left();
        const std::uint8_t* bytes = reader.take(length);
        blob.assign(bytes, bytes + length);
        blob.resize(length + kSpareBytes);
        answer_.number(std::uint8_t{0});
        return true;
      }
      case 'R':
        runJobs(reader);
        return true;
      case 'C':
        return false;
      default:
        throw std::runtime_error("unknown request");
    }
  }

  Job readJob(FrameReader& reader) const {
    Job job;
    job.setup = reader.number<std::uint32_t>();
    if (job.setup >= model_.streams.size()) throw std::runtime_error("unknown stream");
    job.writes =
        reader.beats(model_.bus ? kWriteBytes : model_.streams[job.setup].beatBytes());
    for (const Stream& stream : model_.streams) {
      Beats beats;
      if (!stream.input) {
        beats.count = reader.number<std::uint32_t>();
      } else if (reader.number<std::uint8_t>() == 0) {
        beats = reader.beats(stream.beatBytes());
      } else {
        const std::string name = reader.string();
        const auto blob = blobs_.find(name);
        if (blob == blobs_.end()) throw std::runtime_error("unknown blob " + name);
        beats.bytes = blob->second.data();
        beats.count = (blob->second.size() - kSpareBytes) / stream.beatBytes();
      }
      job.beats.push_back(beats);
    }
    job.seed = reader.number<std::uint32_t>();
    job.sourceStalls = reader.number<std::uint32_t>();
    job.sinkStalls = reader.number<std::uint32_t>();
    job.maxCycles = reader.number<std::uint64_t>();
    return job;
  }

  void runJobs(FrameReader& reader) {
    const std::uint32_t jobs = reader.number<std::uint32_t>();
    answer_.number(std::uint8_t{0});
    printed_.take();
    bench_.reset();
    for (std::uint32_t i = 0; i < jobs; i++) {
      const Report report = bench_.run(readJob(reader));
      if (report.ending != Ending::done) {
        fail(i, report);
        return;
      }
      answer_.number(report.cycles);
      for (std::size_t s = 0; s < model_.streams.size(); s++) {
        if (model_.streams[s].input) continue;
        answer_.number(static_cast<std::uint32_t>(report.taken[s]));
        answer_.bytes(report.outputs[s].data(), report.outputs[s].size() - kSpareBytes);
      }
      for (const std::uint32_t word : report.words) answer_.number(word);
    }
  }

  void fail(std::uint32_t job, const Report& report) {
    answer_.clear();
    answer_.number(static_cast<std::uint8_t>(report.ending));
    answer_.number(job);
    answer_.number(static_cast<std::uint32_t>(report.stream));
    answer_.number(report.cycles);
    answer_.number(report.writesTaken);
    for (const std::uint64_t taken : report.taken) answer_.number(taken);
    answer_.string(printed_.take());
  }

  Model& model_;
  Bench bench_;
  PrintedText printed_;
  FrameWriter answer_;
  std::unordered_map<std::string, std::vector<std::uint8_t>> blobs_;
};

}  // namespace systole
