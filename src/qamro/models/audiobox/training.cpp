#include "qamro/models/audiobox/training.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <filesystem>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/embeddings/embedding_file.h"
#include "qamro/embeddings/window_rows.h"
#include "qamro/encoders/wavlm/config.h"
#include "qamro/encoders/wavlm/module.h"
#include "qamro/io/pickle_value.h"
#include "qamro/models/audiobox/model.h"
#include "qamro/models/encoder_training.h"
#include "qamro/training/heads_on_embeddings.h"

namespace qamro::models {
namespace {

constexpr std::string_view kUnused = "mask_emb";

// Windows of several clips for one pass of the encoder.
struct WindowBatch {
  std::vector<at::Tensor> samples;
  std::vector<std::int64_t> valid;
  std::vector<std::uint64_t> seeds;  // of dropout; empty outside training
  embeddings::WindowRows rows;

  void add(ClipWindows&& clip) {
    rows.add_clip(clip.valid_samples);
    valid.insert(valid.end(), clip.valid_samples.begin(), clip.valid_samples.end());
    samples.push_back(std::move(clip.samples));
  }
  void add_seeds(std::uint64_t of_clip) {
    for (std::uint64_t window = 0; seeds.size() < valid.size(); ++window)
      seeds.push_back(derive_seed(of_clip, "window", window));
  }
};

}  // namespace

WavLmRunModel::WavLmRunModel(std::shared_ptr<encoders::wavlm::WavLmModule> encoder,
                             heads::AestheticsHeads heads, std::shared_ptr<const AudioClips> clips,
                             training::Crop crop)
    : encoder_(std::move(encoder)), heads_(std::move(heads)), clips_(std::move(clips)), crop_(crop) {}

io::StateDict WavLmRunModel::named_parameters() const {
  io::StateDict named = parameters_of_run(*encoder_, heads_.named_parameters());
  named.erase(fmt::format("{}{}", kEncoderPrefix, kUnused));
  return named;
}

bool WavLmRunModel::trains_encoder() const {
  return std::ranges::any_of(encoder_->named_parameters(), [](const auto& item) {
    return item.key() != kUnused && item.value().requires_grad();
  });
}

// Windows with the same number of frames run together. What dropout removes from a window depends on the
// number of frames it is computed with, which must not depend on the windows beside it.
at::Tensor WavLmRunModel::pool(const at::Tensor& samples, std::span<const std::int64_t> valid,
                               std::span<const std::uint64_t> seeds) {
  std::map<std::int64_t, std::vector<std::int64_t>> rows_of_frames;
  for (std::size_t i = 0; i < valid.size(); ++i)
    rows_of_frames[encoder_->config().valid_frames(valid[i])].push_back(static_cast<std::int64_t>(i));
  std::vector<at::Tensor> pooled(valid.size());
  for (const auto& [frames, rows] : rows_of_frames) {
    std::vector<std::int64_t> own_valid;
    std::vector<std::uint64_t> own_seeds;
    for (const std::int64_t row : rows) {
      own_valid.push_back(valid[static_cast<std::size_t>(row)]);
      if (!seeds.empty()) own_seeds.push_back(seeds[static_cast<std::size_t>(row)]);
    }
    const at::Tensor windows =
        samples.index_select(0, at::tensor(rows, at::kLong)).narrow(1, 0, std::ranges::max(own_valid));
    const at::Tensor own = encoders::wavlm::pool_layers(encoder_->forward(windows, own_valid, own_seeds));
    for (std::size_t i = 0; i < rows.size(); ++i)
      pooled[static_cast<std::size_t>(rows[i])] = own[static_cast<std::int64_t>(i)];
  }
  return at::stack(pooled);
}

std::int64_t WavLmRunModel::depth_of(const std::string& parameter) const {
  const std::int64_t layers = encoder_->config().layers;
  if (parameter.starts_with(kHeadsPrefix)) return 0;
  if (const std::int64_t layer = number_after(parameter, "encoder.encoder.layers."); layer >= 0)
    return layers - layer;
  if (const std::int64_t convolution = number_after(parameter, "conv_layers."); convolution >= 0)
    return layers + 1 + std::ssize(encoder_->config().conv_layers) - convolution;
  return layers + 1;
}

std::vector<at::Tensor> WavLmRunModel::draw_dropout(std::int64_t clips, Random& random) const {
  std::vector<at::Tensor> drawn = heads_.draw_dropout(clips, random);
  at::Tensor seeds = at::empty({clips}, at::kLong);
  at::Tensor places = at::empty({clips}, at::kDouble);
  for (std::int64_t clip = 0; clip < clips; ++clip) {
    seeds.mutable_data_ptr<std::int64_t>()[clip] = static_cast<std::int64_t>(random.next());
    places.mutable_data_ptr<double>()[clip] = random.uniform();
  }
  drawn.push_back(seeds);
  drawn.push_back(places);
  return drawn;
}

at::Tensor WavLmRunModel::forward(std::span<const std::int64_t> clips,
                                  const std::vector<at::Tensor>& dropout) {
  const bool is_training = !dropout.empty();
  std::span<const at::Tensor> masks = dropout;
  at::Tensor seeds, places;
  if (is_training) {
    seeds = dropout[dropout.size() - 2].contiguous();
    places = dropout.back().contiguous();
    masks = masks.first(dropout.size() - 2);
  }
  WindowBatch batch;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const bool is_cropped = is_training && crop_ == training::Crop::kRandom;
    batch.add(is_cropped ? clips_->load_crop(clips[i], places.const_data_ptr<double>()[i])
                         : clips_->load(clips[i]));
    if (is_training && trains_encoder())
      batch.add_seeds(static_cast<std::uint64_t>(seeds.const_data_ptr<std::int64_t>()[i]));
  }
  const at::Tensor pooled = pool(at::cat(batch.samples), batch.valid, batch.seeds);
  return training::score_windows(heads_, pooled, batch.rows, masks);
}

