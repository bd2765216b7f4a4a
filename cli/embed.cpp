#include "cli/embed.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "cli/exit_code.h"
#include "cli/input_options.h"
#include "cli/progress.h"
#include "qamro/core/error.h"
#include "qamro/core/version.h"
#include "qamro/io/safetensors.h"
#include "qamro/predictors/audiobox_model.h"
#include "qamro/predictors/head_model.h"
#include "qamro/predictors/registry.h"
#include "qamro/training/embedding_set.h"

namespace qamro::cli {
namespace {

struct EmbedOptions {
  InputOptions input;
  std::string layout;
  std::string output;
};

struct Embeddings {
  std::vector<std::string> paths;
  std::vector<std::string> systems;
  std::vector<float> values;  // [rows, dimension]: a row is a clip, of layout "pooled_layers" a window
  std::vector<std::int64_t> windows;        // of each clip
  std::vector<std::int64_t> valid_samples;  // of each window
  std::size_t failed = 0;
};

bool is_by_window(const predictors::WindowEncoder& encoder) {
  return encoder.layout() == training::kPooledLayers;
}

void add_rows(const predictors::WindowEncoder& encoder, const predictors::EncodedClip& clip,
              Embeddings& result) {
  const auto add = [&](const std::vector<float>& row) {
    result.values.insert(result.values.end(), row.begin(), row.end());
  };
  result.windows.push_back(std::ssize(clip.windows));
  for (const audio::Window& window : clip.windows) result.valid_samples.push_back(window.length_samples);
  if (is_by_window(encoder))
    for (const auto& vector : clip.vectors) add(vector);
  else
    add(predictors::mean_over_windows(clip.vectors));
}

io::StateDict tensors_of(const predictors::WindowEncoder& encoder, Embeddings& embeddings) {
  const std::int64_t rows = std::ssize(embeddings.values) / encoder.dimension();
  io::StateDict tensors = {
      {"embedding", at::from_blob(embeddings.values.data(), {rows, encoder.dimension()}, at::kFloat)}};
  if (!is_by_window(encoder)) return tensors;
  tensors.emplace("windows", at::tensor(embeddings.windows, at::kLong));
  tensors.emplace("valid_samples", at::tensor(embeddings.valid_samples, at::kLong));
  return tensors;
}

Embeddings embed_all(const predictors::WindowEncoder& encoder, const std::vector<data::Clip>& clips,
                     const predictors::EncodingOptions& encoding) {
  Embeddings result;
  Progress progress("embedding", static_cast<std::int64_t>(clips.size()));
  predictors::encode_clips(encoder, clips, encoding,
                           [&](std::size_t index, predictors::EncodedClip&& encoded) {
                             const auto& clip = clips[index];
                             if (encoded.error.empty()) {
                               add_rows(encoder, encoded, result);
                               result.paths.push_back(clip.path_as_given);
                               result.systems.push_back(clip.system.value_or(""));
                             } else {
                               ++result.failed;
                               std::cerr << "left out: " << encoded.error << '\n';
                             }
                             progress.advance();
                             return true;
                           });
  return result;
}

// The encoder behind a model: heads trained on the file will name it.
predictors::ModelDescription describe_encoder_of(const std::string& model) {
  auto description = predictors::describe_model(model);
  if (description.kind == "heads")
    description = predictors::describe_encoder(description.folder,
                                               predictors::HeadModel::load(description.folder).encoder.model);
  return description;
}

std::map<std::string, std::string> metadata_of(const EmbedOptions& options, const std::string& model,
                                               const predictors::WindowEncoder& encoder,
                                               audio::MonoPolicy mono_policy, const Embeddings& embeddings) {
  const auto list = [](const std::vector<std::string>& texts) {
    return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  const auto description = describe_encoder_of(model);
  std::map<std::string, std::string> metadata = {{"paths", list(embeddings.paths)},
                                                 {"systems", list(embeddings.systems)},
                                                 {"model", description.name},
                                                 {"model_sha256", predictors::verify_weights(description)},
                                                 {"embedding_layout", encoder.layout()},
                                                 {"sample_rate_hz", std::to_string(encoder.sample_rate_hz())},
                                                 {"mono_policy", mono_policy_name(mono_policy)},
                                                 {"precision", options.input.precision},
                                                 {"qamro_version", version()}};
  if (is_by_window(encoder))
    metadata.emplace(
        "layers", std::to_string(predictors::load_audiobox_model(description).encoder->config().layers + 1));
  return metadata;
}

int run(const EmbedOptions& options) {
  const auto clips = read_clips(options.input);
  if (clips.empty()) throw InvalidInput("nothing to embed: the inputs name no clip");
  const std::string model = options.input.model.empty() ? predictors::kDefaultModel : options.input.model;
  const auto encoder = predictors::open_encoder(model, precision_of(options.input), options.layout);
  const auto encoding = encoding_options(options.input, audio::MonoPolicy::mean);
  auto embeddings = embed_all(*encoder, clips, encoding);
  if (embeddings.paths.empty()) {
    std::cerr << "qamro embed: no clip could be embedded\n";
    return ExitCode::kNothingDone;
  }
  const io::StateDict tensors = tensors_of(*encoder, embeddings);
  const std::int64_t rows = tensors.at("embedding").size(0);
  io::save_safetensors(options.output, tensors,
                       metadata_of(options, model, *encoder, encoding.mono_policy, embeddings));
  std::cerr << fmt::format("{} of {} clips embedded, [{}, {}] floats written to {}\n",
                           embeddings.paths.size(), clips.size(), rows, encoder->dimension(), options.output);
  return embeddings.failed > 0 ? ExitCode::kSomeInputsFailed : ExitCode::kAllDone;
}

}  // namespace

std::function<int()> add_embed_command(CLI::App& app) {
  auto* command =
      app.add_subcommand("embed", "Write a frozen encoder's embeddings of audio, to train heads on");
  auto options = std::make_shared<EmbedOptions>();
  add_input_options(*command, options->input);
  command->add_option(
      "--layout", options->layout,
      "what an embedding is made of, e.g. pooled or layer1.mean.all+layer7.mean (default: the model's)");
  command
      ->add_option("--output,-o", options->output,
                   "safetensors file: 'embedding' [clips, dimension]; of layout pooled_layers a row a window")
      ->required();
  command->footer(
      "The file's metadata names the clips' paths and the encoder; 'qamro train' joins labels to it by "
      "path.\n"
      "Example: qamro embed clips/ --model qamro-speech --output embeddings.safetensors");
  return [options] { return run(*options); };
}

}  // namespace qamro::cli
