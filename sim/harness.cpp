// Test harness for a design compiled by Verilator.
//
//   harness --serve [--seed n]
//     runs jobs that arrive on stdin (protocol: serve.h)
//   harness --vectors dir --expected dir [--results dir] [--seed n]
//     runs jobs kept as text files (format: hexfiles.h) and compares the results
//
// The seed decides the values that registers and memories power on with.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

#include "binding.h"
#include "hexfiles.h"
#include "serve.h"

// $finish ends a job, not the process; it may be called more than once in a cycle.
void vl_finish(const char*, int, const char*) { Verilated::threadContextp()->gotFinish(true); }

namespace {

int usage() {
  std::fprintf(stderr,
               "usage: harness --serve [--seed n]\n"
               "       harness --vectors dir --expected dir [--results dir] [--seed n]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  bool serve = false;
  int seed = 1;
  systole::HexOptions files;
  for (int i = 1; i < argc; i++) {
    const std::string option = argv[i];
    if (option == "--serve") {
      serve = true;
      continue;
    }
    if (++i >= argc) return usage();
    if (option == "--seed") {
      seed = std::atoi(argv[i]);
    } else if (option == "--vectors") {
      files.vectors = argv[i];
    } else if (option == "--expected") {
      files.expected = argv[i];
    } else if (option == "--results") {
      files.results = argv[i];
    } else {
      return usage();
    }
  }
  if (serve == (!files.vectors.empty() && !files.expected.empty())) return usage();

  VerilatedContext& context = *Verilated::threadContextp();
  context.randReset(2);
  context.randSeed(seed);
  try {
    const std::unique_ptr<systole::Model> model = systole::makeModel(context);
    const int status = serve ? systole::Server(*model, context).serve()
                             : systole::HexBench(*model, context, files).run();
    return status;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "harness: %s\n", error.what());
    return 2;
  }
}
