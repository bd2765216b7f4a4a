#pragma once

#include "qamro/heads/clap_heads.h"
#include "qamro/training/run_model.h"

namespace qamro::training {

// The paper's heads over the embeddings of a frozen CLAP, which are computed once.
class ClapOnEmbeddings : public ClapHeadsRunModel, public TrainableModel {
 public:
  // embeddings: [clips, 2 · embedding_dim] float32, audio and text side by side. Throws InvalidInput for
  // another size.
  ClapOnEmbeddings(heads::ClapHeads heads, at::Tensor embeddings);

  heads::ClapHeads& heads() override { return heads_; }
  TrainableModel& trainable() override { return *this; }

  io::StateDict named_parameters() const override { return heads_.named_parameters(); }
  std::int64_t depth_of(const std::string&) const override { return 0; }
  std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const override {
    return heads_.draw_dropout(clips, random);
  }
  at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) override;

 private:
  heads::ClapHeads heads_;
  at::Tensor embeddings_;
};

}  // namespace qamro::training
