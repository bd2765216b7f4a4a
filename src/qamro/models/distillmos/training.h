#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "qamro/encoders/distillmos/embedding_layout.h"
#include "qamro/encoders/distillmos/module.h"
#include "qamro/models/audio_clips.h"
#include "qamro/models/encoder_training.h"
#include "qamro/training/run_model.h"

namespace qamro::models {

// The Distill-MOS network with heads on its embedding, all of it trained, from audio to scores.
//
// A clip's embedding is the mean over its windows, standardised by the statistics of the network that
// training starts from. BatchNorms keep their running statistics (their scale and shift are trained): with
// batch statistics, a clip's score would depend on the other clips of its batch and on how the batch is cut
// into parts. The reference was trained without dropout; only the heads have any.
class DistillMosRunModel : public training::MlpRunModel, public training::TrainableModel {
 public:
  DistillMosRunModel(std::shared_ptr<encoders::distillmos::DistillMosModule> encoder,
                     encoders::distillmos::EmbeddingLayout layout, heads::Heads heads,
                     heads::Standardiser standardiser, std::shared_ptr<const AudioClips> clips);

  heads::Heads& heads() override { return heads_; }
  training::TrainableModel& trainable() override { return *this; }
  encoders::distillmos::DistillMosModule& encoder() { return *encoder_; }

  // "encoder.<name in the reference>" and "heads.<axis>.layers.…".
  io::StateDict named_parameters() const override;
  // 0: heads; 1: pooling and its BatchNorm; then the Transformer's layers from the last to the first; then
  // the projection and its BatchNorms; then the convolutions from the last to the first.
  std::int64_t depth_of(const std::string& parameter) const override;
  std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const override;
  at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) override;

 private:
  at::Tensor embed(std::span<const std::int64_t> clips);

  std::shared_ptr<encoders::distillmos::DistillMosModule> encoder_;
  encoders::distillmos::EmbeddingLayout layout_;
  heads::Heads heads_;
  heads::Standardiser standardiser_;
  std::shared_ptr<const AudioClips> clips_;
};

// Does what prepare_encoder_training() does, for Distill-MOS with MLP heads. It embeds every clip once.
// threads: windows embedded at a time.
void prepare_distillmos_training(const training::Recipe& recipe, int threads, EncoderTraining& training,
                                 const std::function<void()>& on_clip);

// Saves the heads, and in `encoder/` the weights that they were trained with.
void save_distillmos_training(const std::filesystem::path& folder, const EncoderTraining& training,
                              training::FinalModel& model);

}  // namespace qamro::models
