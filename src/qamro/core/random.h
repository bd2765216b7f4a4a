#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace qamro {

// Seeded random numbers that are the same on every machine and with every standard library.
// SplitMix64 (Steele et al., 2014) seeds xoshiro256** (Blackman and Vigna, 2018).
class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint64_t next();
  // Uniform in [0, bound), unbiased; bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1).
  double uniform();

 private:
  std::array<std::uint64_t, 4> state_;
};

// An independent seed for a named purpose ("init", "shuffle") and index, so that adding one stream
// never changes another.
std::uint64_t derive_seed(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0);

// A random permutation of 0 … n-1 (Fisher-Yates).
std::vector<std::int64_t> permutation(std::int64_t n, Random& random);

}  // namespace qamro
