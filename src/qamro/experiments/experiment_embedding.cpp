#include "qamro/experiments/experiment_embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>

#include "qamro/core/jobs.h"
#include "qamro/core/sha256.h"
#include "qamro/core/version.h"
#include "qamro/embeddings/embedding_file.h"
#include "qamro/io/safetensors.h"
#include "qamro/models/clip_embedding.h"

namespace qamro::experiments {
namespace {

namespace fs = std::filesystem;
using embeddings::ClipEmbeddings;

constexpr std::size_t kClipsPerPart = 64;  // the most work that a killed run loses
constexpr const char* kDigest = "experiment_digest";

// A hash of the encoder, its layout, and the prompts and audio of these clips.
std::string digest_of(const ExperimentSetup& setup, std::span<const data::Clip> clips,
                      const std::string& weights_sha256) {
  std::string all = fmt::format("{}\n{}\n{}\n{}\n", version(), weights_sha256, setup.layout,
                                setup.recipe.model.audio_policy);
  for (const data::Clip& clip : clips)
    all += fmt::format("{}\n{}\n{}\n", clip.path_as_given, sha256_file(clip.path), clip.prompt.value_or(""));
  return sha256_hex(all);
}

bool holds(const fs::path& file, const std::string& digest) {
  if (!fs::is_regular_file(file)) return false;
  const io::Metadata metadata = io::read_safetensors_metadata(file);
  const auto found = metadata.find(kDigest);
  return found != metadata.end() && found->second == digest;
}

ClipEmbeddings read_part_of(std::span<const data::Clip> clips, const fs::path& file) {
  ClipEmbeddings part;
  embeddings::read_part(file, part);
  for (const data::Clip& clip : clips) {
    part.paths.push_back(clip.path_as_given);
    part.systems.push_back(clip.system.value_or(""));
  }
  return part;
}

class Embedder {
 public:
  Embedder(const ExperimentSetup& setup, const ExperimentOptions& options, const ExperimentObserver& observer)
      : setup_(setup),
        observer_(observer),
        file_(options.output / "embeddings.safetensors"),
        folder_(options.output / "embeddings"),
        weights_sha256_(models::verify_weights(*setup.encoder)) {
    encoding_.threads = thread_count(options.threads);
  }

  std::vector<std::string> run() {
    const std::span<const data::Clip> clips = setup_.data.clips;
    const std::string digest = digest_of(setup_, clips, weights_sha256_);
    if (holds(file_, digest)) return {};
    encoder_ =
        models::open_clip_encoder(setup_.model, models::Precision::fp32, setup_.layout,
                                  setup_.recipe.model.audio_policy, setup_.data.clips, encoding_.threads);
    if (observer_.embedding_begins) observer_.embedding_begins(std::ssize(clips));
    fs::create_directories(folder_);
    ClipEmbeddings all;
    for (std::size_t first = 0; first < clips.size(); first += kClipsPerPart)
      all.append(part(first, clips.subspan(first, std::min(kClipsPerPart, clips.size() - first))));
    if (!all.failures.empty()) return all.failures;
    models::write_embeddings(file_, setup_.model, encoder_, models::Precision::fp32, encoding_.mono_policy,
                             all, {{kDigest, digest}});
    fs::remove_all(folder_);
    return {};
  }

 private:
  ClipEmbeddings part(std::size_t first, std::span<const data::Clip> clips) {
    const fs::path file = folder_ / fmt::format("part_{:06}.safetensors", first);
    const std::string digest = digest_of(setup_, clips, weights_sha256_);
    if (holds(file, digest)) {
      for (std::size_t i = 0; i < clips.size() && observer_.clip_embedded; ++i) observer_.clip_embedded("");
      return read_part_of(clips, file);
    }
    ClipEmbeddings embeddings = models::embed_clips(encoder_, clips, encoding_, observer_.clip_embedded);
    if (embeddings.failures.empty()) embeddings::write_part(file, embeddings, {{kDigest, digest}});
    return embeddings;
  }

  const ExperimentSetup& setup_;
  const ExperimentObserver& observer_;
  fs::path file_, folder_;
  std::string weights_sha256_;
  models::EncodingOptions encoding_;
  models::ClipEncoder encoder_;
};

}  // namespace

std::vector<std::string> embed_experiment(const ExperimentSetup& setup, const ExperimentOptions& options,
                                          const ExperimentObserver& observer) {
  return Embedder(setup, options, observer).run();
}

std::string embedding_digest(const ExperimentOptions& options) {
  const fs::path file = options.output / "embeddings.safetensors";
  if (!fs::is_regular_file(file)) return "";
  const io::Metadata metadata = io::read_safetensors_metadata(file);
  const auto found = metadata.find(kDigest);
  return found == metadata.end() ? "" : found->second;
}

}  // namespace qamro::experiments
