#include "qamro/training/clap_on_embeddings.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "qamro/core/error.h"

namespace qamro::training {

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
