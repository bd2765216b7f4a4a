#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qamro/encoders/clap/module.h"
#include "qamro/heads/clap_heads.h"
#include "qamro/models/audio_clips.h"
#include "qamro/models/clap/model.h"
#include "qamro/models/encoder_training.h"
#include "qamro/training/run_model.h"

namespace qamro::models {

// What CLAP reads from a data set, clip by clip.
struct ClapClips {
  AudioClips audio;
  std::vector<std::vector<std::int64_t>> prompts;  // tokens of each distinct prompt
  std::vector<std::size_t> prompt_of;              // per clip, the index of its prompt
};

// CLAP and the paper's heads, all of it trained, from audio and prompt to scores.
//
// A clip's embedding is the mean over its windows weighted by length, as in inference. When training uses
// random crops, it is the embedding of one window whose place is drawn anew each time. A prompt is encoded
// once per pass. The encoders have no dropout, and the BatchNorm over mel bands keeps its running statistics
// (its weight and bias are trained). There are two reasons: in the published training, too, CLAP_Module calls
// eval() before each embedding; and a clip's scores must not depend on the clips beside it, or a batch could
// not be computed in parts.
class ClapRunModel : public training::ClapHeadsRunModel, public training::TrainableModel {
 public:
  ClapRunModel(std::shared_ptr<encoders::clap::ClapModule> encoder, heads::ClapHeads heads,
               std::shared_ptr<const ClapClips> clips, ClapAudioPolicy policy, training::Crop crop);

  heads::ClapHeads& heads() override { return heads_; }
  training::TrainableModel& trainable() override { return *this; }
  const std::shared_ptr<encoders::clap::ClapModule>& encoder() const { return encoder_; }

  // "encoder.<name in the reference>" and "heads.<name in the published code>".
  io::StateDict named_parameters() const override;
  // 0: heads; 1: projections and what directly precedes them; then the blocks of HTSAT and the layers of
  // RoBERTa, each from the last to the first; then patches and tokens.
  std::int64_t depth_of(const std::string& parameter) const override;
  // The heads' masks, followed by the places of crops, [clips] double in [0, 1).
  std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const override;
  // Without `dropout` it uses all windows, even if training uses crops.
  at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) override;

 private:
  // Both return [clips, embedding_dim]. places: where to crop; undefined: all windows.
  at::Tensor embed_audio(std::span<const std::int64_t> clips, const at::Tensor& places) const;
  at::Tensor embed_prompts(std::span<const std::int64_t> clips) const;

  std::shared_ptr<encoders::clap::ClapModule> encoder_;
  heads::ClapHeads heads_;
  std::shared_ptr<const ClapClips> clips_;
  ClapAudioPolicy policy_;
  training::Crop crop_;
};

// Does what prepare_encoder_training() does, for a model of kind "clap" with the paper's heads
// (model.head_kind "clap"). It embeds nothing and opens every file once. Throws InvalidInput that names all
// clips without a prompt in data.prompts, or all that cannot be read.
void prepare_clap_training(const training::Recipe& recipe, EncoderTraining& training,
                           const std::function<void()>& on_clip);

// Saves heads that were trained on the embeddings of a frozen CLAP, or together with a CLAP, as one model of
// kind "clap". `started_from` is the CLAP that made the embeddings or that training started from.
void save_clap_training(const std::filesystem::path& folder, const training::Dataset& dataset,
                        training::FinalModel& model, const ModelDescription& started_from, bool with_encoder);

}  // namespace qamro::models
