#include "qamro/data/shard.h"

#include <system_error>

#include <charconv>
#include <utility>

namespace qamro::data {

std::optional<Shard> parse_shard(std::string_view text) {
  Shard shard{0, 0};
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, shard.index);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '/') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, shard.count);
  if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
  if (shard.index < 1 || shard.index > shard.count) return std::nullopt;
  return Shard{shard.index - 1, shard.count};
}

std::vector<Clip> clips_of_shard(std::vector<Clip> clips, const Shard& shard) {
  std::vector<Clip> kept;
  for (std::size_t i = shard.index; i < clips.size(); i += shard.count) kept.push_back(std::move(clips[i]));
  return kept;
}

}  // namespace qamro::data
