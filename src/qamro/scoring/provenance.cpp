#include "qamro/scoring/provenance.h"

#include "qamro/core/enum_names.h"
#include "qamro/core/processor.h"
#include "qamro/core/sha256.h"
#include "qamro/core/version.h"

namespace qamro::scoring {

using Json = nlohmann::ordered_json;

namespace {

void add_resampling(Json& json, const models::WindowEncoder& encoder) {
  const auto method = encoder.resampling();
  if (method == audio::ResamplingMethod::none) {
    json["sample_rate_hz"] = "the file's";
    return;
  }
  json["sample_rate_hz"] = encoder.sample_rate_hz();
  if (method == audio::ResamplingMethod::soxr_hq)
    json["resampler"] = {{"kind", "libsoxr"}, {"quality", "HQ"}};
  else
    json["resampler"] = {{"kind", "hann-windowed sinc"}, {"lowpass_filter_width", 6}, {"rolloff", 0.99}};
}

}  // namespace

Json provenance(const models::Predictor& predictor, const models::EncodingOptions& options) {
  const auto& model = predictor.description();
  Json json;
  json["qamro_version"] = version();
  json["model"] = {{"name", model.name}, {"kind", model.kind}, {"sha256", predictor.weights_sha256()}};
  if (model.document.contains("encoder")) json["model"]["encoder"] = model.document.at("encoder");
  json["device"] = predictor.compute().device.str();
  json["precision"] = models::to_string(predictor.compute().precision);
  if (predictor.compute().device.is_cpu()) json["processor"] = to_string(processor());
  add_resampling(json, predictor.encoder());
  json["mono_policy"] = name_of(options.mono_policy);
  Json axes = Json::array();
  for (const auto& axis : predictor.axes())
    axes.push_back({{"name", axis.name}, {"scale", {axis.scale_low, axis.scale_high}}});
  json["axes"] = axes;
  return json;
}

std::string settings_digest(const Json& provenance, std::span<const data::Clip> clips) {
  Json settings = {{"provenance", provenance}};
  // In fp32, processors differ only by rounding, so a run may be resumed on another one.
  if (provenance.value("precision", "") == "fp32") settings["provenance"].erase("processor");
  Json list = Json::array();
  for (const auto& clip : clips) {
    Json entry = Json::array({clip.path_as_given});
    entry.push_back(clip.start_seconds ? Json(*clip.start_seconds) : Json());
    entry.push_back(clip.end_seconds ? Json(*clip.end_seconds) : Json());
    entry.push_back(clip.system ? Json(*clip.system) : Json());
    entry.push_back(clip.id ? Json(*clip.id) : Json());
    if (clip.prompt) entry.push_back(*clip.prompt);
    list.push_back(std::move(entry));
  }
  settings["clips"] = std::move(list);
  return sha256_hex(settings.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace qamro::scoring
