#include "qamro/encoders/distillmos/embedding_layout.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <charconv>

#include "qamro/core/error.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::distillmos {
namespace {

// Splits at a character; "a..b" has an empty middle.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    pieces.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return pieces;
    begin = end + 1;
  }
}

[[noreturn]] void refuse(std::string_view part) {
  throw InvalidInput(fmt::format(
      "embedding layout: expected mos, pooled, or STAGE.STATISTIC[.all] with a stage of convolved, projected, layer1 …, normalised and a statistic of mean, std; got '{}'",
      part));
}

bool has_time(Stage stage) {
  return stage != Stage::pooled && stage != Stage::mos;
}

void parse_stage(std::string_view text, std::string_view whole, EmbeddingPart& part) {
  constexpr std::string_view kLayer = "layer";
  if (text == "mos") {
    part.stage = Stage::mos;
  } else if (text == "pooled") {
    part.stage = Stage::pooled;
  } else if (text == "convolved") {
    part.stage = Stage::convolved;
  } else if (text == "projected") {
    part.stage = Stage::projected;
  } else if (text == "normalised") {
    part.stage = Stage::normalised;
  } else if (text.starts_with(kLayer)) {
    part.stage = Stage::layer;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data() + kLayer.size(), end, part.layer);
    if (failure != std::errc() || stop != end || part.layer < 1) refuse(whole);
  } else {
    refuse(whole);
  }
}

EmbeddingPart parse_part(std::string_view text) {
  const std::vector<std::string_view> pieces = split(text, '.');
  EmbeddingPart part;
  parse_stage(pieces[0], text, part);
  if (!has_time(part.stage)) {
    if (pieces.size() != 1) refuse(text);
    return part;
  }
  if (pieces.size() < 2 || pieces.size() > 3) refuse(text);
  if (pieces[1] != "mean" && pieces[1] != "std") refuse(text);
  part.statistic = pieces[1] == "mean" ? Statistic::mean : Statistic::std;
  if (pieces.size() == 3) {
    if (pieces[2] != "all") refuse(text);
    part.valid_only = false;
  }
  return part;
}

std::string write(const EmbeddingPart& part) {
  if (part.stage == Stage::mos) return "mos";
  if (part.stage == Stage::pooled) return "pooled";
  const std::string stage = part.stage == Stage::layer       ? fmt::format("layer{}", part.layer)
                            : part.stage == Stage::convolved ? "convolved"
                            : part.stage == Stage::projected ? "projected"
                                                             : "normalised";
  return fmt::format("{}.{}{}", stage, part.statistic == Statistic::mean ? "mean" : "std",
                     part.valid_only ? "" : ".all");
}

// [tokens, width of the stage] of one window.
at::Tensor stage_tokens(const EmbeddingPart& part, const DistillMosOutput& output, std::int64_t window) {
  if (part.stage == Stage::convolved) return output.convolved[window];
  if (part.stage == Stage::projected) return output.projected[window];
  if (part.stage == Stage::normalised) return output.normalised[window];
  return output.layers.at(static_cast<std::size_t>(part.layer - 1))[window];
}

at::Tensor embed_part(const EmbeddingPart& part, const DistillMosConfig& config,
                      const DistillMosOutput& output, std::int64_t window, std::int64_t samples) {
  if (part.stage == Stage::mos) return output.mos[window].reshape({1});
  if (part.stage == Stage::pooled) return output.pooled[window];
  const std::int64_t count = part.valid_only ? config.valid_tokens(samples) : config.tokens;
  const at::Tensor tokens = stage_tokens(part, output, window).narrow(0, 0, count);
  return part.statistic == Statistic::mean ? tokens.mean(0) : tokens.std(0, /*unbiased=*/false);
}

}  // namespace

EmbeddingLayout EmbeddingLayout::parse(std::string_view text) {
  EmbeddingLayout layout;
  for (std::string_view part : split(text, '+')) layout.parts.push_back(parse_part(part));
  return layout;
}

std::string EmbeddingLayout::to_string() const {
  std::string text;
  for (const EmbeddingPart& part : parts) {
    if (!text.empty()) text += '+';
    text += write(part);
  }
  return text;
}

void EmbeddingLayout::validate(const DistillMosConfig& config) const {
  if (parts.empty()) throw InvalidInput("embedding layout: expected at least one part, got none");
  for (const EmbeddingPart& part : parts)
    if (part.stage == Stage::layer && (part.layer < 1 || part.layer > config.layers))
      throw InvalidInput(
          fmt::format("embedding layout: expected a layer from 1 to {}, got {}", config.layers, part.layer));
}

std::int64_t EmbeddingLayout::dimension(const DistillMosConfig& config) const {
  std::int64_t dimension = 0;
  for (const EmbeddingPart& part : parts)
    dimension += part.stage == Stage::mos         ? 1
                 : part.stage == Stage::convolved ? config.token_features()
                                                  : config.dim;
  return dimension;
}

at::Tensor embed(const EmbeddingLayout& layout, const DistillMosConfig& config,
                 const DistillMosOutput& output, const std::vector<std::int64_t>& valid_samples) {
  layout.validate(config);
  const std::int64_t batch = output.mos.size(0);
  if (static_cast<std::int64_t>(valid_samples.size()) != batch)
    throw InvalidInput(
        fmt::format("embedding: expected {} sample counts, got {}", batch, valid_samples.size()));
  const nn::SerialRegion serial;  // a sum's order must not depend on the number of threads
  std::vector<at::Tensor> rows;
  for (std::int64_t window = 0; window < batch; ++window) {
    const std::int64_t samples = valid_samples[static_cast<std::size_t>(window)];
    if (samples < 0 || samples > DistillMosConfig::kWindowSamples)
      throw InvalidInput(fmt::format("embedding: expected 0 to {} samples per window, got {}",
                                     DistillMosConfig::kWindowSamples, samples));
    std::vector<at::Tensor> pieces;
    for (const EmbeddingPart& part : layout.parts)
      pieces.push_back(embed_part(part, config, output, window, samples));
    rows.push_back(at::cat(pieces));
  }
  if (rows.empty()) return output.mos.new_empty({0, layout.dimension(config)});
  return at::stack(rows);
}

}  // namespace qamro::encoders::distillmos
