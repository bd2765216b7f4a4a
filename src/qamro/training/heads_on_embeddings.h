#pragma once

#include "qamro/heads/mlp_head.h"
#include "qamro/training/trainable_model.h"

namespace qamro::training {

// Heads over embeddings that are computed once, because the encoder is frozen.
class HeadsOnEmbeddings : public TrainableModel {
 public:
  // inputs: [clips, dim] float32, standardised. `heads` is trained in place and must outlive this object.
  HeadsOnEmbeddings(heads::Heads& heads, at::Tensor inputs);

  io::StateDict named_parameters() const override;
  std::int64_t depth_of(const std::string& parameter) const override;
  std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const override;
  at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) override;

 private:
  heads::Heads& heads_;
  at::Tensor inputs_;
};

}  // namespace qamro::training
