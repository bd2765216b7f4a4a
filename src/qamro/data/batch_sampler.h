#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/core/random.h"

namespace qamro::data {

enum class BatchSampler {
  kRandom,   // clips in random order, cut into batches
  kGroup,    // groups (prompts) in random order, never split across batches
  kSystems,  // every system in every batch
};
constexpr auto enum_names(BatchSampler) {
  return names_table<BatchSampler>({{BatchSampler::kRandom, "random"},
                                    {BatchSampler::kGroup, "group"},
                                    {BatchSampler::kSystems, "systems"}});
}

// The batches of one epoch, as clip positions. Every clip is in at least one of them, and in only one unless
// kSystems repeats it.
//   members     number of each clip's group (kGroup) or system (kSystems); kRandom uses only their count
//   batch_size  >= 1. kRandom: every batch but the last has that size. kGroup: a batch ends before a group
//               that would exceed that size; a larger group is a batch of its own. kSystems:
//               ceil(clips / batch_size) batches whose sizes differ by at most one. A system with fewer clips
//               than there are batches is repeated, so that no batch is without it; batches may then grow
//               beyond batch_size.
// Throws InvalidInput for a batch_size too small for one clip, or (kSystems) for one clip of each system.
std::vector<std::vector<std::int64_t>> sample_batches(BatchSampler sampler,
                                                      std::span<const std::int64_t> members,
                                                      std::int64_t batch_size, Random& random);

}  // namespace qamro::data
