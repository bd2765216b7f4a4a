#pragma once

#include <chrono>
#include <cmath>
#include <future>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "io/temporary_folder.h"
#include "qamro/audio/decoder.h"
#include "qamro/data/training_clips.h"
#include "qamro/models/predictor.h"

namespace qamro::scoring {

inline constexpr int kToyRate = 16'000;

// Hears a window's mean level. Some windows take longer than others.
class LevelEncoder : public models::WindowEncoder {
 public:
  int sample_rate_hz() const override { return kToyRate; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::fixed_hop_windows(samples, kToyRate, kToyRate);
  }
  std::int64_t dimension() const override { return 1; }
  std::string layout() const override { return "level"; }
  std::vector<float> encode(std::span<const float> samples) const override {
    std::this_thread::sleep_for(std::chrono::microseconds(samples.size() % 7 * 100));
    double sum = 0;
    for (const float sample : samples) sum += std::abs(sample);
    return {static_cast<float>(sum / static_cast<double>(samples.size()))};
  }
};

// A prompt's vector is its length.
class LengthEncoder : public models::TextEncoder {
 public:
  std::int64_t dimension() const override { return 1; }
  std::vector<float> encode(std::string_view text) const override {
    return {static_cast<float>(text.size())};
  }
};

// "MI": the mean level of the windows; "TA": that times the prompt's length. A loud clip is unfamiliar.
class LevelHead : public models::ScoreHead {
 public:
  std::vector<double> score(const models::WindowVectors& clip) const override {
    double level = 0;
    for (const auto& vector : clip.vectors) level += vector[0];
    level /= static_cast<double>(clip.vectors.size());
    return {level, clip.prompt.empty() ? std::numeric_limits<double>::quiet_NaN() : level * clip.prompt[0]};
  }
  double share(const models::WindowVectors& clip) const override { return score(clip)[0] > 0.3 ? 0.1 : 1.0; }
};

// The list of a model that was trained on these sounds in memory.
inline data::TrainingClips trained_on(const std::vector<data::Clip>& clips) {
  std::vector<data::ClipDigests> digests;
  for (const data::Clip& clip : clips) {
    audio::AudioReader reader(clip.sound, clip.path_as_given);
    reader.hash_samples();
    digests.push_back(data::digests_of(clip, reader.samples_sha256()));
  }
  const testing::TemporaryFolder folder;
  data::write_training_clips(folder.path() / "clips.csv", digests);
  return data::TrainingClips(folder.path() / "clips.csv");
}

// reads_prompts: whether TA is an axis that needs one; otherwise the only axis is MI.
inline models::Predictor toy_predictor(bool reads_prompts, data::TrainingClips training_clips = {}) {
  class OneAxis : public LevelHead {
   public:
    std::vector<double> score(const models::WindowVectors& clip) const override {
      return {LevelHead::score(clip)[0]};
    }
  };
  models::ModelDescription description;
  description.name = "toy";
  description.kind = "toy";
  description.axes = {{"MI", 1, 5}};
  if (reads_prompts) description.axes.push_back({"TA", 1, 5});
  std::promise<std::string> sha256;
  sha256.set_value("0123");
  models::ModelParts parts;
  parts.encoder = std::make_unique<LevelEncoder>();
  if (reads_prompts) {
    parts.head = std::make_unique<LevelHead>();
    parts.text_encoder = std::make_unique<LengthEncoder>();
  } else {
    parts.head = std::make_unique<OneAxis>();
  }
  return {description, sha256.get_future().share(), models::Compute(), std::move(parts),
          std::move(training_clips)};
}

}  // namespace qamro::scoring
