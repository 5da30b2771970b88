// Drives a Verilated design through jobs: reset, configuration, input beats, output beats.
//
// One cycle: drive the inputs, settle, sample valid and ready of every stream, clock edge.
// docs/verification.md of Systole says exactly what each phase of a job does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "beats.h"
#include "binding.h"
#include "stalls.h"

namespace systole {

constexpr unsigned kResetCycles = 4;
constexpr unsigned kIdleCycles = 16;

// Beats back to back, with kSpareBytes after the last.
struct Beats {
  const std::uint8_t* bytes = nullptr;
  std::uint64_t count = 0;
};

// Bytes of a write to the bus.
constexpr unsigned kWriteBytes = 8;

struct Job {
  // Configuration beats for the stream with index `setup`; where the design has a bus, writes to it,
  // of kWriteBytes each: data, address.
  std::size_t setup = 0;
  Beats writes;
  // For every stream: the beats to offer, or only how many to expect.
  std::vector<Beats> beats;
  std::uint32_t seed = 1;
  std::uint32_t sourceStalls = 0;
  std::uint32_t sinkStalls = 0;
  std::uint64_t maxCycles = 0;
};

// How a job ended. The numbers are part of the protocol.
enum class Ending : std::uint8_t {
  done = 0,
  limit = 1,     // maxCycles passed
  extra = 2,     // an output stream delivered, or offered, more beats than expected
  finished = 3,  // the design called $finish: an assertion failed
  refused = 5,   // the bus answered an access with an error
};

struct Report {
  Ending ending = Ending::done;
  // done: first accepted input beat to last accepted output beat, inclusive (0 where there is
  // none); otherwise the cycles since the start of the job.
  std::uint64_t cycles = 0;
  // The stream that `extra` is about; of `refused` the access: writes, then reads.
  std::size_t stream = 0;
  std::uint64_t writesTaken = 0;
  std::vector<std::uint64_t> taken;
  // For output streams: the beats, with kSpareBytes after the last.
  std::vector<std::vector<std::uint8_t>> outputs;
  // What was read from the bus.
  std::vector<std::uint32_t> words;
};

class Bench {
 public:
  Bench(Model& model, VerilatedContext& context) : model_(model), context_(context) {
    std::size_t widest = 0;
    for (const Stream& stream : model.streams) {
      if (stream.beatBytes() > widest) widest = stream.beatBytes();
    }
    ones_.assign(widest + kSpareBytes, 0xff);
  }

  void reset() {
    context_.gotFinish(false);
    for (Stream& stream : model_.streams) stop(stream);
    stopBus();
    if (model_.reset) *model_.reset = 0;
    for (unsigned i = 0; i < kResetCycles; i++) {
      settle();
      edge();
    }
    if (model_.reset) *model_.reset = 1;
  }

  Report run(const Job& job) {
    Report report;
    const std::size_t streams = model_.streams.size();
    report.taken.assign(streams, 0);
    report.outputs.resize(streams);
    ports_.assign(streams, Port{});
    unfinished_ = 0;
    for (std::size_t i = 0; i < streams; i++) {
      const Stream& stream = model_.streams[i];
      Port& port = ports_[i];
      port.bytes = stream.beatBytes();
      port.next = job.beats[i].bytes;
      port.count = job.beats[i].count;
      port.stalls = StallGenerator(job.seed, static_cast<std::uint32_t>(i),
                                   stream.input ? job.sourceStalls : job.sinkStalls);
      if (port.count > 0) unfinished_++;
      if (!stream.input) {
        report.outputs[i].assign(port.count * port.bytes + kSpareBytes, 0);
        port.out = report.outputs[i].data();
      }
    }
    cycle_ = 0;
    if (configure(job, report) && exchange(job, report) && idle(report)) readCounters(job, report);
    for (std::size_t i = 0; i < streams; i++) report.taken[i] = ports_[i].taken;
    return report;
  }

