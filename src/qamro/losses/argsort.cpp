#include "qamro/losses/argsort.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace qamro::losses {
namespace {

constexpr std::size_t kRadixFrom = 128;  // below it std::sort is faster
constexpr unsigned kDigitBits = 8;
constexpr std::size_t kDigits = 64 / kDigitBits;
constexpr std::size_t kBuckets = std::size_t{1} << kDigitBits;

struct Keyed {
  std::uint64_t key;
  std::uint32_t index;
};

// Unsigned integers that sort like the doubles: negative numbers have all bits flipped, the others only the
// sign bit.
std::uint64_t sortable(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value + 0.0);  // -0.0 + 0.0 is +0.0
  return bits ^ ((bits >> 63) != 0 ? ~std::uint64_t{0} : std::uint64_t{1} << 63);
}

std::size_t digit(std::uint64_t key, std::size_t place) {
  return static_cast<std::size_t>(key >> (place * kDigitBits)) & (kBuckets - 1);
}

void radix_sort(std::vector<Keyed>& items) {
  std::array<std::array<std::uint32_t, kBuckets>, kDigits> counts{};
  for (const Keyed& item : items)
    for (std::size_t place = 0; place < kDigits; ++place) ++counts[place][digit(item.key, place)];

  std::vector<Keyed> other(items.size());
  for (std::size_t place = 0; place < kDigits; ++place) {
    auto& offsets = counts[place];
    if (offsets[digit(items.front().key, place)] == items.size()) continue;  // the same digit everywhere
    std::uint32_t start = 0;
    for (std::uint32_t& offset : offsets) start += std::exchange(offset, start);
    for (const Keyed& item : items) other[offsets[digit(item.key, place)]++] = item;
    items.swap(other);
  }
}

}  // namespace

std::vector<std::uint32_t> argsort(std::span<const double> values) {
  std::vector<Keyed> items(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    items[i] = {sortable(values[i]), static_cast<std::uint32_t>(i)};
  if (items.size() < kRadixFrom) {
    std::sort(items.begin(), items.end(), [](const Keyed& a, const Keyed& b) {
      return a.key != b.key ? a.key < b.key : a.index < b.index;
    });
  } else {
    radix_sort(items);
  }
  std::vector<std::uint32_t> order(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) order[i] = items[i].index;
  return order;
}

std::vector<std::uint32_t> argsort_descending(std::span<const double> values) {
  std::vector<double> negated(values.size());
  std::transform(values.begin(), values.end(), negated.begin(), std::negate<>());
  return argsort(negated);
}

std::vector<double> midranks(std::span<const double> values) {
  const std::vector<std::uint32_t> order = argsort(values);
  std::vector<double> ranks(values.size());
  for (std::size_t start = 0; start < order.size();) {
    std::size_t end = start + 1;
    while (end < order.size() && values[order[end]] == values[order[start]]) ++end;
    const double rank = 0.5 * static_cast<double>(start + 1 + end);
    for (; start < end; ++start) ranks[order[start]] = rank;
  }
  return ranks;
}

}  // namespace qamro::losses
