#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/finetuning/audio_clips.h"
#include "qamro/predictors/aesthetics_heads.h"
#include "qamro/training/run_model.h"

namespace qamro::finetuning {

// WavLM with heads on its pooled layers, all of it trained, from audio to scores.
//
// A clip's scores are the means over its windows' by their length, as inference takes them, or, while
// training on random crops, those of one window whose place is drawn anew each time. Dropout of the encoder
// comes from a seed a clip (encoders/wavlm/dropout.h), which makes it the same again when a part of a batch
// is computed a second time. An encoder that is frozen altogether drops nothing: its heads learn what they
// learn from cached layers.
class WavLmRunModel : public training::AestheticsRunModel, public training::TrainableModel {
 public:
  WavLmRunModel(std::shared_ptr<encoders::wavlm::WavLmModule> encoder, predictors::AestheticsHeads heads,
                std::shared_ptr<const AudioClips> clips, training::Crop crop);

  predictors::AestheticsHeads& heads() override { return heads_; }
  training::TrainableModel& trainable() override { return *this; }
  const std::shared_ptr<encoders::wavlm::WavLmModule>& encoder() const { return encoder_; }

  // "encoder.<name in the reference>" and "heads.<name in the reference>". The embedding of masked frames,
  // which only pre-training uses, is not among them.
  io::StateDict named_parameters() const override;
  // 0: heads; then the Transformer's layers from the last to the first; then position and projection; then
  // the convolutions from the last to the first.
  std::int64_t depth_of(const std::string& parameter) const override;
  // The heads' masks, and behind them a seed [clips] int64 and the place of a crop [clips] double in [0, 1).
  std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const override;
  // Without `dropout` all windows are scored, whatever training crops.
  at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) override;

 private:
  bool trains_encoder() const;
  // samples [windows, window], zero-padded; seeds of dropout, or none → [windows, layers, dim].
  at::Tensor pool(const at::Tensor& samples, std::span<const std::int64_t> valid,
                  std::span<const std::uint64_t> seeds);

  std::shared_ptr<encoders::wavlm::WavLmModule> encoder_;
  predictors::AestheticsHeads heads_;
  std::shared_ptr<const AudioClips> clips_;
  training::Crop crop_;
};

}  // namespace qamro::finetuning
