#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "qamro/core/random.h"

namespace qamro::data {

enum class BatchSampler {
  kRandom,   // clips in random order, cut into batches
  kGroup,    // groups (prompts) in random order, never cut: a batch holds whole groups
  kSystems,  // every system in every batch
};

// "random", "group" or "systems".
std::string_view name_of(BatchSampler sampler);

// The batches of one epoch, as positions of clips. Every clip is in one of them.
//   members     number of each clip's group (kGroup) or system (kSystems); not looked at by kRandom
//   batch_size  >= 1. kRandom: every batch but the last has that size. kGroup: a batch is closed before the
//               group that would make it larger; a group larger than that is a batch of its own. kSystems:
//               ceil(clips / batch_size) batches that differ by a clip or two in size; a system with fewer
//               clips than there are batches is repeated, so that none is without it.
// Throws InvalidInput for a batch_size that is too small for one clip, or (kSystems) one of each system.
std::vector<std::vector<std::int64_t>> sample_batches(BatchSampler sampler,
                                                      std::span<const std::int64_t> members,
                                                      std::int64_t batch_size, Random& random);

}  // namespace qamro::data
