#include "qamro/models/distillmos/training.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/encoders/distillmos/module.h"
#include "qamro/heads/head_model.h"
#include "qamro/models/clip_embedding.h"
#include "qamro/models/distillmos/encoder.h"
#include "qamro/models/encoder_training.h"
#include "qamro/training/fold.h"

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

namespace {

namespace distillmos = encoders::distillmos;

constexpr const char* kEncoderFolder = "encoder";

// One row per clip, in the order of `clips`: what `qamro embed` would write.
embeddings::ClipEmbeddings embed_all(std::shared_ptr<const WindowEncoder> encoder,
                                     const std::vector<data::Clip>& clips, int threads,
                                     const std::function<void()>& on_clip) {
  EncodingOptions options;
  options.threads = threads;
  auto embedded = embed_clips({std::move(encoder)}, clips, options, [&](const std::string&) {
    if (on_clip) on_clip();
  });
  if (!embedded.failures.empty())
    throw InvalidInput(fmt::format("data.audio: clips that cannot be trained on:\n  {}",
                                   fmt::join(embedded.failures, "\n  ")));
  return embedded;
}

}  // namespace

void prepare_distillmos_training(const training::Recipe& recipe, int threads, EncoderTraining& training,
                                 const std::function<void()>& on_clip) {
  if (recipe.model.head_kind != training::HeadKind::kMlp || recipe.model.normalise_rms ||
      recipe.data.crop != training::Crop::kAll)
    throw InvalidInput(
        "model.head_kind = \"aesthetics\", model.normalise_rms and data.crop = \"random\": expected an encoder of kind audiobox, got distillmos");
  const std::string weights_sha256 = verify_weights(training.encoder);
  const auto layout = distillmos::EmbeddingLayout::parse(recipe.model.layout);
  const std::shared_ptr<const WindowEncoder> frozen =
      load_distillmos_encoder(training.encoder, recipe.model.layout, Precision::fp32);
  training.clips = std::make_shared<AudioClips>(
      recipe, training.dataset, frozen->sample_rate_hz(), distillmos::DistillMosConfig::kWindowSamples,
      [frozen](std::int64_t samples) { return frozen->windows(samples); });
  embeddings::ClipEmbeddings embedded = embed_all(frozen, training.clips->clips(), threads, on_clip);
  training.dataset.embeddings = at::tensor(embedded.values).view({embedded.rows(), embedded.dimension});
  set_digests(training.dataset, std::move(embedded.digests));
  training.dataset.embeddings_sha256 = sha256_hex(
      weights_sha256 + sha256_hex(fmt::format("{}", fmt::join(training.dataset.audio_digests, ""))));
  training.dataset.encoder = {kEncoderFolder, "", layout.to_string(), frozen->sample_rate_hz(), "mean"};
  training.make_model = [weights = training.encoder, layout, clips = training.clips, recipe,
                         dim = training.dataset.embeddings.size(1)](std::uint64_t seed,
                                                                    const training::PreparedFold& fold) {
    const std::string file = weights.weights.string();
    auto module = distillmos::module_from_state_dict(weights.tensors("model"), file);
    return std::make_unique<DistillMosRunModel>(
        std::move(module), layout, training::initial_heads(recipe, dim, seed), fold.standardiser, clips);
  };
}

void save_distillmos_training(const std::filesystem::path& folder, const EncoderTraining& training,
                              training::FinalModel& model) {
  auto& trained = static_cast<DistillMosRunModel&>(*model.runs.front());  // which make_model made
  model.heads.encoder.sha256 = heads::write_model_files(
      folder / kEncoderFolder, distillmos::state_dict(trained.encoder()), [&](const std::string& sha256) {
        nlohmann::ordered_json document = training.encoder.document;
        document["name"] = model.heads.name + " encoder";
        document["summary"] =
            fmt::format("{}, trained further with the heads of {}; its own score means nothing",
                        training.encoder.name, model.heads.name);
        document["weights"] = heads::kWeightsFile;
        document["sha256"] = sha256;
        document.erase("weights_source");
        document["provenance"] = {{"started_from", training.encoder.name}};
        return document;
      });
  model.heads.save(folder);
}

}  // namespace qamro::models