namespace wavlm = encoders::wavlm;

std::optional<ModelDescription> describe_wavlm_checkpoint(const WeightsFile& file) {
  if (file.is_safetensors()) return std::nullopt;
  const auto* top = file.checkpoint().get_if<io::PickleDict>();
  if (top == nullptr || top->find("cfg") == nullptr || top->find("model") == nullptr) return std::nullopt;
  ModelDescription description;
  description.name = file.path().stem().string();
  description.kind = kWavLmCheckpoint;
  description.folder = std::filesystem::absolute(file.path()).parent_path();
  description.weights = file.path();
  description.document = {{"name", description.name},
                          {"kind", kWavLmCheckpoint},
                          {"encoder_config", io::to_json(*top->find("cfg"), file.path().string() + ": cfg")}};
  return description;
}

namespace {

// Loads the WavLM of a model of kind "audiobox" or kWavLmCheckpoint into its own mapping, which may be
// written into. Throws CheckpointError for tensors or settings that do not fit.
std::shared_ptr<wavlm::WavLmModule> load_wavlm(const ModelDescription& description) {
  if (description.kind != kWavLmCheckpoint) return load_audiobox_model(description).encoder;
  const std::string file = description.weights.string();
  const auto config = wavlm::config_from_json(description.document.at("encoder_config"), file + ": cfg");
  return wavlm::module_from_state_dict(description.tensors("model"), file, &config);
}

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
  set_digests(training.dataset, training.clips->check(on_clip));
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

OwnScoresOfClips audiobox_own_scores(const AudioboxModel& model, const training::Dataset& dataset) {
  constexpr std::int64_t kClipsAtATime = 256;
  const at::NoGradGuard no_grad;
  training::AestheticsOnEmbeddings scorer(model.heads, dataset.embeddings, dataset.windows);
  OwnScoresOfClips own;
  for (const heads::HeadAxis& axis : model.axes) own.axes.push_back(axis.name);
  own.scores.resize(own.axes.size());
  for (std::int64_t first = 0; first < dataset.size(); first += kClipsAtATime) {
    std::vector<std::int64_t> clips(
        static_cast<std::size_t>(std::min(kClipsAtATime, dataset.size() - first)));
    std::iota(clips.begin(), clips.end(), first);
    const at::Tensor labels = to_labels(model.axes, scorer.forward(clips, {}));
    for (std::size_t axis = 0; axis < own.axes.size(); ++axis) {
      const at::Tensor column = labels.select(1, static_cast<std::int64_t>(axis)).contiguous();
      own.scores[axis].insert(own.scores[axis].end(), column.const_data_ptr<double>(),
                              column.const_data_ptr<double>() + column.numel());
    }
  }
  return own;
}

}  // namespace qamro::models
