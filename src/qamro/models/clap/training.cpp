#include "qamro/models/clap/training.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/data/prompts.h"
#include "qamro/embeddings/window_rows.h"
#include "qamro/models/clap/encoder.h"
#include "qamro/models/clap/model.h"
#include "qamro/models/encoder_training.h"
#include "qamro/text/roberta_tokenizer.h"
#include "qamro/training/heads_on_embeddings.h"

namespace qamro::models {
namespace {

using encoders::htsat::HtsatConfig;

// Adds a clip's windows as CLAP reads them, one row per window.
void add_windows(const ClipWindows& clip, bool rounds_to_16_bits, std::vector<at::Tensor>& windows) {
  const auto* samples = clip.samples.const_data_ptr<float>();
  for (const std::int64_t valid : clip.valid_samples) {
    const auto window = clap_window({samples, static_cast<std::size_t>(valid)}, rounds_to_16_bits);
    windows.push_back(at::tensor(at::ArrayRef<float>(window)));
    samples += clip.samples.size(1);
  }
}

// The number of blocks in all stages before this one.
std::int64_t blocks_before(const HtsatConfig& config, std::int64_t stage) {
  std::int64_t blocks = 0;
  for (std::int64_t i = 0; i < stage; ++i) blocks += config.stages[static_cast<std::size_t>(i)].blocks;
  return blocks;
}

// The number of HTSAT blocks after that parameter, which belongs to a stage.
std::int64_t blocks_after(const HtsatConfig& config, const std::string& parameter, std::int64_t stage) {
  const std::int64_t all = blocks_before(config, std::ssize(config.stages));
  const std::int64_t block = number_after(parameter, "blocks.");
  // A stage's patch merging comes after its blocks.
  return all - 1 - (block >= 0 ? blocks_before(config, stage) + block : blocks_before(config, stage + 1) - 1);
}

}  // namespace

ClapRunModel::ClapRunModel(std::shared_ptr<encoders::clap::ClapModule> encoder, heads::ClapHeads heads,
                           std::shared_ptr<const ClapClips> clips, ClapAudioPolicy policy,
                           training::Crop crop)
    : encoder_(std::move(encoder)),
      heads_(std::move(heads)),
      clips_(std::move(clips)),
      policy_(policy),
      crop_(crop) {}

io::StateDict ClapRunModel::named_parameters() const {
  return parameters_of_run(*encoder_, heads_.named_parameters());
}

std::int64_t ClapRunModel::depth_of(const std::string& parameter) const {
  if (parameter.starts_with(kHeadsPrefix)) return 0;
  const HtsatConfig& audio = encoder_->audio_branch->config();
  const std::int64_t layers = encoder_->text_branch->config().layers;
  if (const std::int64_t stage = number_after(parameter, "audio_branch.layers."); stage >= 0)
    return 2 + blocks_after(audio, parameter, stage);
  if (const std::int64_t layer = number_after(parameter, "text_branch.encoder.layer."); layer >= 0)
    return 1 + layers - layer;
  if (parameter.find("audio_branch.bn0.") != std::string::npos ||
      parameter.find("audio_branch.patch_embed.") != std::string::npos)
    return 2 + blocks_before(audio, std::ssize(audio.stages));
  if (parameter.find("text_branch.embeddings.") != std::string::npos) return 2 + layers;
  return 1;
}

std::vector<at::Tensor> ClapRunModel::draw_dropout(std::int64_t clips, Random& random) const {
  std::vector<at::Tensor> drawn = heads_.draw_dropout(clips, random);
  at::Tensor places = at::empty({clips}, at::kDouble);
  for (std::int64_t clip = 0; clip < clips; ++clip)
    places.mutable_data_ptr<double>()[clip] = random.uniform();
  drawn.push_back(places);
  return drawn;
}

at::Tensor ClapRunModel::embed_audio(std::span<const std::int64_t> clips, const at::Tensor& places) const {
  const bool is_correct = policy_ == ClapAudioPolicy::correct;
  std::vector<at::Tensor> windows;
  embeddings::WindowRows rows;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const ClipWindows clip = places.defined()
                                 ? clips_->audio.load_crop(clips[i], places.const_data_ptr<double>()[i])
                                 : clips_->audio.load(clips[i]);
    add_windows(clip, is_correct, windows);
    rows.add_clip(clip.valid_samples);
  }
  return rows.mean(encoder_->embed_audio(at::stack(windows)));
}

at::Tensor ClapRunModel::embed_prompts(std::span<const std::int64_t> clips) const {
  std::map<std::size_t, std::int64_t> row_of;  // per distinct prompt
  std::vector<std::int64_t> rows;
  std::vector<std::vector<std::int64_t>> texts;
  for (const std::int64_t clip : clips) {
    const std::size_t prompt = clips_->prompt_of.at(static_cast<std::size_t>(clip));
    const auto [entry, is_new] = row_of.emplace(prompt, std::ssize(texts));
    if (is_new) texts.push_back(clips_->prompts.at(prompt));
    rows.push_back(entry->second);
  }
  return encoder_->embed_text(encoders::roberta::TokenRows::of(texts))
      .index_select(0, at::tensor(rows, at::kLong));
}

at::Tensor ClapRunModel::forward(std::span<const std::int64_t> clips,
                                 const std::vector<at::Tensor>& dropout) {
  std::span<const at::Tensor> masks = dropout;
  at::Tensor places;
  if (!dropout.empty()) {
    if (crop_ == training::Crop::kRandom) places = dropout.back().contiguous();
    masks = masks.first(dropout.size() - 1);
  }
  return heads_.forward(embed_audio(clips, places), embed_prompts(clips), masks);
}

