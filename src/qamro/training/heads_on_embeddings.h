#pragma once

#include <utility>

#include "qamro/heads/aesthetics_heads.h"
#include "qamro/heads/clap_heads.h"
#include "qamro/heads/mlp_head.h"
#include "qamro/training/fold.h"
#include "qamro/training/run_model.h"

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

// The same as the model of a run, over the fold's embeddings.
class HeadsRunModel : public MlpRunModel {
 public:
  HeadsRunModel(heads::Heads heads, const PreparedFold& fold)
      : heads_(std::move(heads)), trainable_(heads_, fold.inputs) {}
  heads::Heads& heads() override { return heads_; }
  TrainableModel& trainable() override { return trainable_; }

 private:
  heads::Heads heads_;
  HeadsOnEmbeddings trainable_;
};

// One head per axis over the pooled layers of a frozen encoder, which are computed once. A clip's scores are
// the means over its windows, weighted by length.
class AestheticsOnEmbeddings : public AestheticsRunModel, public TrainableModel {
 public:
  // pooled: [rows, layers · dim] or [rows, layers, dim] float32; `windows` says which rows belong to a clip.
  // Throws InvalidInput for another size.
  AestheticsOnEmbeddings(heads::AestheticsHeads heads, const at::Tensor& pooled,
                         embeddings::WindowRows windows);

  heads::AestheticsHeads& heads() override { return heads_; }
  TrainableModel& trainable() override { return *this; }

  io::StateDict named_parameters() const override;
  std::int64_t depth_of(const std::string& parameter) const override;
  // All windows of a clip share its masks.
  std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const override;
  at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) override;

 private:
  heads::AestheticsHeads heads_;
  at::Tensor pooled_;  // [rows, layers, dim]
  embeddings::WindowRows windows_;
};

// Scores of clips, [clips, axes], from the pooled layers of their windows, [rows, layers, dim]. `dropout`:
// the masks drawn for the clips.
at::Tensor score_windows(const heads::AestheticsHeads& heads, const at::Tensor& pooled,
                         const embeddings::WindowRows& windows, std::span<const at::Tensor> dropout);

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
