#include "qamro/encoders/roberta/module.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "qamro/core/error.h"
#include "qamro/encoders/module_state.h"
#include "qamro/nn/few_rows_linear.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::roberta {
namespace {

// More than any version has; keeps a hostile file from asking for endless layers.
constexpr std::int64_t kMaximumLayers = 1000;

std::int64_t layers_of(const io::StateDict& state) {
  std::int64_t layers = 0;
  while (layers < kMaximumLayers &&
         state.contains(fmt::format("encoder.layer.{}.intermediate.dense.weight", layers)))
    ++layers;
  return layers;
}

using nn::add_branch;
using nn::Norm;
using nn::Projection;

at::Tensor add_table(torch::nn::Module& parent, const std::string& name, std::int64_t rows,
                     std::int64_t dim) {
  return add_branch(parent, name)->register_parameter("weight", at::empty({rows, dim}));
}

void check_texts(const TokenRows& texts, const RobertaConfig& config) {
  if (texts.ids.dim() != 1 || texts.ids.scalar_type() != at::kLong || texts.lengths.empty())
    throw InvalidInput("RoBERTa: expected texts of int64 tokens, got something else or none");
  for (const std::int64_t length : texts.lengths)
    if (length < 1 || length > config.longest())
      throw InvalidInput(
          fmt::format("RoBERTa: expected texts of 1 to {} tokens, got {}", config.longest(), length));
  const std::int64_t rows = std::accumulate(texts.lengths.begin(), texts.lengths.end(), std::int64_t{0});
  if (rows != texts.ids.size(0))
    throw InvalidInput(fmt::format("RoBERTa: expected {} tokens, got {}", rows, texts.ids.size(0)));
  const auto low = texts.ids.min().item<std::int64_t>(), high = texts.ids.max().item<std::int64_t>();
  if (low < 0 || high >= config.vocabulary)
    throw InvalidInput(fmt::format("RoBERTa: expected tokens from 0 to {}, got {}", config.vocabulary - 1,
                                   low < 0 ? low : high));
}

// The first row of each text.
at::Tensor first_rows(const at::Tensor& rows, const std::vector<std::int64_t>& lengths) {
  std::vector<std::int64_t> starts(lengths.size());
  std::exclusive_scan(lengths.begin(), lengths.end(), starts.begin(), std::int64_t{0});
  return rows.index_select(0, at::tensor(starts, at::kLong));
}

}  // namespace

void RobertaConfig::validate() const {
  if (vocabulary < 1 || positions <= kFirstPosition || token_types < 1 || feed_forward < 1 || layers < 1)
    throw InvalidInput(fmt::format(
        "RoBERTa: expected sizes >= 1 and more than {} positions, got vocabulary {}, positions {}, token types {}, feed-forward {}, layers {}",
        kFirstPosition, vocabulary, positions, token_types, feed_forward, layers));
  if (dim < 1 || heads < 1 || dim % heads != 0)
    throw InvalidInput(fmt::format("RoBERTa: expected a width divisible by {} heads, got {}", heads, dim));
  if (!(norm_epsilon > 0)) throw InvalidInput("RoBERTa: norm_epsilon: expected a positive number");
}

RobertaConfig config_from_state_dict(const io::StateDict& state, std::string_view file,
                                     const RobertaConfig& declared) {
  RobertaConfig config = declared;
  const at::IntArrayRef words = io::shape_of(state, "embeddings.word_embeddings.weight", 2, file);
  config.vocabulary = words[0];
  config.dim = words[1];
  config.positions = io::shape_of(state, "embeddings.position_embeddings.weight", 2, file)[0];
  config.token_types = io::shape_of(state, "embeddings.token_type_embeddings.weight", 2, file)[0];
  config.feed_forward = io::shape_of(state, "encoder.layer.0.intermediate.dense.weight", 2, file)[0];
  config.layers = layers_of(state);
  try {
    config.validate();
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: {}", file, error.what()));
  }
  return config;
}

TokenRows TokenRows::of(std::span<const std::vector<std::int64_t>> texts) {
  TokenRows rows;
  std::vector<std::int64_t> ids;
  for (const auto& text : texts) {
    ids.insert(ids.end(), text.begin(), text.end());
    rows.lengths.push_back(std::ssize(text));
  }
  rows.ids = at::tensor(ids, at::kLong);
  return rows;
}

AttentionImpl::AttentionImpl(const RobertaConfig& config) : heads_(config.heads) {
  const auto self = add_branch(*this, "self");
  query = self->register_module("query", Projection(config.dim, config.dim));
  key = self->register_module("key", Projection(config.dim, config.dim));
  value = self->register_module("value", Projection(config.dim, config.dim));
  const auto out = add_branch(*this, "output");
  dense = out->register_module("dense", Projection(config.dim, config.dim));
  norm = out->register_module("LayerNorm", Norm(config.dim, config.norm_epsilon));
}

at::Tensor AttentionImpl::forward(const at::Tensor& rows, at::IntArrayRef lengths) const {
  // [rows, dim] -> [heads, length, dim / heads] per text
  const auto split = [&](const at::Tensor& projected) {
    return projected.unflatten(1, {heads_, -1}).transpose(0, 1).split_with_sizes(lengths, 1);
  };
  const auto queries = split(query->forward(rows)), keys = split(key->forward(rows)),
             values = split(value->forward(rows));
  const double scale = 1.0 / std::sqrt(static_cast<double>(rows.size(1)) / static_cast<double>(heads_));
  std::vector<at::Tensor> mixed;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const at::Tensor weights = at::softmax(at::matmul(queries[i] * scale, keys[i].transpose(1, 2)), -1);
    mixed.push_back(at::matmul(weights, values[i]).transpose(0, 1).flatten(1));
  }
  return norm->forward(dense->forward(at::cat(mixed)) + rows);
}

