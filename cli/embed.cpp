#include "cli/commands.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "cli/input_options.h"
#include "cli/progress.h"
#include "qamro/core/error.h"
#include "qamro/models/clap/encoder.h"
#include "qamro/models/clip_embedding.h"
#include "qamro/models/registry.h"

namespace qamro::cli {
namespace {

struct EmbedOptions {
  InputOptions input;
  std::string layout;
  std::string audio_policy;
  std::string output;
};

models::ClipEncoder open_encoder(const EmbedOptions& options, const std::string& model,
                                 const models::Compute& compute, const std::vector<data::Clip>& clips,
                                 int threads) {
  if (!models::gives_text(model, options.layout, clips) &&
      (!options.input.prompt.empty() || !options.input.prompt_files.empty()))
    throw InvalidInput(fmt::format(
        "--prompt, --prompts: expected a model of kind clap and layout {}, got '{}' and layout '{}'",
        models::kClapAudioAndText, model, options.layout));
  return models::open_clip_encoder(model, compute, options.layout, options.audio_policy, clips, threads);
}

int run(const EmbedOptions& options) {
  const auto clips = read_clips(options.input);
  if (clips.empty()) throw InvalidInput("nothing to embed: the inputs contain no clips");
  const std::string model = options.input.model.empty() ? models::kDefaultModel : options.input.model;
  const auto encoding = encoding_options(options.input, audio::MonoPolicy::mean);
  const auto compute = compute_of(options.input);
  const models::ClipEncoder encoder = open_encoder(options, model, compute, clips, encoding.threads);
  Progress progress("embedding", static_cast<std::int64_t>(clips.size()));
  auto embeddings = models::embed_clips(encoder, clips, encoding, [&](const std::string& error) {
    if (!error.empty()) std::cerr << "left out: " << error << '\n';
    progress.advance();
  });
  if (embeddings.paths.empty()) {
    std::cerr << "qamro embed: no clip could be embedded\n";
    return ExitCode::kNothingDone;
  }
  models::write_embeddings(options.output, model, encoder, compute.precision, encoding.mono_policy,
                           embeddings);
  std::cerr << fmt::format("{} of {} clips embedded, [{}, {}] floats written to {}\n",
                           embeddings.paths.size(), clips.size(), embeddings.rows(), encoder.dimension(),
                           options.output);
  return embeddings.failures.empty() ? ExitCode::kAllDone : ExitCode::kSomeInputsFailed;
}

}  // namespace

std::function<int()> add_embed_command(CLI::App& app) {
  auto* command =
      app.add_subcommand("embed", "Write a frozen encoder's embeddings of audio, to train heads on");
  auto options = std::make_shared<EmbedOptions>();
  add_input_options(*command, options->input);
  command->add_option(
      "--layout", options->layout,
      "what an embedding is made of, e.g. pooled or layer1.mean.all+layer7.mean (default: the model's); for CLAP: audio, or audio+text if the clips have prompts");
  command
      ->add_option(
          "--audio-policy", options->audio_policy,
          "for CLAP: correct (48 kHz, the whole clip) or published (what the paper's program hears: the first 480,000 samples, not resampled); default: the model's")
      ->check(CLI::IsMember({"correct", "published"}));
  command
      ->add_option(
          "--output,-o", options->output,
          "safetensors file with 'embedding' [clips, dimension]; layout pooled_layers has one row per window")
      ->required();
  command->footer(
      "The file's metadata names the clips' paths and the encoder; 'qamro train' joins labels to it by path.\n"
      "Example: qamro embed clips/ --model qamro-speech --output embeddings.safetensors");
  return [options] { return run(*options); };
}

}  // namespace qamro::cli
