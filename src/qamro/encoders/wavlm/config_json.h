#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/encoders/wavlm/config.h"

namespace qamro::encoders::wavlm {

// The settings under the names of `WavLMConfig`: "cfg" in Microsoft's checkpoints, and "encoder_config" in
// qamro's model.json, which adds "window_samples" and "normalise_rms". A missing key has the reference's
// default; keys that concern only pre-training are ignored. Throws CheckpointError that names `file` and the
// key for a value of another type, sizes that do not fit together, and settings that only other variants of
// the network have ("extractor_mode": expected "default", got "layer_norm").
WavLmConfig config_from_json(const nlohmann::ordered_json& json, std::string_view file);
nlohmann::ordered_json to_json(const WavLmConfig& config);

// "[(512,10,5)] + [(512,3,2)] * 4" and back. Throws InvalidInput for anything but sums of lists of triples,
// each optionally times a number, and for more than 100 layers.
std::vector<ConvLayer> parse_conv_layers(const std::string& text);
std::string conv_layers_text(const std::vector<ConvLayer>& layers);

}  // namespace qamro::encoders::wavlm
