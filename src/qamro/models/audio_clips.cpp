#include "qamro/models/audio_clips.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::models {

AudioClips::AudioClips(const training::Recipe& recipe, const training::Dataset& dataset, int sample_rate_hz,
                       std::int64_t window_samples, WindowPlan plan, audio::ResamplingMethod method)
    : sample_rate_hz_(sample_rate_hz),
      window_samples_(window_samples),
      plan_(std::move(plan)),
      method_(method) {
  for (const std::string& path : dataset.paths) {
    std::filesystem::path file = std::filesystem::path(recipe.data.audio) / path;
    if (!recipe.data.audio_extension.empty()) file.replace_extension(recipe.data.audio_extension);
    data::Clip& clip = clips_.emplace_back();
    clip.path = file;
    clip.path_as_given = path;
  }
}

std::int64_t AudioClips::samples_of(const audio::AudioReader& reader) const {
  return audio::resampled_length(reader.frames(), reader.sample_rate_hz(), sample_rate_hz_, method_);
}

std::vector<data::ClipDigests> AudioClips::check(const std::function<void()>& on_clip) const {
  std::vector<data::ClipDigests> digests;
  std::string failures;
  for (const data::Clip& clip : clips_) {
    try {
      audio::AudioReader reader(clip.path);
      reader.hash_samples();
      if (samples_of(reader) < 1)
        throw InvalidInput(fmt::format("{}: expected audio, got no sample", clip.path.string()));
      digests.push_back(data::digests_of(clip, reader.samples_sha256()));
    } catch (const Error& error) {
      failures += fmt::format("\n  {}", error.what());
    }
    if (on_clip) on_clip();
  }
  if (!failures.empty())
    throw InvalidInput(fmt::format("data.audio: clips that cannot be trained on:{}", failures));
  return digests;
}

ClipWindows AudioClips::load(std::int64_t clip) const {
  return load(clip, plan_);
}

ClipWindows AudioClips::load_crop(std::int64_t clip, double place) const {
  return load(clip, [&](std::int64_t samples) {
    const std::int64_t length = std::min(samples, window_samples_);
    const auto start = static_cast<std::int64_t>(place * static_cast<double>(samples - length + 1));
    return std::vector<audio::Window>{{start, length}};
  });
}

ClipWindows AudioClips::load(std::int64_t clip, const WindowPlan& plan) const {
  audio::AudioReader reader(clips_.at(static_cast<std::size_t>(clip)).path);
  const std::vector<audio::Window> windows_of_clip = plan(samples_of(reader));
  ClipWindows windows{at::zeros({std::ssize(windows_of_clip), window_samples_}, at::kFloat), {}};
  auto* row = windows.samples.mutable_data_ptr<float>();
  audio::for_each_window(
      reader, sample_rate_hz_, windows_of_clip,
      [&](const audio::Window& window, std::span<const float> values) {
        std::copy(values.begin(), values.end(), row);
        row += window_samples_;
        windows.valid_samples.push_back(window.length_samples);
      },
      method_);
  return windows;
}

void set_digests(training::Dataset& dataset, std::vector<data::ClipDigests> digests) {
  dataset.clip_digests = std::move(digests);
  dataset.audio_digests.clear();
  for (const data::ClipDigests& clip : dataset.clip_digests) dataset.audio_digests.push_back(clip.file);
}

}  // namespace qamro::models
