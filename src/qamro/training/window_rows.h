#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace qamro::training {

// Which rows of a table of windows belong to which clip, and how much each window counts. Empty: a row is a
// clip.
struct WindowRows {
  std::vector<std::int64_t> first;  // of each clip, and the end: [clips + 1]
  std::vector<double> weight;       // of each row, > 0: the window's valid samples

  bool empty() const { return first.empty(); }
  std::int64_t clips() const { return first.empty() ? 0 : static_cast<std::int64_t>(first.size()) - 1; }
  // The same for some of the clips, one behind the other; `rows` are the rows that they have here.
  WindowRows select(std::span<const std::int64_t> clips, std::vector<std::int64_t>& rows) const;
  // Adds a clip's windows behind the others'.
  void add_clip(std::span<const std::int64_t> weights);

  // What belongs to clips, [clips, …], one row a window: [rows, …].
  at::Tensor repeat(const at::Tensor& of_clips) const;
  // Means over each clip's windows by their weight: [rows, axes] → [clips, axes]. `AesPredictor.forward` in
  // audiobox_aesthetics/infer.py: scores are averaged, not what they are made of.
  at::Tensor mean(const at::Tensor& of_windows) const;

 private:
  at::Tensor clip_of_row() const;
};

}  // namespace qamro::training
