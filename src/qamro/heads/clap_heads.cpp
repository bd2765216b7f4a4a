#include "qamro/heads/clap_heads.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <string>

#include "qamro/core/error.h"

namespace qamro::heads {
namespace {

constexpr std::array<const char*, 2> kPrefixes = {"overall_mlp_layer", "textual_mlp_layer"};

MlpHeadOptions mlp_options(const ClapHeadsOptions& options, std::size_t head) {
  return {.input_dim = options.embedding_dim * (head == 0 ? 1 : 2),
          .hidden = options.hidden,
          .activation = options.activation,
          .dropout = options.dropout};
}

// "layers.0.weight" → "overall_mlp_layer1.weight"
std::string published_name(std::size_t head, const std::string& name) {
  const char layer = name[std::string_view("layers.").size()];
  return fmt::format("{}{}{}", kPrefixes[head], layer - '0' + 1, name.substr(name.rfind('.')));
}

ClapHeadsOptions options_of(Activation activation, const io::StateDict& state, std::string_view file) {
  constexpr std::int64_t kWidest = 1 << 16;  // a hostile file cannot ask for more
  const auto first = io::shape_of(state, "overall_mlp_layer1.weight", 2, file);
  const auto second = io::shape_of(state, "overall_mlp_layer2.weight", 2, file);
  for (const std::int64_t size : {first[0], first[1], second[0]})
    if (size > kWidest)
      throw CheckpointError(
          fmt::format("{}: heads: expected layers of at most {}, got {}", file, kWidest, size));
  if (second[1] != first[0])  // before anything of these sizes is made
    throw CheckpointError(fmt::format(
        "{}: tensor 'overall_mlp_layer2.weight': expected {} columns, as layer 1 has rows, got {}", file,
        first[0], second[1]));
  return {.embedding_dim = first[1], .hidden = {first[0], second[0]}, .activation = activation};
}

void check_embedding(const char* what, const at::Tensor& embedding, std::int64_t rows, std::int64_t dim) {
  if (embedding.dim() != 2 || embedding.size(0) != rows || embedding.size(1) != dim)
    throw InvalidInput(fmt::format("heads on CLAP: expected embeddings of {} [{}, {}], got [{}]", what, rows,
                                   dim, fmt::join(embedding.sizes(), ", ")));
}

}  // namespace

void ClapHeadsOptions::validate() const {
  if (embedding_dim < 1)
    throw InvalidInput(
        fmt::format("heads on CLAP: expected an embedding of 1 number or more, got {}", embedding_dim));
  mlp_options(*this, 1).validate();
}

bool is_of_clap_heads(std::string_view name) {
  return name.starts_with(kPrefixes[0]) || name.starts_with(kPrefixes[1]);
}

ClapHeads::ClapHeads(const ClapHeadsOptions& options, std::uint64_t seed) : options_(options) {
  options_.validate();
  for (std::size_t head = 0; head < kClapAxes.size(); ++head)
    heads_.emplace_back(mlp_options(options_, head), derive_seed(seed, kClapAxes[head]));
}

ClapHeads::ClapHeads(Activation activation, const io::StateDict& state, std::string_view file)
    : ClapHeads(options_of(activation, state, file), 0) {
  io::TensorShapes shapes;
  const io::StateDict own = named_parameters();
  for (const auto& [name, tensor] : own) shapes.emplace(name, tensor.sizes().vec());
  io::expect_tensors(state, shapes, file);
  for (const auto& [name, tensor] : own) {
    const at::Tensor& found = state.at(name);
    if (found.scalar_type() != at::kFloat)
      throw CheckpointError(fmt::format("{}: tensor '{}': expected float, got {}", file, name,
                                        c10::toString(found.scalar_type())));
    // Copied because a tensor's place in the file decides its alignment, which affects the last bits.
    tensor.set_data(found.clone());
  }
}

std::vector<at::Tensor> ClapHeads::draw_dropout(std::int64_t n, Random& random) const {
  std::vector<at::Tensor> masks;
  for (const MlpHead& head : heads_)
    for (at::Tensor& mask : head.draw_dropout(n, random)) masks.push_back(std::move(mask));
  return masks;
}

at::Tensor ClapHeads::forward(const at::Tensor& audio, const at::Tensor& text,
                              std::span<const at::Tensor> dropout) const {
  const std::int64_t rows = audio.dim() > 0 ? audio.size(0) : 0;
  check_embedding("audio", audio, rows, options_.embedding_dim);
  const auto masks = [&](std::size_t head) {
    return dropout.empty() ? dropout : dropout.subspan(3 * head, 3);
  };
  const at::Tensor overall = heads_[0].forward(audio, masks(0));
  if (!text.defined())
    return at::stack({overall, at::full_like(overall, std::numeric_limits<double>::quiet_NaN())}, 1);
  check_embedding("text", text, rows, options_.embedding_dim);
  return at::stack({overall, heads_[1].forward(at::cat({audio, text}, 1), masks(1))}, 1);
}

io::StateDict ClapHeads::named_parameters() const {
  io::StateDict named;
  for (std::size_t head = 0; head < heads_.size(); ++head)
    for (const auto& [name, tensor] : heads_[head].named_parameters())
      named.emplace(published_name(head, name), tensor);
  return named;
}

}  // namespace qamro::heads
