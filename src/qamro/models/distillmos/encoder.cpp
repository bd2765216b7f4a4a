#include "qamro/models/distillmos/encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/encoders/distillmos/embedding_layout.h"
#include "qamro/encoders/distillmos/module.h"
#include "qamro/encoders/distillmos/packed.h"
#include "qamro/models/batched_encoder.h"
#include "qamro/models/registry.h"
#include "qamro/nn/autocast.h"
#include "qamro/nn/device.h"

namespace qamro::models {
namespace {

namespace distillmos = encoders::distillmos;

constexpr std::int64_t kLongestHop = 16000;  // MAX_HOP_LEN of distillmos/sqa.py

// Everything but the network.
class DistillMosEncoder : public WindowEncoder {
 public:
  DistillMosEncoder(distillmos::EmbeddingLayout layout, const distillmos::DistillMosConfig& config)
      : layout_(std::move(layout)), config_(config) {
    layout_.validate(config);
  }

  int sample_rate_hz() const override { return distillmos::DistillMosConfig::kSampleRateHz; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::evenly_spread_windows(samples, distillmos::DistillMosConfig::kWindowSamples, kLongestHop);
  }
  std::int64_t dimension() const override { return layout_.dimension(config_); }
  std::string layout() const override { return layout_.to_string(); }

 protected:
  // valid: number of real samples in each window. Returns [n, dimension].
  at::Tensor rows_of(const distillmos::DistillMosOutput& output,
                     const std::vector<std::int64_t>& valid) const {
    return distillmos::embed(layout_, config_, output, valid).to(at::kFloat);
  }

 private:
  distillmos::EmbeddingLayout layout_;
  distillmos::DistillMosConfig config_;
};

class PlainDistillMosEncoder : public DistillMosEncoder {
 public:
  PlainDistillMosEncoder(distillmos::DistillMosModule& module, distillmos::EmbeddingLayout layout,
                         nn::Precision precision)
      : DistillMosEncoder(std::move(layout), module.config()), network_(module, precision) {}

  std::vector<float> encode(std::span<const float> samples) const override {
    const c10::InferenceMode guard;
    const auto output = network_.forward(distillmos::pad_to_window(samples));
    return first_rows(rows_of(output, {std::ssize(samples)}), 1).front();
  }

 private:
  distillmos::PackedDistillMos network_;
};

class BatchedDistillMosEncoder : public BatchedEncoder<DistillMosEncoder> {
 public:
  BatchedDistillMosEncoder(std::shared_ptr<distillmos::DistillMosModule> module,
                           distillmos::EmbeddingLayout layout, const Compute& compute)
      : BatchedEncoder(compute, std::move(layout), module->config()), module_(std::move(module)) {
    module_->eval();
    module_->to(compute.device);
  }

 private:
  at::Tensor encode_rows(std::span<const std::span<const float>> windows) const override {
    const auto batch = nn::make_window_batch(windows, compute().batch_size,
                                             distillmos::DistillMosConfig::kWindowSamples, compute().device);
    return nn::in_precision(compute().precision, [&](Precision precision) {
      const nn::Autocast autocast(compute().device.type(), precision);
      return rows_of(module_->forward(batch.samples), batch.valid);
    });
  }

  std::shared_ptr<distillmos::DistillMosModule> module_;
};

}  // namespace

std::unique_ptr<WindowEncoder> load_distillmos_encoder(const ModelDescription& description,
                                                       const std::string& layout, const Compute& compute) {
  if (compute.precision == Precision::int8)
    throw InvalidInput("precision: expected fp32 or bf16 for models of kind distillmos, got int8");
  compute.validate();
  const auto state = description.tensors("model");
  const auto module = distillmos::module_from_state_dict(state, description.weights.string());
  auto parts = distillmos::EmbeddingLayout::parse(layout);
  if (!compute.in_batches())
    return std::make_unique<PlainDistillMosEncoder>(*module, std::move(parts), compute.precision);
  return std::make_unique<BatchedDistillMosEncoder>(module, std::move(parts), compute);
}

namespace {

namespace fs = std::filesystem;

constexpr const char* kShippedModel = "distill-mos";

// The file that a model.json names.
std::optional<FamiliarityFile> file_of(const ModelDescription& model) {
  const auto entry = model.document.find("familiarity");
  if (entry == model.document.end()) return std::nullopt;
  try {
    return FamiliarityFile{model.folder / entry->at("file").get<std::string>(),
                           entry->at("sha256").get<std::string>()};
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(fmt::format("{}: key 'familiarity': expected {{\"file\", \"sha256\"}}, got {} ({})",
                                      (model.folder / "model.json").string(), entry->dump(), error.what()));
  }
}

// By its folder's name in the search path, whatever lies in the current folder.
std::optional<ModelDescription> shipped_model() {
  for (const fs::path& folder : model_search_path())
    if (fs::exists(folder / kShippedModel / "model.json")) return read_model_folder(folder / kShippedModel);
  return std::nullopt;
}

}  // namespace

std::optional<FamiliarityFile> find_familiarity_file(const ModelDescription& model) {
  if (const auto own = file_of(model)) return own;
  const bool is_published_file = model.sha256.empty() && model.file != nullptr;
  if (!is_published_file) return std::nullopt;
  const auto shipped = shipped_model();
  if (!shipped || shipped->sha256.empty() || shipped->sha256 != sha256_file(model.weights))
    return std::nullopt;
  return file_of(*shipped);
}

std::shared_ptr<const FamiliarityMeasure> load_familiarity(const FamiliarityFile& file) {
  if (const std::string found = sha256_file(file.path); found != file.sha256)
    throw CheckpointError(
        fmt::format("{}: expected SHA-256 {}, got {}: the file is damaged or is another one",
                    file.path.string(), file.sha256, found));
  return std::make_shared<FamiliarityMeasure>(FamiliarityMeasure::load(file.path));
}

nlohmann::ordered_json copy_familiarity(const FamiliarityFile& file, const fs::path& folder) {
  const fs::path name = file.path.filename();
  std::error_code failure;
  fs::copy_file(file.path, folder / name, fs::copy_options::overwrite_existing, failure);
  if (failure) throw FileError(fmt::format("{}: {}", (folder / name).string(), failure.message()));
  return {{"file", name.string()}, {"sha256", file.sha256}};
}

}  // namespace qamro::models
