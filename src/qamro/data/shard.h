#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "qamro/data/manifest.h"

namespace qamro::data {

// The share of one of `count` jobs that divide a list of clips among them.
struct Shard {
  std::size_t index = 0;  // from 0, below count
  std::size_t count = 1;
};

// Reads "I/N" with 1 <= I <= N: "2/8" is the second of eight jobs. Empty for anything else.
std::optional<Shard> parse_shard(std::string_view text);

// Every count-th clip, starting with the one at `index`, in their order. The shards of all indices hold every
// clip once.
std::vector<Clip> clips_of_shard(std::vector<Clip> clips, const Shard& shard);

}  // namespace qamro::data
