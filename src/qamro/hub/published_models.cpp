#include "qamro/hub/published_models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "qamro/core/error.h"

namespace qamro::hub {
namespace {

// Sizes and hashes belong to the pinned commits.
std::vector<PublishedModel> make_table() {
  const std::string audiobox = "facebook/audiobox-aesthetics";
  const std::string audiobox_commit = "9b1dd8e5df9af7216e836a98974fe3b82c56ded6";
  const std::string clap = "lukewys/laion_clap";
  const std::string clap_commit = "b3708341862f581175dba5c356a4ebf74a9b6651";
  const std::string roberta = "FacebookAI/roberta-base";
  const std::string roberta_commit = "e2da8e2f811d1448a5b465c236feacd80ffbac7b";
  const std::string wavlm = "s3prl/converted_ckpts";
  const std::string wavlm_licence =
      "MIT (github.com/microsoft/unilm); github.com/microsoft/UniSpeech names CC BY-SA 3.0 for the same weights";
  const PublishedFile vocabulary = {
      "vocab.json", roberta, roberta_commit,
      "vocab.json", 898'823, "9e7f63c2d15d666b52e21d250d2e513b87c9b713cfa6987a82ed89e5e6e50655"};
  const PublishedFile merges = {
      "merges.txt", roberta, roberta_commit,
      "merges.txt", 456'318, "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"};
  constexpr std::int64_t kMaxWavlmBytes = 1'500'000'000;
  return {
      {"audiobox-aesthetics",
       "Audiobox-Aesthetics: production quality and complexity, content enjoyment and usefulness of any audio",
       "CC BY 4.0 (Meta; huggingface.co/facebook/audiobox-aesthetics)",
       "a model to score with",
       {{"config.json", audiobox, audiobox_commit, "config.json", 492,
         "0b8eabc5ced92cefed116a3aca8f1e59d2a33dc4d376b9e86dfb9c072e1d280d"},
        {"model.safetensors", audiobox, audiobox_commit, "model.safetensors", 415'472'992,
         "a5a3c2412649cc2384ec525ffd5180ce6c4778f43bed6108e0a1303de04d014e"}}},
      {"clap-music",
       "LAION-CLAP for music (HTSAT-base, RoBERTa): embeddings of audio and of text",
       "CC0 1.0 (LAION; huggingface.co/lukewys/laion_clap); vocabulary: MIT (roberta-base)",
       "embeddings of audio and prompts, to train heads on",
       {{"music_audioset_epoch_15_esc_90.14.pt", clap, clap_commit, "music_audioset_epoch_15_esc_90.14.pt",
         2'352'471'003, "fae3e9c087f2909c28a09dc31c8dfcdacbc42ba44c70e972b58c1bd1caf6dedd"},
        vocabulary,
        merges}},
      {"roberta-base",
       "RoBERTa's byte-level vocabulary, without weights",
       "MIT (huggingface.co/FacebookAI/roberta-base)",
       "the tokens of prompts",
       {vocabulary, merges}},
      {"wavlm-base",
       "WavLM Base, pre-trained on 960 h of speech",
       wavlm_licence,
       "an encoder to start training from",
       {{"wavlm_base.pt", wavlm, "main", "wavlm_base.pt", std::nullopt, ""}},
       kMaxWavlmBytes},
      {"wavlm-base-plus",
       "WavLM Base+, pre-trained on 94,000 h of speech",
       wavlm_licence,
       "an encoder to start training from",
       {{"wavlm_base_plus.pt", wavlm, "main", "wavlm_base_plus.pt", std::nullopt, ""}},
       kMaxWavlmBytes},
  };
}

}  // namespace

std::string PublishedFile::url_path() const {
  return fmt::format("/{}/resolve/{}/{}", repository, revision, path);
}

std::optional<std::int64_t> PublishedModel::total_bytes() const {
  std::int64_t total = 0;
  for (const auto& file : files) {
    if (!file.bytes) return std::nullopt;
    total += *file.bytes;
  }
  return total;
}

std::span<const PublishedModel> published_models() {
  static const std::vector<PublishedModel> table = make_table();
  return table;
}

const PublishedModel* find_published_model(const std::string& name) {
  for (const auto& model : published_models())
    if (model.name == name) return &model;
  return nullptr;
}

const PublishedModel& published_model(const std::string& name) {
  if (const auto* model = find_published_model(name)) return *model;
  std::vector<std::string> names;
  for (const auto& model : published_models()) names.push_back(model.name);
  throw InvalidInput(
      fmt::format("model fetch: expected one of the names {}, got '{}'", fmt::join(names, ", "), name));
}

std::optional<KnownFile> find_published_file(const std::string& sha256) {
  if (sha256.empty()) return std::nullopt;  // files whose hash the table does not know have ""
  for (const auto& model : published_models())
    for (const auto& file : model.files)
      if (file.sha256 == sha256) return KnownFile{&model, &file};
  return std::nullopt;
}

}  // namespace qamro::hub
