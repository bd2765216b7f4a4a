#include "qamro/models/distillmos/distillmos_run_model.h"

#include <ATen/ATen.h>

#include <utility>

#include "qamro/models/parameter_names.h"

namespace qamro::models {
DistillMosRunModel::DistillMosRunModel(std::shared_ptr<encoders::distillmos::DistillMosModule> encoder,
                                       encoders::distillmos::EmbeddingLayout layout, heads::Heads heads,
                                       heads::Standardiser standardiser,
                                       std::shared_ptr<const AudioClips> clips)
    : encoder_(std::move(encoder)),
      layout_(std::move(layout)),
      heads_(std::move(heads)),
      standardiser_(std::move(standardiser)),
      clips_(std::move(clips)) {
  layout_.validate(encoder_->config());
  encoder_->eval();
  encoder_->share_silence(true);
}

io::StateDict DistillMosRunModel::named_parameters() const {
  return parameters_of_run(*encoder_, heads_.named_parameters());
}

std::int64_t DistillMosRunModel::depth_of(const std::string& parameter) const {
  const auto layers = encoder_->config().layers;
  if (parameter.starts_with(kHeadsPrefix)) return 0;
  if (const std::int64_t layer = number_after(parameter, "transformer_encoder.layers."); layer >= 0)
    return 1 + layers - layer;
  if (const std::int64_t module = number_after(parameter, "cnn.cnn."); module >= 0)
    return layers + 2 + std::ssize(encoder_->config().channels) - module / 2;  // activations in between
  const bool is_behind_layers =
      parameter.find(".pool.") != std::string::npos || parameter.find("norm_trans") != std::string::npos;
  return is_behind_layers ? 1 : layers + 2;
}

std::vector<at::Tensor> DistillMosRunModel::draw_dropout(std::int64_t clips, Random& random) const {
  return heads_.draw_dropout(clips, random);
}

at::Tensor DistillMosRunModel::forward(std::span<const std::int64_t> clips,
                                       const std::vector<at::Tensor>& dropout) {
  return heads_.forward(standardiser_.apply(embed(clips)), dropout);
}

// [clips, dim]
at::Tensor DistillMosRunModel::embed(std::span<const std::int64_t> clips) {
  std::vector<at::Tensor> samples;
  std::vector<std::int64_t> valid, counts;
  for (const std::int64_t clip : clips) {
    ClipWindows windows = clips_->load(clip);
    counts.push_back(windows.samples.size(0));
    samples.push_back(std::move(windows.samples));
    valid.insert(valid.end(), windows.valid_samples.begin(), windows.valid_samples.end());
  }
  const auto output = encoder_->forward(at::cat(samples));
  const at::Tensor windows = encoders::distillmos::embed(layout_, encoder_->config(), output, valid);
  std::vector<at::Tensor> means;
  for (const at::Tensor& own : windows.to(at::kFloat).split_with_sizes(counts)) means.push_back(own.mean(0));
  return at::stack(means);
}

}  // namespace qamro::models
