#include "qamro/models/clap/clap_training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/data/prompts.h"
#include "qamro/models/clap/clap_encoder.h"
#include "qamro/models/clap/clap_file.h"
#include "qamro/models/clap/clap_model.h"
#include "qamro/models/clap/clap_run_model.h"
#include "qamro/text/roberta_tokenizer.h"
#include "qamro/training/clap_on_embeddings.h"

namespace qamro::models {
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
  training.dataset.audio_digests = clips->audio.check(on_clip);
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
