// Runs jobs that are kept as text files and compares the results with expected ones.
//
//   <vectors>/jobs.txt              one line per job: seed, source stalls, sink stalls, cycle limit,
//                                   the beats of every stream, in port order, and where the design
//                                   has a bus the writes to it
//   <vectors>/job<k>-<stream>.hex   the beats of an input stream, one per line; absent: none;
//                                   `setup` holds the configuration, written before the others
//   <vectors>/job<k>-<bus>.hex      the writes to the bus: address and data, 8 digits each
//   <expected>/job<k>-<stream>.hex  the beats of an output stream
//   <expected>/cycles.txt           one line per job: cycles, or `-` where they are not compared
//   <results>/job<k>-<stream>.hex   what came out (optional)
//
// A beat is one hexadecimal number, its fields packed from bit 0 up.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench.h"

namespace systole {

struct HexOptions {
  std::string vectors;
  std::string expected;
  std::string results;  // empty: not written
};

class HexBench {
 public:
  HexBench(Model& model, VerilatedContext& context, HexOptions options)
      : model_(model), bench_(model, context), options_(std::move(options)) {}

  // 0 where every beat and every cycle count is equal, else 1.
  int run() {
    std::ifstream jobs = open(options_.vectors + "/jobs.txt");
    std::ifstream cycles = open(options_.expected + "/cycles.txt");
    bench_.reset();
    std::string line;
    unsigned job = 0;
    for (; std::getline(jobs, line); job++) {
      std::string expectedCycles;
      if (!(cycles >> expectedCycles)) throw std::runtime_error("cycles.txt has too few lines");
      if (!runJob(job, line, expectedCycles)) return 1;
    }
    std::printf("%" PRIu64 " of %" PRIu64 " output beats equal\n", equal_, total_);
    if (job == 0 || total_ == 0) {
      std::printf("nothing was compared\n");
      return 1;
    }
    return equal_ == total_ && cyclesEqual_ ? 0 : 1;
  }

 private:
  static std::ifstream open(const std::string& path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    return file;
  }

  static std::string name(const std::string& folder, unsigned job, const char* stream) {
    return folder + "/job" + std::to_string(job) + "-" + stream + ".hex";
  }

  static unsigned digit(char c, const std::string& path) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw std::runtime_error("not a hexadecimal number in " + path);
  }

  // The beats of a file, with kSpareBytes after them; an absent file has none.
  static std::vector<std::uint8_t> read(const std::string& path, unsigned beatBytes) {
    std::vector<std::uint8_t> bytes;
    std::ifstream file(path);
    std::string line;
    while (std::getline(file, line)) {
      if (line.size() > 2 * beatBytes) throw std::runtime_error("beat too wide in " + path);
      const std::size_t start = bytes.size();
      bytes.resize(start + beatBytes);
      for (std::size_t i = 0; i < line.size(); i++) {
        bytes[start + i / 2] |= digit(line[line.size() - 1 - i], path) << (i % 2 ? 4 : 0);
      }
    }
    bytes.resize(bytes.size() + kSpareBytes);
    return bytes;
  }

  static std::string hex(const std::uint8_t* beat, unsigned width) {
    std::string text;
    for (unsigned i = (width + 3) / 4; i-- > 0;) {
      text += "0123456789abcdef"[(beat[i / 2] >> (i % 2 ? 4 : 0)) & 15];
    }
    return text;
  }

