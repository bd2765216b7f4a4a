#include "qamro/encoders/wavlm/packed_transformer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "qamro/encoders/wavlm/relative_position.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::wavlm {
namespace {

constexpr std::int64_t kBlockRows = 25;
constexpr std::int64_t kMostTasks = 8;

// Rows of each task: of two blocks or more, in which the products are fast, and an even number of nearly
// equal ones. The last block may end early.
std::vector<std::int64_t> task_starts(std::int64_t rows) {
  const std::int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  std::int64_t tasks = std::clamp<std::int64_t>(blocks / 2, 1, kMostTasks);
  tasks -= tasks > 2 ? tasks % 2 : 0;
  std::vector<std::int64_t> starts;
  for (std::int64_t i = 0; i < tasks; ++i) starts.push_back(i * blocks / tasks * kBlockRows);
  starts.push_back(rows);
  return starts;
}

// [2 heads, dim] and [2 heads]: first what each head's update gate is the sigmoid of, then the reset gates'.
// The reference sums four outputs of a linear layer for each, which is one linear map.
struct Gates {
  at::Tensor weight, bias;
};
Gates gates_of(const GatedAttentionImpl& attention, std::int64_t heads) {
  const at::Tensor weight = attention.grep_linear->weight.detach().unflatten(0, {2, 4}).sum(1);
  const at::Tensor bias = attention.grep_linear->bias.detach().view({2, 4}).sum(1);
  const std::int64_t head_dim = weight.size(1);
  at::Tensor spread = at::zeros({2, heads, heads, head_dim});
  for (std::int64_t head = 0; head < heads; ++head) spread.select(1, head).select(1, head).copy_(weight);
  return {spread.view({2 * heads, heads * head_dim}), bias.repeat_interleave(heads)};
}

nn::InferenceNorm copy_of(const nn::Norm& norm) {
  return {norm->weight, norm->bias, WavLmConfig::kNormEpsilon};
}

at::Tensor serial_position_weight(const WavLmModule& module) {
  const at::NoGradGuard no_grad;
  const nn::SerialRegion serial;
  return module.position_weight();
}

}  // namespace

struct PackedTransformer::State {
  at::Tensor bias;             // [heads, frames, frames]
  at::Tensor attention_input;  // [rows, 3 dim + 2 heads]
  at::Tensor attended;         // [rows, dim]
  at::Tensor hidden;           // float32 [rows, dim]
};

PackedTransformer::PackedTransformer(const WavLmModule& module, nn::Precision precision,
                                     const std::function<void(const at::Tensor&)>& packed)
    : config_(module.config()),
      precision_(precision),
      position_(serial_position_weight(module), config_.position_groups),
      position_bias_(module.position_bias.detach().clone()),
      encoder_norm_(copy_of(module.encoder_norm)),
      relative_attention_bias_(
          module.encoder_layers.front()->self_attn->relative_attention_bias.detach().clone()),
      layers_(module.encoder_layers.size()) {
  nn::parallel_for(std::ssize(layers_), [&](std::int64_t i) {
    const at::NoGradGuard no_grad;
    const auto index = static_cast<std::size_t>(i);
    layers_[index] = pack(*module.encoder_layers[index]);
    if (!packed) return;
    for (const at::Tensor& parameter : module.encoder_layers[index]->parameters()) packed(parameter);
  });
}

nn::InferenceLinear PackedTransformer::pack(const at::Tensor& weight, const at::Tensor& bias,
                                            nn::Activation activation) const {
  return {weight, bias, kBlockRows, precision_, activation};
}

PackedTransformer::Layer PackedTransformer::pack(const TransformerLayerImpl& layer) const {
  const GatedAttentionImpl& attention = *layer.self_attn;
  const double scale = 1.0 / std::sqrt(static_cast<double>(config_.dim / config_.heads));
  const Gates gates = gates_of(attention, config_.heads);
  const at::Tensor weight = at::cat(
      {attention.q_proj->weight * scale, attention.k_proj->weight, attention.v_proj->weight, gates.weight});
  const at::Tensor bias =
      at::cat({attention.q_proj->bias * scale, attention.k_proj->bias, attention.v_proj->bias, gates.bias});
  return {pack(weight, bias),
          pack(attention.out_proj->weight, attention.out_proj->bias),
          pack(layer.fc1->weight, layer.fc1->bias, nn::Activation::gelu),
          pack(layer.fc2->weight, layer.fc2->bias),
          copy_of(layer.self_attn_layer_norm),
          copy_of(layer.final_layer_norm),
          attention.grep_a.detach().flatten().clone()};
}

// What the positional convolution adds before its activation, [frames, dim].
at::Tensor PackedTransformer::add_position(const at::Tensor& projected) const {
  at::Tensor position = at::empty_like(projected);
  const std::int64_t channels = config_.dim / config_.position_groups;
  nn::parallel_for(config_.position_groups, [&](std::int64_t group) {
    const at::NoGradGuard no_grad;
    position.narrow(1, group * channels, channels).copy_(position_(projected, group));
  });
  return position;
}

