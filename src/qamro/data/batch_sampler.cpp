#include "qamro/data/batch_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "qamro/core/error.h"

namespace qamro::data {
namespace {

using Clips = std::vector<std::int64_t>;
using Batches = std::vector<Clips>;

// The clips of each member in their order; the members are in the order of their numbers.
std::vector<Clips> clips_by_member(std::span<const std::int64_t> members) {
  std::map<std::int64_t, Clips> clips;
  for (std::size_t i = 0; i < members.size(); ++i) clips[members[i]].push_back(static_cast<std::int64_t>(i));
  std::vector<Clips> result;
  result.reserve(clips.size());
  for (auto& [member, own] : clips) result.push_back(std::move(own));
  return result;
}

Batches random_batches(std::int64_t clips, std::int64_t batch_size, Random& random) {
  Batches batches;
  for (const std::int64_t clip : permutation(clips, random)) {
    if (batches.empty() || std::ssize(batches.back()) == batch_size) batches.emplace_back();
    batches.back().push_back(clip);
  }
  return batches;
}

Batches whole_groups(std::span<const std::int64_t> members, std::int64_t batch_size, Random& random) {
  const std::vector<Clips> groups = clips_by_member(members);
  Batches batches;
  for (const std::int64_t number : permutation(std::ssize(groups), random)) {
    const Clips& group = groups[static_cast<std::size_t>(number)];
    if (batches.empty() || std::ssize(batches.back()) + std::ssize(group) > batch_size)
      batches.emplace_back();
    batches.back().insert(batches.back().end(), group.begin(), group.end());
  }
  return batches;
}

// Each system continues with the batch after the one that got the previous system's last clip, so that the
// batch sizes differ by at most one.
Batches all_systems(std::span<const std::int64_t> members, std::int64_t batch_size, Random& random) {
  const std::vector<Clips> systems = clips_by_member(members);
  if (std::ssize(systems) > batch_size)
    throw InvalidInput(
        fmt::format("every system in every batch: expected a batch size of at least {}, got {}",
                    systems.size(), batch_size));
  const std::size_t count =
      (members.size() + static_cast<std::size_t>(batch_size) - 1) / static_cast<std::size_t>(batch_size);
  Batches batches(count);
  std::size_t next = 0;
  for (const Clips& clips : systems) {
    const Clips order = permutation(std::ssize(clips), random);
    for (std::size_t i = 0; i < std::max(clips.size(), count); ++i)
      batches[next++ % count].push_back(clips[static_cast<std::size_t>(order[i % clips.size()])]);
  }
  for (Clips& batch : batches) {
    const Clips shuffled = permutation(std::ssize(batch), random);
    Clips mixed;
    for (const std::int64_t i : shuffled) mixed.push_back(batch[static_cast<std::size_t>(i)]);
    batch = std::move(mixed);
  }
  return batches;
}

}  // namespace

std::vector<std::vector<std::int64_t>> sample_batches(BatchSampler sampler,
                                                      std::span<const std::int64_t> members,
                                                      std::int64_t batch_size, Random& random) {
  if (batch_size < 1)
    throw InvalidInput(fmt::format("batch size: expected a number >= 1, got {}", batch_size));
  switch (sampler) {
    case BatchSampler::kRandom:
      return random_batches(std::ssize(members), batch_size, random);
    case BatchSampler::kGroup:
      return whole_groups(members, batch_size, random);
    case BatchSampler::kSystems:
      return all_systems(members, batch_size, random);
  }
  return {};
}

}  // namespace qamro::data