 private:
  // Where a stream stands within a job.
  struct Port {
    const std::uint8_t* next = nullptr;  // the next beat to offer
    std::uint8_t* out = nullptr;         // where the next received beat goes
    std::uint64_t count = 0;
    std::uint64_t taken = 0;
    unsigned bytes = 0;
    bool pending = false;
    StallGenerator stalls;
  };

  void settle() {
    if (model_.clock) *model_.clock = 0;
    model_.eval();
  }

  void edge() {
    if (model_.clock) {
      *model_.clock = 1;
      model_.eval();
    }
    cycle_++;
  }

  // A source that offers nothing shows all ones, so that a design that looks at the payload without
  // valid is found out.
  void stop(Stream& stream) {
    if (stream.input) {
      *stream.valid = 0;
      setBeat(stream, ones_.data());
    } else {
      *stream.ready = 0;
    }
  }

  void stopAddress(const Field& address, CData* prot, CData* valid) {
    *valid = 0;
    setField(address, ones_.data());
    *prot = 7;
  }

  void stopData() {
    Bus& bus = *model_.bus;
    *bus.wvalid = 0;
    *bus.wdata = 0xffffffffu;
    *bus.wstrb = 15;
  }

  void stopBus() {
    if (!model_.bus) return;
    Bus& bus = *model_.bus;
    stopAddress(bus.awaddr, bus.awprot, bus.awvalid);
    stopData();
    stopAddress(bus.araddr, bus.arprot, bus.arvalid);
    *bus.bready = 0;
    *bus.rready = 0;
  }

  void offerAddress(const Field& field, CData* prot, CData* valid, std::uint32_t address) {
    std::uint8_t bytes[4 + kSpareBytes] = {};
    std::memcpy(bytes, &address, sizeof address);
    setField(field, bytes);
    *prot = 0;
    *valid = 1;
  }

  // Ends the job where the answer to an access is an error.
  bool isGood(CData response, std::size_t access, Report& report) {
    if (response == 0) return true;
    report.ending = Ending::refused;
    report.cycles = cycle_;
    report.stream = access;
    return false;
  }

  bool write(std::uint64_t limit, Report& report, std::uint32_t address, std::uint32_t data) {
    Bus& bus = *model_.bus;
    offerAddress(bus.awaddr, bus.awprot, bus.awvalid, address);
    *bus.wvalid = 1;
    *bus.wdata = data;
    *bus.wstrb = 15;
    *bus.bready = 1;
    for (bool answered = false; !answered;) {
      if (interrupted(limit, report)) return false;
      settle();
      const bool addressTaken = *bus.awvalid && *bus.awready;
      const bool dataTaken = *bus.wvalid && *bus.wready;
      answered = *bus.bvalid;
      const CData response = *bus.bresp;
      edge();
      if (addressTaken) stopAddress(bus.awaddr, bus.awprot, bus.awvalid);
      if (dataTaken) stopData();
      if (answered && !isGood(response, report.writesTaken, report)) return false;
    }
    *bus.bready = 0;
    return true;
  }

  bool configureBus(const Job& job, Report& report) {
    const std::uint8_t* next = job.writes.bytes;
    for (; report.writesTaken < job.writes.count; report.writesTaken++, next += kWriteBytes) {
      const std::uint64_t word = loadWord(next);
      const std::uint32_t address = static_cast<std::uint32_t>(word >> 32);
      if (!write(job.maxCycles, report, address, static_cast<std::uint32_t>(word))) return false;
    }
    stopBus();
    return true;
  }

  // The reads have as many cycles as the job had.
  void readCounters(const Job& job, Report& report) {
    if (!model_.bus) return;
    Bus& bus = *model_.bus;
    const std::uint64_t limit = cycle_ + job.maxCycles;
    for (const std::uint32_t address : bus.reads) {
      offerAddress(bus.araddr, bus.arprot, bus.arvalid, address);
      *bus.rready = 1;
      for (bool answered = false; !answered;) {
        if (interrupted(limit, report)) return;
        settle();
        const bool taken = *bus.arvalid && *bus.arready;
        answered = *bus.rvalid;
        const CData response = *bus.rresp;
        const std::uint32_t data = *bus.rdata;
        edge();
        if (taken) stopAddress(bus.araddr, bus.arprot, bus.arvalid);
        if (!answered) continue;
        if (!isGood(response, job.writes.count + report.words.size(), report)) return;
        report.words.push_back(data);
      }
      *bus.rready = 0;
    }
    stopBus();
    if (context_.gotFinish()) {
      report.ending = Ending::finished;
      report.cycles = cycle_;
    }
  }