LayerImpl::LayerImpl(const RobertaConfig& config)
    : attention(register_module("attention", Attention(config))) {
  intermediate = add_branch(*this, "intermediate")
                     ->register_module("dense", Projection(config.dim, config.feed_forward));
  const auto out = add_branch(*this, "output");
  output = out->register_module("dense", Projection(config.feed_forward, config.dim));
  output_norm = out->register_module("LayerNorm", Norm(config.dim, config.norm_epsilon));
}

at::Tensor LayerImpl::forward(const at::Tensor& rows, at::IntArrayRef lengths) const {
  const at::Tensor attended = attention->forward(rows, lengths);
  return output_norm->forward(output->forward(at::gelu(intermediate->forward(attended))) + attended);
}

RobertaModule::RobertaModule(const RobertaConfig& config) : config_(config) {
  config_.validate();
  const auto embeddings = add_branch(*this, "embeddings");
  word_embeddings = add_table(*embeddings, "word_embeddings", config_.vocabulary, config_.dim);
  position_embeddings = add_table(*embeddings, "position_embeddings", config_.positions, config_.dim);
  token_type_embeddings = add_table(*embeddings, "token_type_embeddings", config_.token_types, config_.dim);
  embeddings_norm = embeddings->register_module("LayerNorm", Norm(config_.dim, config_.norm_epsilon));
  const auto stack = add_branch(*add_branch(*this, "encoder"), "layer");
  for (std::int64_t i = 0; i < config_.layers; ++i)
    layers.emplace_back(stack->register_module(std::to_string(i), Layer(config_)));
  pooler = add_branch(*this, "pooler")->register_module("dense", Projection(config_.dim, config_.dim));
}

at::Tensor RobertaModule::embed(const TokenRows& texts) const {
  check_texts(texts, config_);
  std::vector<at::Tensor> places;
  for (const std::int64_t length : texts.lengths)
    places.push_back(at::arange(length, at::kLong) + RobertaConfig::kFirstPosition);
  const at::Tensor words = at::embedding(word_embeddings, texts.ids) + token_type_embeddings[0];
  return embeddings_norm->forward(words + at::embedding(position_embeddings, at::cat(places)));
}

RobertaOutput RobertaModule::forward(const TokenRows& texts) const {
  RobertaOutput output;
  output.layers.push_back(embed(texts));
  for (const Layer& layer : layers)
    output.layers.push_back(layer->forward(output.layers.back(), texts.lengths));
  output.pooled = at::tanh(pooler->forward(first_rows(output.layers.back(), texts.lengths)));
  return output;
}

std::shared_ptr<RobertaModule> module_from_state_dict(io::StateDict state, std::string_view file,
                                                      const RobertaConfig& declared) {
  state.erase("embeddings.position_ids");
  state.erase("embeddings.token_type_ids");
  return module_of<RobertaModule>(config_from_state_dict(state, file, declared), state, file);
}

namespace {

at::Tensor project(const nn::Projection& layer, const at::Tensor& rows) {
  return nn::few_rows_linear(rows, layer->weight, layer->bias);
}

// [tokens, dim] each -> [tokens, dim]: for each token, the values weighted by how its query matches the keys.
at::Tensor mix(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, std::int64_t heads) {
  const nn::SerialRegion serial;  // MKL's last bits depend on the number of threads
  const auto by_head = [&](const at::Tensor& rows) {
    return rows.view({1, rows.size(0), heads, -1}).transpose(1, 2);
  };
  return at::scaled_dot_product_attention(by_head(query), by_head(key), by_head(value))
      .transpose(1, 2)
      .reshape({query.size(0), -1});
}

at::Tensor add_and_norm(const nn::Norm& norm, const at::Tensor& rows, const at::Tensor& residual) {
  const nn::SerialRegion serial;
  return norm->forward(rows + residual);
}

at::Tensor activate(const at::Tensor& rows) {
  const nn::SerialRegion serial;
  return at::gelu(rows);
}

at::Tensor run(const LayerImpl& layer, const at::Tensor& rows, std::int64_t heads) {
  const AttentionImpl& attention = *layer.attention;
  const at::Tensor mixed = mix(project(attention.query, rows), project(attention.key, rows),
                               project(attention.value, rows), heads);
  const at::Tensor attended = add_and_norm(attention.norm, project(attention.dense, mixed), rows);
  const at::Tensor expanded = activate(project(layer.intermediate, attended));
  return add_and_norm(layer.output_norm, project(layer.output, expanded), attended);
}

}  // namespace

RobertaOutput InferenceRoberta::forward(std::span<const std::int64_t> tokens) const {
  const at::NoGradGuard no_grad;
  RobertaOutput output;
  {
    const nn::SerialRegion serial;
    const std::vector<std::int64_t> text(tokens.begin(), tokens.end());
    output.layers.push_back(module_->embed(TokenRows::of({&text, 1})));
  }
  for (const Layer& layer : module_->layers)
    output.layers.push_back(run(*layer, output.layers.back(), module_->config().heads));
  output.pooled = at::tanh(project(module_->pooler, output.layers.back().narrow(0, 0, 1)));
  return output;
}

}  // namespace qamro::encoders::roberta