  bool runJob(unsigned number, const std::string& line, const std::string& expectedCycles) {
    const std::size_t streams = model_.streams.size();
    Job job;
    std::istringstream words(line);
    if (!(words >> job.seed >> job.sourceStalls >> job.sinkStalls >> job.maxCycles)) {
      throw std::runtime_error("jobs.txt has a line that starts with fewer than four numbers");
    }
    std::vector<std::vector<std::uint8_t>> files(streams);
    job.beats.resize(streams);
    for (std::size_t i = 0; i < streams; i++) {
      const Stream& stream = model_.streams[i];
      files[i] = read(name(stream.input ? options_.vectors : options_.expected, number, stream.name),
                      stream.beatBytes());
      const Beats beats = counted(files[i], stream.beatBytes(), number, stream.name, words);
      if (!model_.bus && std::string(stream.name) == "setup") {
        job.setup = i;
        job.writes = beats;
      } else {
        job.beats[i] = beats;
      }
      if (!stream.input) total_ += beats.count;
    }
    std::vector<std::uint8_t> writes;
    if (model_.bus) {
      const char* bus = model_.bus->name;
      writes = read(name(options_.vectors, number, bus), kWriteBytes);
      job.writes = counted(writes, kWriteBytes, number, bus, words);
    }
    const Report report = bench_.run(job);
    for (std::size_t i = 0; i < streams; i++) {
      if (!model_.streams[i].input) compare(number, model_.streams[i], files[i], report, i);
    }
    if (report.ending != Ending::done) {
      explain(number, job, report);
      return false;
    }
    if (expectedCycles != "-" && expectedCycles != std::to_string(report.cycles)) {
      std::printf("job %u: %s cycles expected, %" PRIu64 " counted\n", number,
                  expectedCycles.c_str(), report.cycles);
      cyclesEqual_ = false;
    }
    if (model_.bus && model_.bus->cycles >= 0) {
      const std::uint32_t cycles = report.words[model_.bus->cycles];
      if (cycles != static_cast<std::uint32_t>(report.cycles)) {
        std::printf("job %u: %" PRIu64 " cycles counted outside, %" PRIu32 " by the design\n", number,
                    report.cycles, cycles);
        cyclesEqual_ = false;
      }
    }
    return true;
  }

  // A file that was cut short must not lead to fewer comparisons.
  static Beats counted(const std::vector<std::uint8_t>& bytes, unsigned beatBytes, unsigned job,
                       const char* name, std::istringstream& words) {
    const Beats beats{bytes.data(), (bytes.size() - kSpareBytes) / beatBytes};
    std::uint64_t count = 0;
    if (!(words >> count) || count != beats.count) {
      throw std::runtime_error("job " + std::to_string(job) + ": jobs.txt and the file of " + name +
                               " disagree on the number of beats");
    }
    return beats;
  }

  void compare(unsigned job, const Stream& stream, const std::vector<std::uint8_t>& expected,
               const Report& report, std::size_t index) {
    std::ofstream file;
    if (!options_.results.empty()) {
      file.open(name(options_.results, job, stream.name));
      if (!file) throw std::runtime_error("cannot write into " + options_.results);
    }
    const std::uint8_t* got = report.outputs[index].data();
    for (std::uint64_t beat = 0; beat < report.taken[index]; beat++, got += stream.beatBytes()) {
      const std::string text = hex(got, stream.width);
      if (file.is_open()) file << text << '\n';
      const std::string wanted = hex(expected.data() + beat * stream.beatBytes(), stream.width);
      if (text == wanted) {
        equal_++;
      } else if (!mismatched_) {
        mismatched_ = true;
        std::printf("job %u: beat %" PRIu64 " of %s: expected %s, got %s\n", job, beat, stream.name,
                    wanted.c_str(), text.c_str());
      }
    }
  }

  void explain(unsigned number, const Job& job, const Report& report) const {
    const char* reason = report.ending == Ending::limit   ? "was given up"
                         : report.ending == Ending::extra ? "delivered a beat too many"
                         : report.ending == Ending::refused ? "was refused an access"
                                                          : "was ended by the design";
    std::printf("job %u %s after %" PRIu64 " cycles\n", number, reason, report.cycles);
    if (job.writes.count > 0) {
      std::printf("  %s: %" PRIu64 " of %" PRIu64 " beats\n",
                  model_.bus ? model_.bus->name : model_.streams[job.setup].name,
                  report.writesTaken, job.writes.count);
    }
    for (std::size_t i = 0; i < model_.streams.size(); i++) {
      if (!model_.bus && job.writes.count > 0 && i == job.setup) continue;
      std::printf("  %s: %" PRIu64 " of %" PRIu64 " beats\n", model_.streams[i].name,
                  report.taken[i], job.beats[i].count);
    }
    std::printf("%" PRIu64 " of %" PRIu64 " output beats equal\n", equal_, total_);
  }

  Model& model_;
  Bench bench_;
  HexOptions options_;
  std::uint64_t total_ = 0;
  std::uint64_t equal_ = 0;
  bool cyclesEqual_ = true;
  bool mismatched_ = false;
};

}  // namespace systole
