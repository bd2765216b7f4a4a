#include "qamro/embeddings/window_rows.h"

#include <ATen/ATen.h>

namespace qamro::embeddings {

WindowRows WindowRows::select(std::span<const std::int64_t> clips, std::vector<std::int64_t>& rows) const {
  WindowRows selected;
  selected.first.push_back(0);
  for (const std::int64_t clip : clips) {
    const auto at = static_cast<std::size_t>(clip);
    for (std::int64_t row = first.at(at); row < first.at(at + 1); ++row) {
      rows.push_back(row);
      selected.weight.push_back(weight[static_cast<std::size_t>(row)]);
    }
    selected.first.push_back(std::ssize(selected.weight));
  }
  return selected;
}

void WindowRows::add_clip(std::span<const std::int64_t> weights) {
  if (first.empty()) first.push_back(0);
  for (const std::int64_t value : weights) weight.push_back(static_cast<double>(value));
  first.push_back(std::ssize(weight));
}

at::Tensor WindowRows::clip_of_row() const {
  std::vector<std::int64_t> clip_of;
  for (std::int64_t clip = 0; clip < clips(); ++clip)
    clip_of.insert(clip_of.end(),
                   static_cast<std::size_t>(first[static_cast<std::size_t>(clip) + 1] -
                                            first[static_cast<std::size_t>(clip)]),
                   clip);
  return at::tensor(clip_of, at::kLong);
}

at::Tensor WindowRows::repeat(const at::Tensor& of_clips) const {
  return empty() ? of_clips : of_clips.index_select(0, clip_of_row());
}

at::Tensor WindowRows::mean(const at::Tensor& of_windows) const {
  if (empty() || clips() == of_windows.size(0)) return of_windows;
  const at::Tensor weights = at::tensor(weight, at::kDouble).to(at::kFloat).unsqueeze(1);
  std::vector<at::Tensor> means;
  for (std::int64_t clip = 0; clip < clips(); ++clip) {
    const std::int64_t begin = first[static_cast<std::size_t>(clip)];
    const std::int64_t count = first[static_cast<std::size_t>(clip) + 1] - begin;
    const at::Tensor own = weights.narrow(0, begin, count);
    means.push_back((of_windows.narrow(0, begin, count) * own).sum(0) / own.sum());
  }
  return at::stack(means);
}

}  // namespace qamro::embeddings
