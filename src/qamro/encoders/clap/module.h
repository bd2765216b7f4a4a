#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "qamro/encoders/htsat/module.h"
#include "qamro/encoders/roberta/module.h"
#include "qamro/io/state_dict.h"
#include "qamro/nn/layers.h"

namespace qamro::encoders::clap {

// `CLAP` of laion_clap/clap_module/model.py: audio through HTSAT, text through RoBERTa, each followed by two
// linear layers with ReLU between them, onto the unit sphere of one space. All parameters have their
// reference names. Always in inference mode: CLAP_Module calls eval() before each embedding, even in the
// published training.
class ClapModule : public torch::nn::Module {
 public:
  // Takes the branches as they are; the projections are allocated, not initialised.
  ClapModule(std::shared_ptr<htsat::HtsatModule> audio, std::shared_ptr<roberta::RobertaModule> text,
             std::int64_t embedding_dim = 512);

  // windows: float32 [n, 480000], 48 kHz → [n, embedding_dim], of length 1. Throws like HtsatModule.
  at::Tensor embed_audio(const at::Tensor& windows) const;
  // → [texts, embedding_dim], of length 1. Throws like RobertaModule.
  at::Tensor embed_text(const roberta::TokenRows& texts) const;
  // Project a branch's own output: [n, its width] → [n, embedding_dim], of length 1.
  at::Tensor project_audio(const at::Tensor& latent) const;
  at::Tensor project_text(const at::Tensor& latent) const;

  std::int64_t embedding_dim() const { return embedding_dim_; }

  std::shared_ptr<htsat::HtsatModule> audio_branch;
  std::shared_ptr<roberta::RobertaModule> text_branch;
  nn::Projection audio_first{nullptr}, audio_second{nullptr};  // audio_projection.0 and .2
  nn::Projection text_first{nullptr}, text_second{nullptr};    // text_projection.0 and .2

 private:
  std::int64_t embedding_dim_;
};

// Turns the names of `ClapModel` in Hugging Face's transformers (made from LAION's by its
// convert_clap_original_pytorch_to_hf.py) back into LAION's. Queries, keys and values become one matrix
// again. Unknown names stay. Throws CheckpointError if one of these three tensors is missing or their shapes
// or types differ.
io::StateDict from_hugging_face(const io::StateDict& state, std::string_view file);

// The module that the tensors, under LAION's names without "module.", and `text` (what no tensor shows, see
// roberta/module.h) describe, in inference mode. It uses the tensors without a copy. Tensors that only
// training uses (logit scales, audio_transform, text_transform) are optional. Throws CheckpointError like the
// branches' module_from_state_dict(), and refuses a fusion model as such.
std::shared_ptr<ClapModule> module_from_state_dict(const io::StateDict& state, std::string_view file,
                                                   const roberta::RobertaConfig& text = {});

// All tensors that module_from_state_dict() needs, plus the mel filters, which it would otherwise compute.
io::StateDict state_dict(const ClapModule& module);

}  // namespace qamro::encoders::clap