// [heads, frames, frames]
at::Tensor PackedTransformer::position_bias(std::int64_t frames) const {
  const at::Tensor by_distance =
      position_bias_by_distance(relative_attention_bias_, frames, config_.max_distance).contiguous();
  at::Tensor bias = at::empty({config_.heads, frames, frames});
  nn::parallel_for(config_.heads, [&](std::int64_t head) {
    const float* source = by_distance.const_data_ptr<float>() + head * (2 * frames - 1) + frames - 1;
    float* row = bias.mutable_data_ptr<float>() + head * frames * frames;
    for (std::int64_t i = 0; i < frames; ++i, row += frames) std::copy_n(source - i, frames, row);
  });
  return bias;
}

void PackedTransformer::attend(const Layer& layer, State& state, std::int64_t head) const {
  const at::NoGradGuard no_grad;
  const std::int64_t dim = config_.dim, head_dim = dim / config_.heads, gates = 3 * dim + head;
  // [1, 1, frames, head_dim]
  const auto part = [&](std::int64_t i) {
    return state.attention_input.narrow(1, i * dim + head * head_dim, head_dim).unsqueeze(0).unsqueeze(0);
  };
  const auto sigmoid = [&](std::int64_t column) {
    return at::sigmoid(state.attention_input.narrow(1, column, 1).to(at::kFloat));
  };
  const at::Tensor reset = sigmoid(gates + config_.heads) * layer.gate_scale[head];
  const at::Tensor gate = sigmoid(gates) * (reset - 1.0) + 2.0;  // [frames, 1]
  const at::Tensor bias = (gate * state.bias[head]).unsqueeze(0).unsqueeze(0);
  const at::Tensor mixed = at::scaled_dot_product_attention(part(0), part(1), part(2),
                                                            bias.to(state.attention_input.scalar_type()),
                                                            /*dropout_p=*/0.0, /*is_causal=*/false,
                                                            /*scale=*/1.0);
  state.attended.narrow(1, head * head_dim, head_dim).copy_(mixed[0][0]);
}

void PackedTransformer::attend(const Layer& layer, State& state) const {
  nn::parallel_for(config_.heads, [&](std::int64_t head) { attend(layer, state, head); });
}

// What a layer does after its attention, for a range of rows. The running sum and its normalisation stay in
// fp32 in every precision.
at::Tensor PackedTransformer::finish(const Layer& layer, const at::Tensor& attended,
                                     const at::Tensor& rows) const {
  const at::Tensor middle = layer.attention_norm(layer.output(attended, rows));
  return layer.final_norm(layer.contract(layer.expand(middle), middle));
}

at::Tensor PackedTransformer::forward(const at::Tensor& projected, std::vector<at::Tensor>* layers) const {
  const std::int64_t frames = projected.size(0);
  const std::vector<std::int64_t> starts = task_starts(frames);
  const std::int64_t tasks = std::ssize(starts) - 1;
  const auto rows_of = [&](const at::Tensor& tensor, std::int64_t task) {
    const auto i = static_cast<std::size_t>(task);
    return tensor.narrow(0, starts[i], starts[i + 1] - starts[i]);
  };
  const auto options = projected.options().dtype(nn::compute_type(precision_));
  State state = {position_bias(frames), at::empty({frames, 3 * config_.dim + 2 * config_.heads}, options),
                 at::empty({frames, config_.dim}, options), at::empty_like(projected)};
  at::Tensor sums = at::zeros({config_.layers + 1, tasks, config_.dim});
  // Keeps a layer's rows, adds them up, and begins the next layer.
  const auto complete = [&](std::size_t layer, std::int64_t task, const at::Tensor& rows) {
    sums[static_cast<std::int64_t>(layer)][task].copy_(rows.sum(0));
    rows_of(state.hidden, task).copy_(rows);
    if (layer < layers_.size())
      rows_of(state.attention_input, task).copy_(layers_[layer].attention_input(rows.to(options.dtype())));
  };
  const auto keep = [&] {
    if (layers != nullptr) layers->push_back(state.hidden.unsqueeze(0).clone());
  };

  const at::Tensor position = add_position(projected);
  nn::parallel_for(tasks, [&](std::int64_t task) {
    const at::NoGradGuard no_grad;
    const at::Tensor activated = at::gelu(rows_of(position, task) + position_bias_);
    complete(0, task, encoder_norm_(rows_of(projected, task) + activated));
  });
  keep();
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    attend(layers_[i], state);
    nn::parallel_for(tasks, [&](std::int64_t task) {
      const at::NoGradGuard no_grad;
      complete(i + 1, task, finish(layers_[i], rows_of(state.attended, task), rows_of(state.hidden, task)));
    });
    keep();
  }
  const nn::SerialRegion serial;
  return sums.sum(1) / static_cast<double>(frames);
}

}  // namespace qamro::encoders::wavlm
