#include "qamro/training/heads_on_embeddings.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "qamro/core/error.h"

namespace qamro::training {

HeadsOnEmbeddings::HeadsOnEmbeddings(heads::Heads& heads, at::Tensor inputs)
    : heads_(heads), inputs_(std::move(inputs)) {
  if (inputs_.dim() != 2 || inputs_.size(1) != heads.options().input_dim)
    throw InvalidInput(fmt::format("training: expected embeddings [clips, {}], got [{}]",
                                   heads.options().input_dim, fmt::join(inputs_.sizes(), ", ")));
}

io::StateDict HeadsOnEmbeddings::named_parameters() const {
  return heads_.named_parameters();
}

std::int64_t HeadsOnEmbeddings::depth_of(const std::string&) const {
  return 0;
}

std::vector<at::Tensor> HeadsOnEmbeddings::draw_dropout(std::int64_t clips, Random& random) const {
  return heads_.draw_dropout(clips, random);
}

at::Tensor HeadsOnEmbeddings::forward(std::span<const std::int64_t> clips,
                                      const std::vector<at::Tensor>& dropout) {
  const at::Tensor rows = at::tensor(at::ArrayRef<std::int64_t>(clips.data(), clips.size()), at::kLong);
  return heads_.forward(inputs_.index_select(0, rows), dropout);
}

AestheticsOnEmbeddings::AestheticsOnEmbeddings(heads::AestheticsHeads heads, const at::Tensor& pooled,
                                               embeddings::WindowRows windows)
    : heads_(std::move(heads)), windows_(std::move(windows)) {
  const auto& options = heads_.options();
  if (pooled.dim() < 2 || pooled.numel() != pooled.size(0) * options.layers * options.dim)
    throw InvalidInput(fmt::format("training: expected pooled layers [rows, {} of {}], got [{}]",
                                   options.layers, options.dim, fmt::join(pooled.sizes(), ", ")));
  pooled_ = pooled.view({-1, options.layers, options.dim});
}

io::StateDict AestheticsOnEmbeddings::named_parameters() const {
  return heads_.named_parameters();
}

std::int64_t AestheticsOnEmbeddings::depth_of(const std::string&) const {
  return 0;
}

std::vector<at::Tensor> AestheticsOnEmbeddings::draw_dropout(std::int64_t clips, Random& random) const {
  return heads_.draw_dropout(clips, random);
}

at::Tensor AestheticsOnEmbeddings::forward(std::span<const std::int64_t> clips,
                                           const std::vector<at::Tensor>& dropout) {
  std::vector<std::int64_t> rows;
  embeddings::WindowRows windows;
  if (windows_.empty())
    rows.assign(clips.begin(), clips.end());
  else
    windows = windows_.select(clips, rows);
  return score_windows(heads_, pooled_.index_select(0, at::tensor(rows, at::kLong)), windows, dropout);
}

at::Tensor score_windows(const heads::AestheticsHeads& heads, const at::Tensor& pooled,
                         const embeddings::WindowRows& windows, std::span<const at::Tensor> dropout) {
  std::vector<at::Tensor> masks;
  for (const at::Tensor& mask : dropout) masks.push_back(mask.defined() ? windows.repeat(mask) : mask);
  return windows.mean(heads.forward(pooled, masks));
}

ClapOnEmbeddings::ClapOnEmbeddings(heads::ClapHeads heads, at::Tensor embeddings)
    : heads_(std::move(heads)), embeddings_(std::move(embeddings)) {
  if (embeddings_.dim() != 2 || embeddings_.size(1) != 2 * heads_.options().embedding_dim)
    throw InvalidInput(
        fmt::format("training: expected embeddings of audio and text [clips, 2 · {}], got [{}]",
                    heads_.options().embedding_dim, fmt::join(embeddings_.sizes(), ", ")));
}

at::Tensor ClapOnEmbeddings::forward(std::span<const std::int64_t> clips,
                                     const std::vector<at::Tensor>& dropout) {
  const at::Tensor rows = embeddings_.index_select(
      0, at::tensor(at::ArrayRef<std::int64_t>(clips.data(), clips.size()), at::kLong));
  const std::int64_t dim = heads_.options().embedding_dim;
  return heads_.forward(rows.narrow(1, 0, dim), rows.narrow(1, dim, dim), dropout);
}

}  // namespace qamro::training
