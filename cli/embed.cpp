#include "cli/embed.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/exit_code.h"
#include "cli/input_options.h"
#include "cli/progress.h"
#include "qamro/core/error.h"
#include "qamro/core/version.h"
#include "qamro/io/safetensors.h"
#include "qamro/predictors/head_model.h"
#include "qamro/predictors/registry.h"

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
  std::vector<float> values;  // [clips, dimension]
  std::size_t failed = 0;
};

Embeddings embed_all(const predictors::WindowEncoder& encoder, const std::vector<data::Clip>& clips,
                     const predictors::EncodingOptions& encoding) {
  Embeddings result;
  Progress progress("embedding", static_cast<std::int64_t>(clips.size()));
  predictors::encode_clips(encoder, clips, encoding,
                           [&](std::size_t index, predictors::EncodedClip&& encoded) {
                             const auto& clip = clips[index];
                             if (encoded.error.empty()) {
                               const auto mean = predictors::mean_over_windows(encoded.vectors);
                               result.values.insert(result.values.end(), mean.begin(), mean.end());
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

// The encoder behind a model, by name and by the hash of its weights: what heads trained on the file will
// name.
std::pair<std::string, std::string> encoder_identity(const std::string& model) {
  auto description = predictors::describe_model(model);
  if (description.kind == "heads")
    description = predictors::describe_encoder(description.folder,
                                               predictors::HeadModel::load(description.folder).encoder.model);
  return {description.name, predictors::verify_weights(description)};
}

int run(const EmbedOptions& options) {
  const auto clips = read_clips(options.input);
  if (clips.empty()) throw InvalidInput("nothing to embed: the inputs name no clip");
  const std::string model = options.input.model.empty() ? predictors::kDefaultModel : options.input.model;
  const auto [encoder_name, encoder_sha256] = encoder_identity(model);
  const auto encoder =
      predictors::open_encoder(model, predictors::parse_precision(options.input.precision), options.layout);
  const auto encoding = encoding_options(options.input, audio::MonoPolicy::mean);
  auto embeddings = embed_all(*encoder, clips, encoding);
  if (embeddings.paths.empty()) {
    std::cerr << "qamro embed: no clip could be embedded\n";
    return ExitCode::kNothingDone;
  }
  const auto rows = static_cast<std::int64_t>(embeddings.paths.size());
  const auto tensor = at::from_blob(embeddings.values.data(), {rows, encoder->dimension()}, at::kFloat);
  io::save_safetensors(
      options.output, {{"embedding", tensor}},
      {{"paths",
        nlohmann::json(embeddings.paths).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)},
       {"systems",
        nlohmann::json(embeddings.systems).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)},
       {"model", encoder_name},
       {"model_sha256", encoder_sha256},
       {"embedding_layout", encoder->layout()},
       {"sample_rate_hz", std::to_string(encoder->sample_rate_hz())},
       {"mono_policy", mono_policy_name(encoding.mono_policy)},
       {"precision", options.input.precision},
       {"qamro_version", version()}});
  std::cerr << fmt::format("{} of {} clips embedded, [{}, {}] floats written to {}\n", rows, clips.size(),
                           rows, encoder->dimension(), options.output);
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
  command->add_option("--output,-o", options->output, "safetensors file: 'embedding' [clips, dimension]")
      ->required();
  command->footer(
      "The file's metadata names the clips' paths and the encoder; 'qamro train' joins labels to it by "
      "path.\n"
      "Example: qamro embed clips/ --model qamro-speech --output embeddings.safetensors");
  return [options] { return run(*options); };
}

}  // namespace qamro::cli
