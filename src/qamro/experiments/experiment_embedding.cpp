#include "qamro/experiments/experiment_embedding.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <thread>

#include "qamro/core/sha256.h"
#include "qamro/core/version.h"
#include "qamro/experiments/clip_embedding.h"
#include "qamro/io/safetensors.h"

namespace qamro::experiments {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kClipsAPart = 64;  // the most work that a killed run loses
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

template <typename T>
std::vector<T> numbers(const io::StateDict& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) return {};
  const at::Tensor tensor = found->second.contiguous();
  return {tensor.const_data_ptr<T>(), tensor.const_data_ptr<T>() + tensor.numel()};
}

ClipEmbeddings read_part(const fs::path& file, std::span<const data::Clip> clips) {
  const io::StateDict tensors = io::load_safetensors(file);
  ClipEmbeddings part;
  for (const data::Clip& clip : clips) {
    part.paths.push_back(clip.path_as_given);
    part.systems.push_back(clip.system.value_or(""));
  }
  part.values = numbers<float>(tensors, "embedding");
  part.windows = numbers<std::int64_t>(tensors, "windows");
  part.valid_samples = numbers<std::int64_t>(tensors, "valid_samples");
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
    encoding_.threads = options.threads > 0
                            ? options.threads
                            : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }

  std::vector<std::string> run() {
    const std::span<const data::Clip> clips = setup_.data.clips;
    const std::string digest = digest_of(setup_, clips, weights_sha256_);
    if (holds(file_, digest)) return {};
    encoder_ = open_clip_encoder(setup_.model, models::Precision::fp32, setup_.layout,
                                 setup_.recipe.model.audio_policy, setup_.data.clips, encoding_.threads);
    if (observer_.embedding_begins) observer_.embedding_begins(std::ssize(clips));
    fs::create_directories(folder_);
    ClipEmbeddings all;
    for (std::size_t first = 0; first < clips.size(); first += kClipsAPart)
      append(all, part(first, clips.subspan(first, std::min(kClipsAPart, clips.size() - first))));
    if (!all.failures.empty()) return all.failures;
    write_embeddings(file_, setup_.model, encoder_, models::Precision::fp32, encoding_.mono_policy, all,
                     {{kDigest, digest}});
    fs::remove_all(folder_);
    return {};
  }

 private:
  ClipEmbeddings part(std::size_t first, std::span<const data::Clip> clips) {
    const fs::path file = folder_ / fmt::format("part_{:06}.safetensors", first);
    const std::string digest = digest_of(setup_, clips, weights_sha256_);
    if (holds(file, digest)) {
      for (std::size_t i = 0; i < clips.size() && observer_.clip_embedded; ++i) observer_.clip_embedded("");
      return read_part(file, clips);
    }
    ClipEmbeddings embeddings = embed_clips(encoder_, clips, encoding_, observer_.clip_embedded);
    if (embeddings.failures.empty())
      io::save_safetensors(file, tensors_of(encoder_, embeddings), {{kDigest, digest}});
    return embeddings;
  }

  const ExperimentSetup& setup_;
  const ExperimentObserver& observer_;
  fs::path file_, folder_;
  std::string weights_sha256_;
  models::EncodingOptions encoding_;
  ClipEncoder encoder_;
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
