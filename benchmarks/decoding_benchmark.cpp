// Time of decoding: every file of a folder, read as mono.
// decoding_benchmark FOLDER ROUNDS
// Prints one JSON line: seconds, the least of ROUNDS, and the seconds of sound decoded.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "qamro/audio/decoder.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "decoding_benchmark FOLDER ROUNDS\n");
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1]))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  double best = std::numeric_limits<double>::infinity(), sound = 0;
  for (int round = 0; round < std::stoi(argv[2]); ++round) {
    const auto begin = std::chrono::steady_clock::now();
    sound = 0;
    for (const auto& file : files) sound += qamro::audio::read_mono(file).duration_seconds();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  fmt::print(R"({{"files": {}, "seconds": {:.4f}, "seconds_of_sound": {:.1f}}})"
             "\n",
             files.size(), best, sound);
}
