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

}  // namespace qamro::training
