#include "qamro/models/audiobox/wavlm_training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/embeddings/embedding_file.h"
#include "qamro/models/audiobox/audiobox_model.h"
#include "qamro/models/audiobox/wavlm_run_model.h"
#include "qamro/models/audiobox/wavlm_start.h"

namespace qamro::models {
namespace {

namespace wavlm = encoders::wavlm;

// Each run has its own mapping of the file, because it writes into it.
std::shared_ptr<wavlm::WavLmModule> load_encoder(const ModelDescription& description, bool normalise_rms) {
  auto encoder = load_wavlm(description);
  if (normalise_rms) encoder->normalise_rms(true);
  return encoder;
}

}  // namespace

void prepare_wavlm_training(const training::Recipe& recipe, EncoderTraining& training,
                            const std::function<void()>& on_clip) {
  if (recipe.model.head_kind != training::HeadKind::kAesthetics)
    throw InvalidInput(
        fmt::format("model.head_kind: expected \"aesthetics\" with the encoder '{}', got \"{}\"",
                    recipe.model.encoder, name_of(recipe.model.head_kind)));
  const std::string weights_sha256 = verify_weights(training.encoder);
  const wavlm::WavLmConfig config = load_encoder(training.encoder, recipe.model.normalise_rms)->config();
  training.clips = std::make_shared<AudioClips>(recipe, training.dataset, wavlm::WavLmConfig::kSampleRateHz,
                                                config.window_samples,
                                                [window = config.window_samples](std::int64_t samples) {
                                                  return audio::fixed_hop_windows(samples, window, window);
                                                });
  training.dataset.audio_digests = training.clips->check(on_clip);
  training.dataset.embeddings_sha256 = sha256_hex(
      weights_sha256 + sha256_hex(fmt::format("{}", fmt::join(training.dataset.audio_digests, ""))));
  training.dataset.encoder = {training.encoder.name, weights_sha256, embeddings::kPooledLayers,
                              wavlm::WavLmConfig::kSampleRateHz, "mean"};
  training.make_model = [description = training.encoder, clips = training.clips, recipe](
                            std::uint64_t seed, const training::PreparedFold&) {
    auto encoder = load_encoder(description, recipe.model.normalise_rms);
    auto heads =
        training::initial_aesthetics_heads(recipe, encoder->config().layers + 1, encoder->config().dim, seed);
    return std::make_unique<WavLmRunModel>(std::move(encoder), std::move(heads), clips, recipe.data.crop);
  };
}

void save_aesthetics_model(const std::filesystem::path& folder, training::FinalModel& model,
                           const ModelDescription* frozen) {
  auto& run = static_cast<training::AestheticsRunModel&>(*model.runs.front());  // as the heads' kind says
  std::shared_ptr<wavlm::WavLmModule> encoder;
  if (frozen != nullptr)
    encoder = load_audiobox_model(*frozen).encoder;
  else
    encoder = static_cast<WavLmRunModel&>(run).encoder();
  nlohmann::ordered_json provenance = model.heads.provenance;
  provenance["started_from"] = model.heads.encoder.model;
  save_audiobox_model(
      folder, {model.heads.name, frozen != nullptr ? "Heads on a frozen WavLM" : "WavLM and heads, trained",
               "", std::move(encoder), run.heads(), model.heads.axes, std::move(provenance)});
}

}  // namespace qamro::models
