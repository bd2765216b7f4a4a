#include "qamro/nn/row_product.h"

#include <ATen/ATen.h>
#include <ATen/native/CPUBlas.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "qamro/nn/integer_product.h"

namespace qamro::nn {
namespace {

using at::native::cpublas::brgemm;

constexpr std::int64_t kFour = 4;
constexpr float kLargestWeight = 127;
// Bytes of rows that stay in a core's second-level cache while all panels pass. Fewer rows at a time would
// mean reading the weights more often, and they come from far away.
constexpr std::int64_t kGroupBytes = std::int64_t{512} * 1024;

// Outputs per panel: 64, or a width that leaves fewer outputs empty. An output costs more in a narrow panel.
std::int64_t panel_width(std::int64_t outputs) {
  constexpr double kNarrow = 1.15;
  std::int64_t best = 64;
  const auto cost = [&](std::int64_t width) {
    return static_cast<double>(up_to(outputs, width)) * (width < 48 ? kNarrow : 1);
  };
  for (const std::int64_t width : {48, 80, 96, 112, 32, 16})
    if (cost(width) < cost(best)) best = width;
  return best;
}
constexpr std::int64_t kWidestPanel = 112;

// Panels are laid out in units of four bytes, which is what the instructions take per output at a time: one
// float32, a pair of bfloat16, or four 8-bit integers.
using Unit = std::uint32_t;

// Returns [panels, units, width] made of `outputs` rows of `units` units; write(output, row) fills in a row.
template <typename Write>
std::unique_ptr<Unit[]> lay_out(std::int64_t outputs, std::int64_t units, std::int64_t width,
                                const Write& write) {
  constexpr std::int64_t kTile = 16;  // units at a time, whose targets stay in the innermost cache
  const std::int64_t panels = up_to(outputs, width) / width;
  auto all = std::make_unique_for_overwrite<Unit[]>(static_cast<std::size_t>(panels * units * width));
  std::vector<Unit> rows(static_cast<std::size_t>(width * units));
  for (std::int64_t panel = 0; panel < panels; ++panel) {
    const std::int64_t count = std::min(width, outputs - panel * width);
    for (std::int64_t i = 0; i < count; ++i) write(panel * width + i, rows.data() + i * units);
    Unit* to = all.get() + panel * units * width;
    if (count < width) std::fill_n(to, units * width, Unit{0});
    for (std::int64_t first = 0; first < units; first += kTile)
      for (std::int64_t i = 0; i < count; ++i)
        for (std::int64_t unit = first; unit < std::min(units, first + kTile); ++unit)
          to[unit * width + i] = rows[static_cast<std::size_t>(i * units + unit)];
  }
  return all;
}

std::unique_ptr<Unit[]> lay_out_floats(const at::Tensor& weight, std::int64_t width, bool is_bfloat16) {
  const std::int64_t columns = weight.size(1);
  const auto* data = weight.const_data_ptr<float>();
  if (!is_bfloat16)
    return lay_out(weight.size(0), columns, width, [&](std::int64_t output, Unit* row) {
      std::memcpy(row, data + output * columns, static_cast<std::size_t>(columns) * sizeof(float));
    });
  const std::int64_t units = up_to(columns, kPair) / kPair;
  return lay_out(weight.size(0), units, width, [&](std::int64_t output, Unit* row) {
    row[units - 1] = 0;  // padding if the number of columns is odd
    RowTarget to;
    to.rounded = reinterpret_cast<std::uint16_t*>(row);
    row_kernels().scale_rows(data + output * columns, columns, 1, columns, nullptr, to);
  });
}

// Memory of the calling thread, kept between calls.
enum class Use { sums, rest, integers, scales };
template <Use use, typename Number>
Number* scratch(std::int64_t count) {
  static thread_local std::vector<Number> memory;
  if (std::ssize(memory) < count) memory.resize(static_cast<std::size_t>(count));
  return memory.data();
}

// Columns that one call adds up. A panel's part with that many float32 columns stays in a near cache;
// bfloat16 is fastest with all columns at once.
template <typename Number>
constexpr std::int64_t kColumnsTogether = sizeof(Number) == 4 ? 768 : std::int64_t{1} << 40;

template <typename Number>
void multiply_panel(std::int64_t rows, std::int64_t width, std::int64_t columns, const void* x,
                    std::int64_t stride, const void* panel, float* sums) {
  for (std::int64_t first = 0; first < columns; first += kColumnsTogether<Number>)
    brgemm(rows, width, std::min(kColumnsTogether<Number>, columns - first), stride, width, width,
           /*add_C=*/first > 0, static_cast<const Number*>(x) + first,
           static_cast<const Number*>(panel) + first * width, sums,
           /*is_vnni=*/sizeof(Number) < 4);
}

// Runs work(first row, rows) for nearly equal blocks of at most `max_rows` rows.
template <typename Work>
void for_blocks(std::int64_t rows, std::int64_t max_rows, const Work& work) {
  const std::int64_t blocks = (rows + max_rows - 1) / max_rows;
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::int64_t first = i * rows / blocks;
    work(first, (i + 1) * rows / blocks - first);
  }
}

const void* from_row(const RowView& rows, std::int64_t row, std::int64_t size) {
  return static_cast<const char*>(rows.data) + row * rows.stride * size;
}

}  // namespace

BlockRegion::~BlockRegion() {
  at::native::cpublas::brgemm_release();
}

