#include "qamro/models/clap/clap_run_model.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>
#include <utility>

#include "qamro/embeddings/window_rows.h"
#include "qamro/models/clap/clap_encoder.h"
#include "qamro/models/parameter_names.h"

namespace qamro::models {
namespace {

using encoders::htsat::HtsatConfig;

// Adds a clip's windows as CLAP reads them, one row per window.
void add_windows(const ClipWindows& clip, bool rounds_to_16_bits, std::vector<at::Tensor>& windows) {
  const float* samples = clip.samples.const_data_ptr<float>();
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

}  // namespace qamro::models
