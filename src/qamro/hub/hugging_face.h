#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "qamro/hub/published_models.h"

namespace qamro::hub {

// Where to find Hugging Face, according to huggingface_hub's own variables (its constants.py).
struct HuggingFaceSettings {
  std::string endpoint = "https://huggingface.co";  // $HF_ENDPOINT, for a mirror; without '/' at its end
  // $HF_HUB_CACHE, $HUGGINGFACE_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub or
  // ~/.cache/huggingface/hub; empty if none of these is known.
  std::filesystem::path cache;
  std::string token;     // $HF_TOKEN; never read from a file, since what is fetched here needs none
  bool offline = false;  // $HF_HUB_OFFLINE: 1, on, yes or true

  static HuggingFaceSettings from_environment();
};

// The file in the cache that huggingface_hub fills (models--ORG--NAME/snapshots/COMMIT/PATH): the one of the
// revision if its size matches, else one of any commit if its size and its known SHA-256 match.
std::optional<std::filesystem::path> find_cached(const HuggingFaceSettings& settings,
                                                 const PublishedFile& file);

}  // namespace qamro::hub
