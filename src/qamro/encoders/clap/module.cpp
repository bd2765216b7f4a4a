#include "qamro/encoders/clap/module.h"

#include <ATen/ATen.h>

#include <utility>

namespace qamro::encoders::clap {
namespace {

// `torch.nn.functional.normalize` over the last dimension.
at::Tensor normalise(const at::Tensor& vectors) {
  return vectors / at::linalg_vector_norm(vectors, 2, {-1}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace

ClapModule::ClapModule(std::shared_ptr<htsat::HtsatModule> audio,
                       std::shared_ptr<roberta::RobertaModule> text, std::int64_t embedding_dim)
    : audio_branch(register_module("audio_branch", std::move(audio))),
      text_branch(register_module("text_branch", std::move(text))),
      embedding_dim_(embedding_dim) {
  const auto of_audio = nn::add_branch(*this, "audio_projection");
  const auto of_text = nn::add_branch(*this, "text_projection");
  audio_first =
      of_audio->register_module("0", nn::Projection(audio_branch->config().embedding_dim(), embedding_dim));
  audio_second = of_audio->register_module("2", nn::Projection(embedding_dim, embedding_dim));
  text_first = of_text->register_module("0", nn::Projection(text_branch->config().dim, embedding_dim));
  text_second = of_text->register_module("2", nn::Projection(embedding_dim, embedding_dim));
}

at::Tensor ClapModule::project_audio(const at::Tensor& latent) const {
  return normalise(audio_second->forward(at::relu(audio_first->forward(latent))));
}

at::Tensor ClapModule::project_text(const at::Tensor& latent) const {
  return normalise(text_second->forward(at::relu(text_first->forward(latent))));
}

at::Tensor ClapModule::embed_audio(const at::Tensor& windows) const {
  return project_audio(audio_branch->forward(windows).embedding);
}

at::Tensor ClapModule::embed_text(const roberta::TokenRows& texts) const {
  return project_text(text_branch->forward(texts).pooled);
}

}  // namespace qamro::encoders::clap
