#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace qamro::metrics {

// Counts at positions 0 … n-1, with the sum below a position. Adding and summing take a few vector
// instructions each: it is a tree of blocks of 32, each of which holds the sums to the left of its children.
class PrefixCounts {
 public:
  // Sets all counts to 0.
  void reset(std::size_t positions) {
    depths_ = 0;
    for (std::size_t size = positions; depths_ == 0 || size > 1; size = (size + kBlock - 1) / kBlock) {
      if (sums_.size() <= depths_) sums_.emplace_back();
      sums_[depths_++].assign((size + kBlock - 1) / kBlock * kBlock, 0);
    }
  }

  void add(std::uint32_t position, std::uint32_t count) {
    for (std::size_t depth = 0; depth < depths_; ++depth, position /= kBlock) {
      const auto& is_right = kRightOf[position % kBlock];
      std::uint32_t* block = sums_[depth].data() + position / kBlock * kBlock;
      for (std::size_t i = 0; i < kBlock; ++i) block[i] += count & is_right[i];
    }
  }

  // Sum of the counts at smaller positions. The sum of all counts must be below 2^32.
  std::uint32_t below(std::uint32_t position) const {
    std::uint32_t sum = 0;
    for (std::size_t depth = 0; depth < depths_; ++depth, position /= kBlock) sum += sums_[depth][position];
    return sum;
  }

 private:
  static constexpr std::uint32_t kBlock = 32;
  using Masks = std::array<std::array<std::uint32_t, kBlock>, kBlock>;

  // [i][j]: all bits where j > i.
  static constexpr Masks kRightOf = [] {
    Masks masks{};
    for (std::size_t i = 0; i < kBlock; ++i)
      for (std::size_t j = i + 1; j < kBlock; ++j) masks[i][j] = ~std::uint32_t{0};
    return masks;
  }();

  std::vector<std::vector<std::uint32_t>> sums_;  // [depth][position / 32^depth]
  std::size_t depths_ = 0;
};

}  // namespace qamro::metrics
