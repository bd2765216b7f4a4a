#include "qamro/encoders/wavlm/packed.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/nn/attention.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::wavlm {
namespace {

// Frames that are added up together, however the tasks are split.
constexpr std::int64_t kBlockRows = 32;
// A task has a whole window of 10 s, so that the weights are read once, or fewer rows if there are
// more threads.
constexpr std::int64_t kTaskRows = 512;

std::vector<std::int64_t> task_starts(std::int64_t rows) {
  const std::int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  const std::int64_t tasks = nn::task_count(blocks, (rows + kTaskRows - 1) / kTaskRows);
  std::vector<std::int64_t> starts;
  for (std::int64_t i = 0; i < tasks; ++i) starts.push_back(i * blocks / tasks * kBlockRows);
  starts.push_back(rows);
  return starts;
}

float sigmoid(float x) {
  return 1 / (1 + std::exp(-x));
}

// [2 heads, dim] and [2 heads]: a linear map to the arguments of the gates' sigmoids, first of each head's
// update gate, then of each head's reset gate. The reference sums four outputs of a linear layer for each
// gate, which is one linear map.
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

nn::InferenceNorm copy_of(const nn::Norm& norm, const nn::Arithmetic& arithmetic) {
  return {norm->weight, norm->bias, arithmetic, WavLmConfig::kNormEpsilon};
}

// projected + gelu(position + bias), [rows, dim].
at::Tensor activate(const at::Tensor& position, const at::Tensor& bias, const at::Tensor& projected,
                    const nn::Arithmetic& arithmetic) {
  const at::Tensor sum = at::empty_like(projected);
  nn::RowFinish to;
  to.bias = bias.const_data_ptr<float>();
  to.activation = nn::Activation::gelu;
  to.residual = projected.const_data_ptr<float>();
  to.residual_stride = projected.stride(0);
  to.target = {sum.mutable_data_ptr<float>(), nullptr, sum.size(1)};
  nn::row_kernels(arithmetic.processor.is_plain)
      .finish(position.const_data_ptr<float>(), position.stride(0), position.size(0), position.size(1), to);
  return sum;
}

// Adds rows [first, end) to their blocks' sums, [blocks, dim]; `first` begins a block.
void add_up(const at::Tensor& rows, std::int64_t first, std::int64_t end, const at::Tensor& sums) {
  const std::int64_t dim = rows.size(1);
  for (std::int64_t row = first; row < end; row += kBlockRows)
    nn::row_kernels().add_rows(rows.const_data_ptr<float>() + row * dim, dim, std::min(kBlockRows, end - row),
                               dim, sums.mutable_data_ptr<float>() + row / kBlockRows * dim);
}

at::Tensor serial_position_weight(const WavLmModule& module) {
  const at::NoGradGuard no_grad;
  const nn::SerialRegion serial;
  return module.position_weight();
}

}  // namespace

struct PackedTransformer::State {
  at::Tensor bias;             // [heads, 2 frames - 1], by distance
  at::Tensor attention_input;  // [rows, 3 dim + 2 heads]
  at::Tensor gates;            // float32 [heads, rows]
  at::Tensor attended;         // [rows, dim]
  at::Tensor hidden;           // float32 [rows, dim]
};

PackedTransformer::PackedTransformer(const WavLmModule& module, const nn::Arithmetic& arithmetic,
                                     const std::function<void(const at::Tensor&)>& packed)
    : config_(module.config()),
      arithmetic_(arithmetic),
      position_(serial_position_weight(module), config_.position_groups, arithmetic),
      position_bias_(module.position_bias.detach().clone()),
      encoder_norm_(copy_of(module.encoder_norm, arithmetic)),
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

