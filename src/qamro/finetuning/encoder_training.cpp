#include "qamro/finetuning/encoder_training.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/encoders/distillmos/state_dict.h"
#include "qamro/finetuning/clap_training.h"
#include "qamro/finetuning/distillmos_run_model.h"
#include "qamro/finetuning/wavlm_start.h"
#include "qamro/finetuning/wavlm_training.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/safetensors.h"
#include "qamro/predictors/clip_encoding.h"
#include "qamro/predictors/distillmos_encoder.h"
#include "qamro/predictors/predictor.h"
#include "qamro/predictors/registry.h"

namespace qamro::finetuning {
namespace {

namespace distillmos = encoders::distillmos;

constexpr const char* kEncoderFolder = "encoder";

// Returns one row per clip, in the order of `clips`.
at::Tensor embed_all(const predictors::WindowEncoder& encoder, const std::vector<data::Clip>& clips,
                     int threads, const std::function<void()>& on_clip) {
  at::Tensor embeddings = at::empty({std::ssize(clips), encoder.dimension()}, at::kFloat);
  std::string failures;
  predictors::EncodingOptions options;
  options.threads = threads;
  predictors::encode_clips(encoder, clips, options, [&](std::size_t index, predictors::EncodedClip&& clip) {
    if (clip.error.empty()) {
      const std::vector<float> mean = predictors::mean_over_windows(clip.vectors);
      std::copy(mean.begin(), mean.end(), embeddings[static_cast<std::int64_t>(index)].data_ptr<float>());
    } else {
      failures += "\n  " + clip.error;
    }
    if (on_clip) on_clip();
    return true;
  });
  if (!failures.empty())
    throw InvalidInput(fmt::format("data.audio: clips that cannot be trained on:{}", failures));
  return embeddings;
}

std::vector<std::string> digests_of_files(const std::vector<data::Clip>& clips) {
  std::vector<std::string> digests;
  for (const data::Clip& clip : clips) digests.push_back(sha256_file(clip.path));
  return digests;
}

void prepare_distillmos_training(const training::Recipe& recipe, int threads, EncoderTraining& training,
                                 const std::function<void()>& on_clip) {
  if (recipe.model.head_kind != training::HeadKind::kMlp || recipe.model.normalise_rms ||
      recipe.data.crop != training::Crop::kAll)
    throw InvalidInput(
        "model.head_kind = \"aesthetics\", model.normalise_rms and data.crop = \"random\": expected an "
        "encoder "
        "of kind audiobox, got distillmos");
  const std::string weights_sha256 = predictors::verify_weights(training.encoder);
  const auto layout = distillmos::EmbeddingLayout::parse(recipe.model.layout);
  const std::shared_ptr<const predictors::WindowEncoder> frozen =
      predictors::load_distillmos_encoder(training.encoder, recipe.model.layout, predictors::Precision::fp32);
  training.clips = std::make_shared<AudioClips>(
      recipe, training.dataset, frozen->sample_rate_hz(), distillmos::DistillMosConfig::kWindowSamples,
      [frozen](std::int64_t samples) { return frozen->windows(samples); });
  training.dataset.embeddings = embed_all(*frozen, training.clips->clips(), threads, on_clip);
  training.dataset.audio_digests = digests_of_files(training.clips->clips());
  training.dataset.embeddings_sha256 = sha256_hex(
      weights_sha256 + sha256_hex(fmt::format("{}", fmt::join(training.dataset.audio_digests, ""))));
  training.dataset.encoder = {kEncoderFolder, "", layout.to_string(), frozen->sample_rate_hz(), "mean"};
  training.make_model = [weights = training.encoder, layout, clips = training.clips, recipe,
                         dim = training.dataset.embeddings.size(1)](std::uint64_t seed,
                                                                    const training::PreparedFold& fold) {
    const std::string file = weights.weights.string();
    auto module = distillmos::module_from_state_dict(predictors::load_encoder_state(weights), file);
    return std::make_unique<DistillMosRunModel>(
        std::move(module), layout, training::initial_heads(recipe, dim, seed), fold.standardiser, clips);
  };
}

bool trains_wavlm(const EncoderTraining& training) {
  return training.encoder.kind == "audiobox" || training.encoder.kind == kWavLmCheckpoint;
}

}  // namespace

EncoderTraining prepare_encoder_training(const training::Recipe& recipe, int threads,
                                         const std::function<void()>& on_clip) {
  EncoderTraining training;
  training.dataset = training::load_labels(recipe);
  training.encoder = describe_start(recipe.model.encoder);
  if (trains_wavlm(training))
    prepare_wavlm_training(recipe, training, on_clip);
  else if (training.encoder.kind == "clap")
    prepare_clap_training(recipe, training, on_clip);
  else if (training.encoder.kind == "distillmos")
    prepare_distillmos_training(recipe, threads, training, on_clip);
  else
    throw InvalidInput(fmt::format(
        "model.encoder: expected a model of kind distillmos, audiobox or clap, got '{}' of kind {}",
        recipe.model.encoder, training.encoder.kind));
  return training;
}

void save_trained_model(const std::filesystem::path& folder, const EncoderTraining& training,
                        training::FinalModel& model) {
  if (training.encoder.kind == "clap")
    return save_clap_training(folder, training.dataset, model, training.encoder);
  if (trains_wavlm(training)) return save_aesthetics_model(folder, model, nullptr);
  const std::filesystem::path encoder_folder = folder / kEncoderFolder;
  std::filesystem::create_directories(encoder_folder);
  auto& trained = dynamic_cast<DistillMosRunModel&>(*model.runs.front());
  io::StateDict state;
  for (const auto& [name, tensor] : distillmos::state_dict(trained.encoder()))
    state.emplace(name, tensor.detach().contiguous());
  io::save_safetensors(encoder_folder / "model.safetensors", state, {{"format", "pt"}});
  model.heads.encoder.sha256 = sha256_file(encoder_folder / "model.safetensors");

  nlohmann::ordered_json document = training.encoder.document;
  document["name"] = model.heads.name + " encoder";
  document["summary"] = fmt::format("{}, trained further with the heads of {}; its own score means nothing",
                                    training.encoder.name, model.heads.name);
  document["weights"] = "model.safetensors";
  document["sha256"] = model.heads.encoder.sha256;
  document.erase("weights_source");
  document["provenance"] = {{"started_from", training.encoder.name}};
  io::AtomicFile file(encoder_folder / "model.json");
  file.stream() << document.dump(2) << '\n';
  file.commit();
  model.heads.save(folder);
}

}  // namespace qamro::finetuning
