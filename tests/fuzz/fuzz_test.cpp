// Every reader over its seeds and its former findings, without the fuzzer.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

#include "fuzz/fuzz_target.h"
#include "io/temporary_folder.h"

namespace qamro::testing {

// gtest would print its bytes, among them addresses, into the test's name.
static void PrintTo(const FuzzTarget& target, std::ostream* stream) {
  *stream << target.name;
}

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_for(const FuzzTarget& target) {
  std::vector<fs::path> files;
  for (const char* kind : {"corpus", "regressions"}) {
    const fs::path folder = fs::path(QAMRO_TEST_DIR) / "fuzz" / kind / target.name;
    if (!fs::exists(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The most memory that this program has had so far.
double peak_gigabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1 << 20);
}

class FuzzTargetTest : public ::testing::TestWithParam<FuzzTarget> {};

TEST_P(FuzzTargetTest, ReadsItsSeedsAndFormerFindings) {
  const TemporaryFolder folder;
  const std::vector<fs::path> files = files_for(GetParam());
  ASSERT_FALSE(files.empty()) << "expected seeds in tests/fuzz/corpus/" << GetParam().name;
  std::size_t accepted = 0;
  for (const fs::path& file : files) {
    std::cout << file.string() << ": " << std::flush;  // the last one, if the program dies
    const double before = peak_gigabytes();
    const auto start = std::chrono::steady_clock::now();
    const std::string bytes = read_bytes(file);
    std::string refusal = "no answer";
    EXPECT_NO_THROW(refusal = run_target(GetParam(), {bytes, folder.path()})) << file;
    std::cout << (refusal.empty() ? "read" : refusal) << '\n';
    if (refusal.empty()) ++accepted;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << file;
    EXPECT_LT(peak_gigabytes() - before, 1.0) << file;
  }
  EXPECT_GT(accepted, 0) << "expected seeds that the reader accepts: from others the fuzzer learns little";
}

INSTANTIATE_TEST_SUITE_P(Readers, FuzzTargetTest,
                         ::testing::ValuesIn(fuzz_targets().begin(), fuzz_targets().end()),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace qamro::testing
