#include "qamro/encoders/clap/module.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/encoders/htsat/module.h"
#include "qamro/encoders/module_state.h"
#include "qamro/encoders/roberta/module.h"

namespace qamro::encoders::clap {
namespace {

// `torch.nn.functional.normalize` over the last dimension.
at::Tensor normalise(const at::Tensor& vectors) {
  return vectors / at::linalg_vector_norm(vectors, 2, {-1}, /*keepdim=*/true).clamp_min(1e-12);
}

constexpr const char* kAudio = "audio_branch.";
constexpr const char* kText = "text_branch.";
constexpr const char* kMelFilters = "audio_branch.logmel_extractor.melW";

using Renaming = std::pair<std::string_view, std::string_view>;

// Parts of a name at Hugging Face and at LAION. All that apply to a name are replaced, in this order.
constexpr std::array<Renaming, 4> kEverywhere = {{{"audio_model.audio_encoder.", kAudio},
                                                  {"text_model.", kText},
                                                  {"_projection.linear1.", "_projection.0."},
                                                  {"_projection.linear2.", "_projection.2."}}};
constexpr std::array<Renaming, 7> kInAudio = {{{".attention.self.", ".attn."},
                                               {".attention.output.dense.", ".attn.proj."},
                                               {".intermediate.dense.", ".mlp.fc1."},
                                               {".output.dense.", ".mlp.fc2."},
                                               {".layernorm_before.", ".norm1."},
                                               {".layernorm_after.", ".norm2."},
                                               {".batch_norm.", ".bn0."}}};

void rename(std::string& name, std::span<const Renaming> table) {
  for (const auto& [from, to] : table)
    if (const auto at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
}

// layers.…attn.{query,key,value}.{weight,bias} → attn.qkv.…
void join_queries(io::StateDict& state, std::string_view file) {
  constexpr std::string_view kQuery = ".attn.query.";
  std::vector<std::string> queries;
  for (const auto& [name, tensor] : state)
    if (name.starts_with(kAudio) && name.find(kQuery) != std::string::npos) queries.push_back(name);
  for (const std::string& query : queries) {
    std::vector<at::Tensor> parts;
    for (const std::string_view part : {".attn.query.", ".attn.key.", ".attn.value."}) {
      std::string name = query;
      name.replace(name.find(kQuery), kQuery.size(), part);
      const auto found = state.find(name);
      if (found == state.end() || found->second.dim() < 1)
        throw CheckpointError(fmt::format("{}: tensor '{}' is missing", file, name));
      parts.push_back(found->second);
      state.erase(found);
    }
    for (const at::Tensor& part : parts)
      if (part.sizes() != parts.front().sizes() || part.scalar_type() != parts.front().scalar_type())
        throw CheckpointError(
            fmt::format("{}: tensor '{}': expected the shape and type of its key and value", file, query));
    std::string joined = query;
    joined.replace(joined.find(kQuery), kQuery.size(), ".attn.qkv.");
    state.emplace(std::move(joined), at::cat(parts));
  }
}

bool is_of_training(const std::string& name) {
  return name.starts_with("logit_scale") || name.starts_with("audio_transform.") ||
         name.starts_with("text_transform.");
}

io::StateDict without_branches(const io::StateDict& state) {
  io::StateDict rest;
  for (const auto& [name, tensor] : state)
    if (!name.starts_with(kAudio) && !name.starts_with(kText) && !is_of_training(name))
      rest.emplace(name, tensor);
  return rest;
}

// Loads only the projections. The branches check their own tensors, so each wrong tensor is named once.
void adopt_projections(ClapModule& module, const io::StateDict& state, std::string_view file) {
  io::StateDict own = state_dict(module);
  std::erase_if(own, [](const auto& item) { return item.first.find("_projection.") == std::string::npos; });
  io::TensorShapes shapes;
  for (const auto& [name, tensor] : own) shapes.emplace(name, tensor.sizes().vec());
  io::expect_tensors(state, shapes, file);
  for (auto& item : module.named_parameters())
    if (own.contains(item.key())) {
      const at::Tensor& found = state.at(item.key());
      if (found.scalar_type() != at::kFloat)
        throw CheckpointError(fmt::format("{}: tensor '{}': expected float, got {}", file, item.key(),
                                          c10::toString(found.scalar_type())));
      item.value().set_data(found.contiguous());
    }
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

io::StateDict from_hugging_face(const io::StateDict& state, std::string_view file) {
  io::StateDict renamed;
  for (const auto& [name, tensor] : state) {
    std::string own = name;
    rename(own, kEverywhere);
    if (own.starts_with(kAudio)) rename(own, kInAudio);
    renamed.emplace(std::move(own), tensor);
  }
  join_queries(renamed, file);
  return renamed;
}

std::shared_ptr<ClapModule> module_from_state_dict(const io::StateDict& state, std::string_view file,
                                                   const roberta::RobertaConfig& text) {
  auto audio = htsat::module_from_state_dict(io::take_prefix(state, kAudio), file);
  auto words = roberta::module_from_state_dict(io::take_prefix(state, kText), file, text);
  const io::StateDict rest = without_branches(state);
  const std::int64_t dim = io::shape_of(rest, "audio_projection.2.weight", 2, file)[0];
  constexpr std::int64_t kWidest = 1 << 16;  // far above any width; keeps a hostile file from asking for more
  if (dim > kWidest)
    throw CheckpointError(fmt::format(
        "{}: tensor 'audio_projection.2.weight': expected at most {} rows, got {}", file, kWidest, dim));
  auto module = std::make_shared<ClapModule>(std::move(audio), std::move(words), dim);
  adopt_projections(*module, rest, file);
  module->eval();
  return module;
}

io::StateDict state_dict(const ClapModule& module) {
  io::StateDict state = encoders::state_dict(module);
  state.emplace(kMelFilters, module.audio_branch->mel_filters);
  return state;
}

}  // namespace qamro::encoders::clap