PackedTransformer::Layer PackedTransformer::pack(const TransformerLayerImpl& layer) const {
  const GatedAttentionImpl& attention = *layer.self_attn;
  const double scale = 1.0 / std::sqrt(static_cast<double>(config_.dim) / static_cast<double>(config_.heads));
  const Gates gates = gates_of(attention, config_.heads);
  const at::Tensor weight = at::cat(
      {attention.q_proj->weight * scale, attention.k_proj->weight, attention.v_proj->weight, gates.weight});
  const at::Tensor bias =
      at::cat({attention.q_proj->bias * scale, attention.k_proj->bias, attention.v_proj->bias, gates.bias});
  return {{weight, bias, arithmetic_},
          {attention.out_proj->weight, attention.out_proj->bias, arithmetic_},
          {layer.fc1->weight, layer.fc1->bias, arithmetic_, nn::Activation::gelu},
          {layer.fc2->weight, layer.fc2->bias, arithmetic_},
          copy_of(layer.self_attn_layer_norm, arithmetic_),
          copy_of(layer.final_layer_norm, arithmetic_),
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

// Computes a layer's queries, keys, values and gates for some rows, given as products take them.
void PackedTransformer::begin(const Layer& layer, State& state, std::int64_t first,
                              const at::Tensor& rows) const {
  const std::int64_t count = rows.size(0), heads = config_.heads, frames = state.gates.size(1);
  const at::Tensor own = state.attention_input.narrow(0, first, count);
  layer.attention_input.write(rows, own);
  const at::Tensor raw = own.narrow(1, 3 * config_.dim, 2 * heads).to(at::kFloat).contiguous();
  const auto* number = raw.const_data_ptr<float>();
  const auto* scale = layer.gate_scale.const_data_ptr<float>();
  auto* gates = state.gates.mutable_data_ptr<float>() + first;
  for (std::int64_t row = 0; row < count; ++row, number += 2 * heads)
    for (std::int64_t head = 0; head < heads; ++head)
      gates[head * frames + row] =
          sigmoid(number[head]) * (sigmoid(number[heads + head]) * scale[head] - 1) + 2;
}

void PackedTransformer::attend(State& state, std::int64_t head) const {
  const std::int64_t dim = config_.dim, head_dim = dim / config_.heads, frames = state.gates.size(1);
  const auto part = [&](std::int64_t i) {
    return state.attention_input.narrow(1, i * dim + head * head_dim, head_dim).const_data_ptr();
  };
  nn::AttentionHead own = {part(0), part(1), part(2), state.attention_input.stride(0), frames, head_dim};
  // The bias of query i with key j depends on the distance j - i, so each query starts one step further back.
  own.bias = state.bias.const_data_ptr<float>() + head * (2 * frames - 1) + frames - 1;
  own.bias_stride = -1;
  own.gates = state.gates.const_data_ptr<float>() + head * frames;
  own.mixed = state.attended.narrow(1, head * head_dim, head_dim).mutable_data_ptr();
  own.mixed_stride = dim;
  nn::attend(own, arithmetic_);
}

// What a layer does after its attention, for some rows. Returns them as the next layer's products take them.
// The running sum and its normalisation stay in fp32 in every precision.
at::Tensor PackedTransformer::finish(const Layer& layer, State& state, std::int64_t first,
                                     std::int64_t count) const {
  const at::Tensor hidden = state.hidden.narrow(0, first, count);
  const nn::NormalisedRows middle =
      layer.attention_norm(layer.output.add(state.attended.narrow(0, first, count), hidden));
  return layer.final_norm.write(layer.contract.add(layer.expand(middle.rows), middle.exact), hidden);
}

at::Tensor PackedTransformer::forward(const at::Tensor& projected, std::vector<at::Tensor>* layers) const {
  const std::int64_t frames = projected.size(0), blocks = (frames + kBlockRows - 1) / kBlockRows;
  const std::vector<std::int64_t> starts = task_starts(frames);
  const auto options = projected.options().dtype(arithmetic_.rows);
  State state = {
      position_bias_by_distance(relative_attention_bias_, frames, config_.max_distance).contiguous(),
      at::empty({frames, 3 * config_.dim + 2 * config_.heads}, options), at::empty({config_.heads, frames}),
      at::empty({frames, config_.dim}, options), at::empty_like(projected)};
  at::Tensor sums = at::zeros({config_.layers + 1, blocks, config_.dim});
  // For each task, runs work(first row, rows), which leaves a layer's rows in state.hidden and returns them
  // for the next layer's products. Then adds up the rows and begins the next layer.
  const auto for_tasks = [&](std::size_t layer, const auto& work) {
    nn::parallel_for(std::ssize(starts) - 1, [&](std::int64_t task) {
      const at::NoGradGuard no_grad;
      const std::int64_t first = starts[static_cast<std::size_t>(task)];
      const std::int64_t end = starts[static_cast<std::size_t>(task) + 1];
      const at::Tensor rows = work(first, end - first);
      add_up(state.hidden, first, end, sums[static_cast<std::int64_t>(layer)]);
      if (layer < layers_.size()) begin(layers_[layer], state, first, rows);
    });
    if (layers != nullptr) layers->push_back(state.hidden.unsqueeze(0).clone());
  };

  const at::Tensor position = add_position(projected);
  for_tasks(0, [&](std::int64_t first, std::int64_t count) {
    const auto own = [&](const at::Tensor& tensor) { return tensor.narrow(0, first, count); };
    const at::Tensor sum = activate(own(position), position_bias_, own(projected), arithmetic_);
    return encoder_norm_.write(sum, own(state.hidden));
  });
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    nn::parallel_for(config_.heads, [&](std::int64_t head) { attend(state, head); });
    for_tasks(i + 1, [&](std::int64_t first, std::int64_t count) {
      return finish(layers_[i], state, first, count);
    });
  }
  const nn::SerialRegion serial;
  return sums.sum(1) / static_cast<double>(frames);
}

}  // namespace qamro::encoders::wavlm