  bool interrupted(const Job& job, Report& report) { return interrupted(job.maxCycles, report); }

  bool interrupted(std::uint64_t limit, Report& report) {
    if (context_.gotFinish()) {
      report.ending = Ending::finished;
    } else if (cycle_ >= limit) {
      report.ending = Ending::limit;
    } else {
      return false;
    }
    report.cycles = cycle_;
    return true;
  }

  bool configure(const Job& job, Report& report) {
    if (model_.bus) return configureBus(job, report);
    if (job.writes.count == 0) return true;
    Stream& stream = model_.streams[job.setup];
    const std::uint8_t* next = job.writes.bytes;
    setBeat(stream, next);
    *stream.valid = 1;
    while (report.writesTaken < job.writes.count) {
      if (interrupted(job, report)) return false;
      settle();
      const bool accepted = *stream.ready;
      edge();
      if (accepted && ++report.writesTaken < job.writes.count) {
        next += stream.beatBytes();
        setBeat(stream, next);
      }
    }
    stop(stream);
    return true;
  }

  bool exchange(const Job& job, Report& report) {
    const std::size_t streams = model_.streams.size();
    Stream* const stream = model_.streams.data();
    Port* const port = ports_.data();
    bool begun = false;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool delivered = false;
    while (unfinished_ > 0) {
      if (interrupted(job, report)) return false;
      for (std::size_t i = 0; i < streams; i++) {
        const bool stalled = port[i].stalls.draw();
        if (!stream[i].input) {
          *stream[i].ready = !stalled;
        } else if (!port[i].pending) {
          if (port[i].taken < port[i].count && !stalled) {
            setBeat(stream[i], port[i].next);
            *stream[i].valid = 1;
            port[i].pending = true;
          } else if (*stream[i].valid) {
            stop(stream[i]);
          }
        }
      }
      settle();
      for (std::size_t i = 0; i < streams; i++) {
        if (!*stream[i].valid || !*stream[i].ready) continue;
        if (stream[i].input) {
          port[i].pending = false;
          port[i].next += port[i].bytes;
          if (!begun) {
            begun = true;
            first = cycle_;
          }
        } else {
          if (port[i].taken == port[i].count) return tooMany(report, i);
          getBeat(stream[i], port[i].out);
          port[i].out += port[i].bytes;
          delivered = true;
          last = cycle_;
        }
        if (++port[i].taken == port[i].count) unfinished_--;
      }
      edge();
    }
    report.cycles = begun && delivered && last >= first ? last - first + 1 : 0;
    return true;
  }

  // After the last beat nothing more may come.
  bool idle(Report& report) {
    for (Stream& stream : model_.streams) {
      if (stream.input) {
        stop(stream);
      } else {
        *stream.ready = 1;
      }
    }
    for (unsigned i = 0; i < kIdleCycles && !context_.gotFinish(); i++) {
      settle();
      for (std::size_t s = 0; s < model_.streams.size(); s++) {
        if (!model_.streams[s].input && *model_.streams[s].valid) {
          return tooMany(report, s);
        }
      }
      edge();
    }
    if (context_.gotFinish()) {
      report.ending = Ending::finished;
      report.cycles = cycle_;
    }
    for (Stream& stream : model_.streams) stop(stream);
    return report.ending == Ending::done;
  }

  bool tooMany(Report& report, std::size_t stream) {
    report.ending = Ending::extra;
    report.cycles = cycle_;
    report.stream = stream;
    return false;
  }

  Model& model_;
  VerilatedContext& context_;
  std::vector<std::uint8_t> ones_;
  std::vector<Port> ports_;
  std::size_t unfinished_ = 0;
  std::uint64_t cycle_ = 0;
};

}  // namespace systole
