#include "qamro/encoders/roberta/inference.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "qamro/nn/few_rows_linear.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::roberta {
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
