#include "qamro/nn/attention.h"

#include <ATen/ATen.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <vector>

#include "qamro/nn/parallel.h"
#include "qamro/nn/row_kernels.h"
#include "qamro/nn/row_product.h"

namespace qamro::nn {
namespace {

using at::native::cpublas::brgemm;

constexpr std::int64_t kQueries = 64;  // per block
constexpr std::int64_t kKeys = 64;     // per panel

template <typename Number>
constexpr std::int64_t kGroup = sizeof(Number) == 2 ? 2 : 1;  // numbers that a product takes as one unit

// A thread's buffers for one head, kept between calls.
template <typename Number>
struct Memory {
  std::vector<Number> keys;     // [panels, inner / group, 64, group]; inner: head_dim rounded up to groups
  std::vector<Number> queries;  // [queries, inner]; used only if head_dim differs from `inner`
  std::vector<Number> values;   // [panels, 64 / group, head_dim, group]
  std::vector<Number> weights;  // [queries, padded]
  std::vector<float> scores, mixed, inverse_sums;

  void resize(std::int64_t padded, std::int64_t head_dim) {
    const auto fit = [](auto& memory, std::int64_t count) {
      if (std::ssize(memory) < count) memory.resize(static_cast<std::size_t>(count));
    };
    fit(keys, padded * up_to(head_dim, kGroup<Number>));
    fit(queries, kQueries * up_to(head_dim, kGroup<Number>));
    fit(values, padded * head_dim);
    fit(weights, kQueries * padded);
    fit(scores, kQueries * padded);
    fit(mixed, kQueries * head_dim);
    fit(inverse_sums, kQueries);
  }
};

// Writes zeros after the last key and after each key's last number.
template <typename Number>
void lay_out_keys(const AttentionHead& head, Number* to) {
  constexpr std::int64_t group = kGroup<Number>;
  const std::int64_t inner = up_to(head.head_dim, group);
  const auto* keys = static_cast<const Number*>(head.keys);
  for (std::int64_t first = 0; first < head.rows; first += kKeys, to += kKeys * inner) {
    const std::int64_t count = std::min(kKeys, head.rows - first);
    for (std::int64_t key = 0; key < count; ++key) {
      const Number* from = keys + (first + key) * head.stride;
      for (std::int64_t i = 0; i < inner; i += group)
        for (std::int64_t part = 0; part < group; ++part)
          to[i * kKeys + key * group + part] = i + part < head.head_dim ? from[i + part] : Number(0);
    }
    for (std::int64_t i = 0; i < inner; i += group)
      std::fill(to + i * kKeys + count * group, to + (i + group) * kKeys, Number(0));
  }
}

template <typename Number>
void lay_out_values(const AttentionHead& head, std::int64_t padded, Number* to) {
  constexpr std::int64_t group = kGroup<Number>;
  const auto* values = static_cast<const Number*>(head.values);
  for (std::int64_t row = 0; row < padded; row += group, to += group * head.head_dim)
    for (std::int64_t part = 0; part < group; ++part)
      for (std::int64_t i = 0; i < head.head_dim; ++i)
        to[i * group + part] = row + part < head.rows ? values[(row + part) * head.stride + i] : Number(0);
}

// Copies rows of `width` numbers, each padded with zeros to `inner`.
template <typename Number>
void fill_rows(const Number* from, std::int64_t stride, std::int64_t count, std::int64_t width,
               std::int64_t inner, Number* to) {
  for (std::int64_t row = 0; row < count; ++row, from += stride, to += inner)
    std::fill(std::copy_n(from, width, to), to + inner, Number(0));
}

// Attention of queries [first, first + count).
template <typename Number>
void attend_block(const AttentionHead& head, std::int64_t first, std::int64_t count, std::int64_t padded,
                  Memory<Number>& memory) {
  constexpr bool is_bfloat16 = sizeof(Number) == 2;
  const std::int64_t width = head.head_dim, inner = up_to(width, kGroup<Number>);
  const auto* queries = static_cast<const Number*>(head.queries) + first * head.stride;
  std::int64_t stride = head.stride;
  if (inner != width) {
    fill_rows(queries, stride, count, width, inner, memory.queries.data());
    queries = memory.queries.data();
    stride = inner;
  }
  for (std::int64_t key = 0; key < padded; key += kKeys)
    brgemm(count, kKeys, inner, stride, kKeys, padded, /*add_C=*/false, queries,
           memory.keys.data() + key * inner, memory.scores.data() + key, is_bfloat16);
  SoftmaxInput input = {memory.scores.data(), count, head.rows, padded, nullptr, head.bias_stride, nullptr};
  if (head.bias != nullptr) input.bias = head.bias + first * head.bias_stride;
  if (head.gates != nullptr) input.gates = head.gates + first;
  RowTarget numerators, mixed;
  numerators.stride = padded;
  mixed.stride = head.mixed_stride;
  if constexpr (is_bfloat16) {
    numerators.rounded = reinterpret_cast<std::uint16_t*>(memory.weights.data());
    mixed.rounded = static_cast<std::uint16_t*>(head.mixed) + first * head.mixed_stride;
  } else {
    numerators.exact = memory.weights.data();
    mixed.exact = static_cast<float*>(head.mixed) + first * head.mixed_stride;
  }
  row_kernels().softmax(input, numerators, memory.inverse_sums.data());
  for (std::int64_t key = 0; key < padded; key += kKeys)
    brgemm(count, width, kKeys, padded, width, width, /*add_C=*/key > 0, memory.weights.data() + key,
           memory.values.data() + key * width, memory.mixed.data(), is_bfloat16);
  row_kernels().scale_rows(memory.mixed.data(), width, count, width, memory.inverse_sums.data(), mixed);
}

template <typename Number>
void attend_in_blocks(const AttentionHead& head) {
  static thread_local Memory<Number> memory;
  const std::int64_t padded = up_to(head.rows, kKeys);
  memory.resize(padded, head.head_dim);
  lay_out_keys(head, memory.keys.data());
  lay_out_values(head, padded, memory.values.data());
  const BlockRegion region;
  for (std::int64_t first = 0; first < head.rows; first += kQueries)
    attend_block(head, first, std::min(kQueries, head.rows - first), padded, memory);
}

void attend_plainly(const AttentionHead& head, at::ScalarType type) {
  const SerialRegion serial;
  const auto rows = [&](const void* data, std::int64_t stride) {
    return tensor_over(data, {head.rows, head.head_dim}, {stride, 1}, type);
  };
  const auto exact = [&](const void* data) { return rows(data, head.stride).to(at::kDouble); };
  at::Tensor scores = at::mm(exact(head.queries), exact(head.keys).t());
  if (head.bias != nullptr) {
    const at::Tensor bias = at::empty({head.rows, head.rows});  // the stride may be negative
    for (std::int64_t row = 0; row < head.rows; ++row)
      std::copy_n(head.bias + row * head.bias_stride, head.rows,
                  bias.mutable_data_ptr<float>() + row * head.rows);
    const at::Tensor gates = head.gates == nullptr
                                 ? at::ones({head.rows, 1})
                                 : tensor_over(head.gates, {head.rows, 1}, {1, 1}, at::kFloat);
    scores += gates.to(at::kDouble) * bias;
  }
  const at::Tensor numerators = at::exp(scores - scores.amax(1, /*keepdim=*/true));
  const at::Tensor mixed = at::mm(numerators.to(type).to(at::kDouble), exact(head.values));
  rows(head.mixed, head.mixed_stride).copy_(mixed / numerators.sum(1, /*keepdim=*/true));
}

}  // namespace

void attend(const AttentionHead& head, const Arithmetic& arithmetic) {
  if (arithmetic.processor.is_plain || arithmetic.processor.tier == Tier::portable)
    attend_plainly(head, arithmetic.rows);
  else if (arithmetic.rows == at::kBFloat16)
    attend_in_blocks<at::BFloat16>(head);
  else
    attend_in_blocks<float>(head);
}

}  // namespace qamro::nn