namespace {

std::vector<data::Clip> clips_with_prompts(const training::Recipe& recipe, const AudioClips& audio) {
  std::vector<data::Clip> clips = audio.clips();
  const std::vector<std::filesystem::path> files(recipe.data.prompts.begin(), recipe.data.prompts.end());
  data::apply_prompts(clips, data::PromptFinder(data::read_prompts(files)));
  std::string failures;
  for (const data::Clip& clip : clips)
    if (!clip.prompt) failures += fmt::format("\n  {}: {}", clip.path_as_given, clip.prompt_error);
  if (!failures.empty()) throw InvalidInput(fmt::format("data.prompts: clips without a prompt:{}", failures));
  return clips;
}

// Fills in the tokens of the clips' prompts; returns a digest of the prompts.
std::string tokenise(const std::vector<data::Clip>& clips, const ModelDescription& encoder,
                     std::int64_t vocabulary, ClapClips& result) {
  const auto folder = find_vocabulary(encoder);
  const text::RobertaTokenizer tokenizer(folder);
  if (tokenizer.id_limit() > vocabulary)
    throw CheckpointError(fmt::format("{}: expected a vocabulary of at most {} tokens, got {}",
                                      (folder / "vocab.json").string(), vocabulary, tokenizer.id_limit()));
  std::map<std::string, std::size_t> number_of;
  std::string all;
  for (const data::Clip& clip : clips) {
    const auto [entry, is_new] = number_of.emplace(*clip.prompt, result.prompts.size());
    if (is_new) result.prompts.push_back(tokenizer.encode(*clip.prompt));
    result.prompt_of.push_back(entry->second);
    all += fmt::format("{}\n", *clip.prompt);
  }
  return sha256_hex(all);
}

void check_recipe(const training::Recipe& recipe) {
  if (recipe.model.head_kind != training::HeadKind::kClap)
    throw InvalidInput(fmt::format("model.head_kind: expected \"clap\" with the encoder '{}', got \"{}\"",
                                   recipe.model.encoder, name_of(recipe.model.head_kind)));
  if (recipe.model.normalise_rms)
    throw InvalidInput("model.normalise_rms: expected an encoder of kind audiobox, got clap");
}

}  // namespace

void prepare_clap_training(const training::Recipe& recipe, EncoderTraining& training,
                           const std::function<void()>& on_clip) {
  check_recipe(recipe);
  const std::string weights_sha256 = verify_weights(training.encoder);
  const ClapModel start = load_clap_model(training.encoder);
  const ClapAudioPolicy policy =
      value_named<ClapAudioPolicy>(recipe.model.audio_policy).value_or(start.audio_policy);
  if (policy == ClapAudioPolicy::published && recipe.data.crop == training::Crop::kRandom)
    throw InvalidInput(
        "data.crop: expected \"all\" with audio_policy published, which hears only a clip's start");
  const ClapWindowing windowing{policy};
  auto clips = std::make_shared<ClapClips>(ClapClips{
      AudioClips(
          recipe, training.dataset, encoders::htsat::HtsatConfig::kSampleRateHz,
          encoders::htsat::HtsatConfig::kWindowSamples,
          [windowing](std::int64_t samples) { return windowing.windows(samples); }, windowing.resampling()),
      {},
      {}});
  const std::string prompts_sha256 = tokenise(clips_with_prompts(recipe, clips->audio), training.encoder,
                                              start.encoder->text_branch->config().vocabulary, *clips);
  set_digests(training.dataset, clips->audio.check(on_clip));
  training.dataset.embeddings_sha256 = sha256_hex(
      weights_sha256 + sha256_hex(fmt::format("{}", fmt::join(training.dataset.audio_digests, ""))) +
      prompts_sha256);
  training.dataset.audio_policy = name_of(policy);
  training.dataset.encoder = {training.encoder.name, weights_sha256, kClapAudioAndText,
                              encoders::htsat::HtsatConfig::kSampleRateHz, "mean"};
  training.make_model = [description = training.encoder, clips, policy, recipe](
                            std::uint64_t seed, const training::PreparedFold&) {
    auto encoder = load_clap_model(description).encoder;  // its own mapping, because runs write into it
    auto heads = training::initial_clap_heads(recipe, encoder->embedding_dim(), seed);
    return std::make_unique<ClapRunModel>(std::move(encoder), std::move(heads), clips, policy,
                                          recipe.data.crop);
  };
}

void save_clap_training(const std::filesystem::path& folder, const training::Dataset& dataset,
                        training::FinalModel& model, const ModelDescription& started_from,
                        bool with_encoder) {
  auto& run = static_cast<training::ClapHeadsRunModel&>(*model.runs.front());  // as the heads' kind says
  ClapModel start = load_clap_model(started_from);
  const auto* whole = with_encoder ? static_cast<const ClapRunModel*>(&run) : nullptr;
  start.name = model.heads.name;
  start.summary = whole != nullptr ? "CLAP and heads, trained" : "Heads on a frozen CLAP";
  start.audio_policy = value_named<ClapAudioPolicy>(dataset.audio_policy).value_or(start.audio_policy);
  if (whole != nullptr) start.encoder = whole->encoder();
  start.heads = run.heads();
  start.axes = model.heads.axes;
  start.provenance = model.heads.provenance;
  start.provenance["started_from"] = started_from.name;
  try {
    start.vocabulary = find_vocabulary(started_from);
  } catch (const FileError&) {
    start.vocabulary.clear();  // scoring says where it looks for one
  }
  save_clap_model(folder, start);
}

}  // namespace qamro::models
