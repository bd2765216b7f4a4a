#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/heads/aesthetics_heads.h"
#include "qamro/models/audio_clips.h"
#include "qamro/models/audiobox/model.h"
#include "qamro/models/encoder_training.h"
#include "qamro/models/model_folder.h"
#include "qamro/models/model_kind.h"
#include "qamro/training/run_model.h"

namespace qamro::models {

// WavLM with heads on its pooled layers, all of it trained, from audio to scores.
//
// A clip's scores are the means over its windows weighted by length, as in inference. When training uses
// random crops, they are the scores of one window whose place is drawn anew each time. The encoder's
// dropout comes from one seed per clip (encoders/wavlm/module.h), so it is the same when a part of a batch
// is computed a second time. A fully frozen encoder drops nothing, so its heads learn the same as from
// cached layers.
class WavLmRunModel : public training::AestheticsRunModel, public training::TrainableModel {
 public:
  WavLmRunModel(std::shared_ptr<encoders::wavlm::WavLmModule> encoder, heads::AestheticsHeads heads,
                std::shared_ptr<const AudioClips> clips, training::Crop crop);

  heads::AestheticsHeads& heads() override { return heads_; }
  training::TrainableModel& trainable() override { return *this; }
  const std::shared_ptr<encoders::wavlm::WavLmModule>& encoder() const { return encoder_; }

  // "encoder.<name in the reference>" and "heads.<name in the reference>". The embedding of masked frames,
  // which only pre-training uses, is left out.
  io::StateDict named_parameters() const override;
  // 0: heads; then the Transformer's layers from the last to the first; then position and projection; then
  // the convolutions from the last to the first.
  std::int64_t depth_of(const std::string& parameter) const override;
  // The heads' masks, followed by seeds, [clips] int64, and the places of crops, [clips] double in [0, 1).
  std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const override;
  // Without `dropout` it scores all windows, even if training uses crops.
  at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) override;

 private:
  bool trains_encoder() const;
  // samples: [windows, window], zero-padded; seeds: of the dropout, or empty → [windows, layers, dim].
  at::Tensor pool(const at::Tensor& samples, std::span<const std::int64_t> valid,
                  std::span<const std::uint64_t> seeds);

  std::shared_ptr<encoders::wavlm::WavLmModule> encoder_;
  heads::AestheticsHeads heads_;
  std::shared_ptr<const AudioClips> clips_;
  training::Crop crop_;
};

// The kind of Microsoft's checkpoints, which have no scores of their own.
inline constexpr const char* kWavLmCheckpoint = "wavlm";

// Describes one of Microsoft's WavLM checkpoints (WavLM-Base.pt, WavLM-Base+.pt: {"cfg", "model"}). Empty if
// the file is another kind of checkpoint.
std::optional<ModelDescription> describe_wavlm_checkpoint(const WeightsFile& file);

// Does what prepare_encoder_training() does, for WavLM (training.encoder, see training.h) with heads on
// its pooled layers. It embeds nothing and opens every file once.
void prepare_wavlm_training(const training::Recipe& recipe, EncoderTraining& training,
                            const std::function<void()>& on_clip);

// Saves heads and their encoder as one model of kind "audiobox". `frozen` is the encoder of heads that were
// trained on cached layers. If it is null, the encoder was trained too, and the run holds it.
void save_aesthetics_model(const std::filesystem::path& folder, training::FinalModel& model,
                           const ModelDescription* frozen);

// The scores of the model's own heads for the clips of embeddings of layout "pooled_layers".
OwnScoresOfClips audiobox_own_scores(const AudioboxModel& model, const training::Dataset& dataset);

}  // namespace qamro::models
