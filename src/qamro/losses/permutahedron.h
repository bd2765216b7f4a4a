#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace qamro::losses {

struct PermutahedronProjection {
  std::vector<double> point;         // [n]
  std::vector<double> deviation;     // [n], point - (n + 1) / 2: keeps its digits if all points are close
  std::vector<std::uint32_t> block;  // [n]: which block an element belongs to, 0 ... blocks - 1
  std::vector<std::uint32_t> sizes;  // [blocks]
};

// The Euclidean projection of values / strength onto the permutahedron of (1, ..., n), the convex hull of all
// its orders (Blondel et al., "Fast Differentiable Sorting and Ranking", ICML 2020, Prop. 3). Sorted
// neighbours that are close together form blocks: the isotonic regression of sorted values / strength minus
// (1, ..., n), by pooling adjacent violators. An element alone in its block gets exactly its rank. Within a
// block the point is values / strength plus a constant, so the derivative is (1 - 1 1^T / size) / strength;
// between blocks it is 0. Two blocks that just touch count as one.
//
// Values are finite, strength is finite and > 0. O(n log n), O(n) memory. Differences of values that overflow
// give points that are not finite.
PermutahedronProjection project_onto_permutahedron(std::span<const double> values, double strength);

}  // namespace qamro::losses