FloatPanels::FloatPanels(const at::Tensor& weight, bool is_bfloat16)
    : outputs_(weight.size(0)),
      columns_(weight.size(1)),
      width_(panel_width(outputs_)),
      is_bfloat16_(is_bfloat16),
      panels_(lay_out_floats(weight.detach().contiguous(), width_, is_bfloat16)) {}

// Multiplies all of these rows by one panel after the other.
void FloatPanels::multiply_group(const RowView& rows, const RowFinish& to) const {
  float* sums = scratch<Use::sums, float>(kMaxPanelRows * kWidestPanel);
  const Unit* panel = panels_.get();
  const std::int64_t panel_size = (is_bfloat16_ ? up_to(columns_, kPair) / kPair : columns_) * width_;
  for (std::int64_t first = 0; first < outputs_; first += width_, panel += panel_size)
    for_blocks(rows.rows, kMaxPanelRows, [&](std::int64_t row, std::int64_t count) {
      const void* data = from_row(rows, row, element_size());
      if (is_bfloat16_)
        multiply_panel<at::BFloat16>(count, width_, up_to(columns_, kPair), data, rows.stride, panel, sums);
      else
        multiply_panel<float>(count, width_, columns_, data, rows.stride, panel, sums);
      row_kernels().finish(sums, width_, count, std::min(width_, outputs_ - first), to.shifted(row, first));
    });
}

// oneDNN's bfloat16 products take pairs of columns, so rows with an odd number of columns are copied, each
// followed by a zero.
RowView FloatPanels::in_pairs(const RowView& rows) const {
  const std::int64_t columns = up_to(columns_, kPair);
  if (!is_bfloat16_ || columns == columns_) return rows;
  auto* copy = scratch<Use::rest, std::uint16_t>(rows.rows * columns);
  for (std::int64_t row = 0; row < rows.rows; ++row) {
    const auto* from = static_cast<const std::uint16_t*>(from_row(rows, row, element_size()));
    *std::copy_n(from, columns_, copy + row * columns) = 0;
  }
  return {copy, rows.rows, columns};
}

void FloatPanels::multiply(const RowView& given, const RowFinish& to) const {
  const BlockRegion region;
  const RowView rows = in_pairs(given);
  const std::int64_t row_bytes = std::min(rows.stride, columns_) * element_size();
  for_blocks(rows.rows, std::max(kMaxPanelRows, kGroupBytes / row_bytes),
             [&](std::int64_t row, std::int64_t count) {
               multiply_group({from_row(rows, row, element_size()), count, rows.stride}, to.shifted(row, 0));
             });
}

IntegerPanels::IntegerPanels(const RowWeight& from)
    : outputs_(from.weight.size(0)),
      width_(panel_width(outputs_)),
      columns_(from.weight.size(1)),
      padded_(up_to(columns_, kFour)),
      takes_bfloat16_(from.rows == at::kBFloat16),
      scales_(static_cast<std::size_t>(up_to(outputs_, width_))),
      sums_(scales_.size()) {
  const at::Tensor weight = from.weight.detach().contiguous();
  panels_ = lay_out(outputs_, padded_ / kFour, width_, [&](std::int64_t output, Unit* row) {
    round_output(weight.const_data_ptr<float>() + output * columns_, output,
                 reinterpret_cast<std::int8_t*>(row));
  });
}

// row: [padded]
void IntegerPanels::round_output(const float* weight, std::int64_t output, std::int8_t* row) {
  const auto place = static_cast<std::size_t>(output);
  const float largest = integer_kernels().largest_magnitude(weight, columns_);
  const float scale = std::max(largest, 1e-30F) / kLargestWeight;
  const float inverse = 1 / scale;
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < columns_; ++i) {
    row[i] = static_cast<std::int8_t>(std::lrint(weight[i] * inverse));
    sum += row[i];
  }
  std::fill(row + columns_, row + padded_, std::int8_t{0});
  scales_[place] = scale;
  sums_[place] = static_cast<float>(sum) * scale;
}

void IntegerPanels::multiply(const RowView& rows, const RowFinish& to) const {
  if (rows.rows == 0) return;
  const BlockRegion region;
  auto* integers = scratch<Use::integers, std::uint8_t>(rows.rows * padded_);
  float* lowest = scratch<Use::scales, float>(2 * rows.rows);
  float* steps = lowest + rows.rows;
  if (takes_bfloat16_)
    row_kernels().round_rounded(static_cast<const std::uint16_t*>(rows.data), rows.stride, rows.rows,
                                columns_, integers, padded_, lowest, steps);
  else
    row_kernels().round_exact(static_cast<const float*>(rows.data), rows.stride, rows.rows, columns_,
                              integers, padded_, lowest, steps);
  auto* sums = scratch<Use::sums, std::int32_t>(kMaxPanelRows * kWidestPanel);
  const auto* panel = reinterpret_cast<const std::int8_t*>(panels_.get());
  for (std::int64_t first = 0; first < outputs_; first += width_, panel += padded_ * width_)
    for_blocks(rows.rows, kMaxPanelRows, [&](std::int64_t row, std::int64_t count) {
      brgemm(count, width_, padded_, padded_, width_, width_, /*add_C=*/false, integers + row * padded_,
             panel, sums);
      row_kernels().finish_integers(sums, width_, count, std::min(width_, outputs_ - first),
                                    {lowest + row, steps + row, scales_.data() + first, sums_.data() + first},
                                    to.shifted(row, first));
    });
}

}  // namespace qamro::nn
