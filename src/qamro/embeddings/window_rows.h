#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace qamro::embeddings {

// Which rows of a table of windows belong to which clip, and how much each window counts. If empty, each row
// is a clip.
struct WindowRows {
  std::vector<std::int64_t> first;  // first row of each clip, then the end: [clips + 1]
  std::vector<double> weight;       // per row, > 0: the window's valid samples

  bool empty() const { return first.empty(); }
  std::int64_t clips() const { return first.empty() ? 0 : static_cast<std::int64_t>(first.size()) - 1; }
  // The same for some clips, in the given order. `rows` receives their rows in the original table.
  WindowRows select(std::span<const std::int64_t> clips, std::vector<std::int64_t>& rows) const;
  // Appends a clip's windows.
  void add_clip(std::span<const std::int64_t> weights);

  // Repeats values of clips, [clips, …], for each of their windows: [rows, …].
  at::Tensor repeat(const at::Tensor& of_clips) const;
  // Means over each clip's windows, weighted: [rows, axes] → [clips, axes]. As in `AesPredictor.forward` of
  // audiobox_aesthetics/infer.py, scores are averaged, not the embeddings that they come from.
  at::Tensor mean(const at::Tensor& of_windows) const;

 private:
  at::Tensor clip_of_row() const;
};

}  // namespace qamro::embeddings
