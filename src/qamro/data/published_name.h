#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace qamro::data {

// What the published data sets write into the name of a clip. A member that the name does not tell is empty.
struct PublishedName {
  std::string id;      // the same in every file: no prefix or extension; AES, PAM: path from the corpus on
  std::string system;  // "S001", "sys0v1wm", "music/musicgen_large"
  std::string prompt;  // "P012"
  std::string source;  // corpus: "LibriTTS", "PAM"
  std::string domain;  // "speech", "music" or "sound"

  bool operator==(const PublishedName&) const = default;
};

// Reads the names of
//   MusicEval / AudioMOS track 1   [audiomos2025-track1-]S001_P012[.wav]
//   AudioMOS track 2, answers      [audiomos2025-track2-]sysXXXXX-uttXXXXX[.wav]
//   AudioMOS track 2, lists        audiomos2025-track2-{audio|music|speech}-...: the domain only
//   PAM                            .../PAM/human_eval/{audio|music}/<system>/<file>
//   AES-Natural                    .../<corpus>/..., with one of the six corpora
// with any folders in front. PAM's systems include their kind, since both kinds have a system "real". Empty
// for any other name.
std::optional<PublishedName> published_name(std::string_view path_or_id);

}  // namespace qamro::data
