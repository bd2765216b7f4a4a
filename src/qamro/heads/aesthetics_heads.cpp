#include "qamro/heads/aesthetics_heads.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "qamro/core/error.h"
#include "qamro/heads/mlp_head.h"

namespace qamro::heads {
namespace {

constexpr double kNormEpsilon = 1e-5;      // torch.nn.LayerNorm's
constexpr double kSmallestLength = 1e-12;  // torch.nn.functional.normalize's

std::string layer_weights_name(const std::string& axis) {
  return "layer_weights." + axis;
}

// `create_mlp_block` lays out a torch.nn.Sequential with numbered members: Linear, LayerNorm if enabled,
// activation, Dropout if its rate is not 0.
std::string projection_name(const AestheticsHeadsOptions& options, const std::string& axis,
                            std::int64_t layer) {
  const std::int64_t block = 2 + (options.layer_norm ? 1 : 0) + (options.dropout != 0.0 ? 1 : 0);
  return fmt::format("proj_layer.{}.{}", axis, layer * block);
}

std::string norm_name(const AestheticsHeadsOptions& options, const std::string& axis, std::int64_t layer) {
  const std::int64_t block = 3 + (options.dropout != 0.0 ? 1 : 0);
  return fmt::format("proj_layer.{}.{}", axis, layer * block + 1);
}

void expect_loadable(const io::StateDict& state, const io::TensorShapes& shapes, std::string_view file) {
  io::expect_tensors(state, shapes, file);
  for (const auto& [name, tensor] : state)
    if (tensor.scalar_type() != at::kFloat)
      throw CheckpointError(fmt::format("{}: tensor '{}': expected {}, got {}", file, name,
                                        c10::toString(at::kFloat), c10::toString(tensor.scalar_type())));
}

}  // namespace

void AestheticsHeadsOptions::validate() const {
  if (dim < 1 || layers < 1)
    throw InvalidInput(
        fmt::format("aesthetics heads: expected layers with a width, got {} of {}", layers, dim));
  if (projection_layers < 1 || projection_layers > kDeepestProjection)
    throw InvalidInput(
        fmt::format("proj_num_layer: expected 1 to {}, got {}", kDeepestProjection, projection_layers));
  if (!(dropout >= 0.0 && dropout < 1.0))
    throw InvalidInput(fmt::format("proj_dropout: expected a number in [0, 1), got {}", dropout));
  if (weighted_layer_sum && nth_layer != layers)
    throw InvalidInput(fmt::format(
        "nth_layer: expected {}, the number of the encoder's outputs (use_weighted_layer_sum uses all of them), got {}",
        layers, nth_layer));
  if (nth_layer < 1) throw InvalidInput(fmt::format("nth_layer: expected 1 or more, got {}", nth_layer));
}

io::TensorShapes parameter_shapes(const AestheticsHeadsOptions& options,
                                  const std::vector<std::string>& axes) {
  io::TensorShapes shapes;
  const std::int64_t dim = options.dim, last = options.projection_layers - 1;
  for (const std::string& axis : axes) {
    if (options.weighted_layer_sum) shapes.emplace(layer_weights_name(axis), std::vector{options.nth_layer});
    for (std::int64_t i = 0; i <= last; ++i) {
      const std::string name = projection_name(options, axis, i);
      const std::int64_t outputs = i == last ? 1 : dim;
      shapes.emplace(name + ".weight", std::vector{outputs, dim});
      shapes.emplace(name + ".bias", std::vector{outputs});
      if (!options.layer_norm || i == last) continue;
      for (const char* parameter : {".weight", ".bias"})
        shapes.emplace(norm_name(options, axis, i) + parameter, std::vector{dim});
    }
  }
  return shapes;
}

AestheticsHeads::AestheticsHeads(const AestheticsHeadsOptions& options, std::vector<std::string> axes,
                                 std::uint64_t seed)
    : options_(options), axes_(std::move(axes)) {
  options_.validate();
  check_axis_names(axes_);
  for (const std::string& axis : axes_) {
    Head head;
    if (options_.weighted_layer_sum)
      head.layer_weights =
          at::full({options_.layers}, 1.0 / static_cast<double>(options_.layers)).set_requires_grad(true);
    const std::uint64_t axis_seed = derive_seed(seed, axis);
    for (std::int64_t i = 0; i < options_.projection_layers; ++i) {
      const bool is_last = i + 1 == options_.projection_layers;
      head.projections.emplace_back(options_.dim, is_last ? 1 : options_.dim,
                                    Random(derive_seed(axis_seed, "init", static_cast<std::uint64_t>(i))));
      if (options_.layer_norm && !is_last)
        head.norms.push_back({at::ones({options_.dim}).set_requires_grad(true),
                              at::zeros({options_.dim}).set_requires_grad(true)});
    }
    heads_.push_back(std::move(head));
  }
}

AestheticsHeads::AestheticsHeads(const AestheticsHeadsOptions& options, std::vector<std::string> axes,
                                 const io::StateDict& state, std::string_view file)
    : options_(options), axes_(std::move(axes)) {
  options_.validate();
  check_axis_names(axes_);
  expect_loadable(state, parameter_shapes(options_, axes_), file);
  for (const std::string& axis : axes_) {
    Head head;
    if (options_.weighted_layer_sum) head.layer_weights = as_parameter(state.at(layer_weights_name(axis)));
    for (std::int64_t i = 0; i < options_.projection_layers; ++i) {
      const std::string name = projection_name(options_, axis, i);
      head.projections.emplace_back(state.at(name + ".weight"), state.at(name + ".bias"));
      if (!options_.layer_norm || i + 1 == options_.projection_layers) continue;
      const std::string norm = norm_name(options_, axis, i);
      head.norms.push_back(
          {as_parameter(state.at(norm + ".weight")), as_parameter(state.at(norm + ".bias"))});
    }
    heads_.push_back(std::move(head));
  }
}

std::vector<at::Tensor> AestheticsHeads::draw_dropout(std::int64_t n, Random& random) const {
  std::vector<at::Tensor> masks;
  for (std::size_t i = 0; i < heads_.size() * masks_per_head(); ++i)
    masks.push_back(draw_dropout_mask({n, options_.dim}, options_.dropout, random));
  return masks;
}

// [n, layers, dim] -> [n, dim]
at::Tensor AestheticsHeads::embed(const Head& head, const at::Tensor& pooled) const {
  const at::Tensor embedding = options_.weighted_layer_sum
                                   ? at::matmul(at::softmax(head.layer_weights, 0), pooled)
                                   : pooled.select(1, std::min(options_.nth_layer, options_.layers - 1));
  if (!options_.normalise_embedding) return embedding;
  return embedding / embedding.norm(2, 1, /*keepdim=*/true).clamp_min(kSmallestLength);
}

// [n, dim] -> [n]
at::Tensor AestheticsHeads::project(const Head& head, const at::Tensor& embedding,
                                    std::span<const at::Tensor> dropout) const {
  at::Tensor hidden = embedding;
  for (std::size_t i = 0; i + 1 < head.projections.size(); ++i) {
    hidden = head.projections[i].forward(hidden);
    if (options_.layer_norm)
      hidden = at::layer_norm(hidden, {options_.dim}, head.norms[i].weight, head.norms[i].bias, kNormEpsilon);
    hidden = activate(options_.activation, hidden);
    if (!dropout.empty() && dropout[i].defined()) hidden = hidden * dropout[i];
  }
  return head.projections.back().forward(hidden).squeeze(1);
}

at::Tensor AestheticsHeads::forward(const at::Tensor& pooled, std::span<const at::Tensor> dropout) const {
  if (pooled.dim() != 3 || pooled.size(1) != options_.layers || pooled.size(2) != options_.dim)
    throw InvalidInput(fmt::format("aesthetics heads: expected pooled layers of shape [n, {}, {}], got [{}]",
                                   options_.layers, options_.dim, fmt::join(pooled.sizes(), ", ")));
  std::vector<at::Tensor> columns;
  for (std::size_t i = 0; i < heads_.size(); ++i)
    columns.push_back(
        project(heads_[i], embed(heads_[i], pooled),
                dropout.empty() ? dropout : dropout.subspan(i * masks_per_head(), masks_per_head())));
  return at::stack(columns, 1);
}

io::StateDict AestheticsHeads::named_parameters() const {
  io::StateDict named;
  for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
    const Head& head = heads_[axis];
    if (options_.weighted_layer_sum) named.emplace(layer_weights_name(axes_[axis]), head.layer_weights);
    for (std::size_t i = 0; i < head.projections.size(); ++i) {
      const std::string name = projection_name(options_, axes_[axis], static_cast<std::int64_t>(i));
      named.emplace(name + ".weight", head.projections[i].weight);
      named.emplace(name + ".bias", head.projections[i].bias);
    }
    for (std::size_t i = 0; i < head.norms.size(); ++i) {
      const std::string name = norm_name(options_, axes_[axis], static_cast<std::int64_t>(i));
      named.emplace(name + ".weight", head.norms[i].weight);
      named.emplace(name + ".bias", head.norms[i].bias);
    }
  }
  return named;
}

std::vector<at::Tensor> AestheticsHeads::parameters() const {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : named_parameters()) tensors.push_back(tensor);
  return tensors;
}

}  // namespace qamro::heads
