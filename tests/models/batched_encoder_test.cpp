#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "encoders/small_clap.h"
#include "encoders/small_network.h"
#include "encoders/synthetic_audio.h"
#include "io/temporary_folder.h"
#include "models/small_audiobox.h"
#include "qamro/core/error.h"
#include "qamro/encoders/module_state.h"
#include "qamro/models/clap/encoder.h"
#include "qamro/models/distillmos/encoder.h"
#include "qamro/models/predictor.h"
#include "qamro/nn/device.h"

// Compares encoders that take windows in batches, as on a GPU, with those that take one at a time. They run
// on the CPU, or on the device in QAMRO_TEST_DEVICE (cuda).

namespace qamro::models {
namespace {

using Encoder = std::unique_ptr<WindowEncoder>;
using Windows = std::vector<std::vector<float>>;

Compute in_batches(Precision precision) {
  const char* name = std::getenv("QAMRO_TEST_DEVICE");
  Compute compute(precision, nn::parse_device(name == nullptr ? "cpu" : name));
  nn::open_device(compute.device);
  if (compute.device.is_cpu()) compute.batch_size = 4;
  return compute;
}

// A CPU without 16-bit instructions takes minutes for what a GPU does in one.
std::vector<Precision> precisions() {
  if (in_batches(Precision::fp32).device.is_cpu()) return {Precision::fp32};
  return {Precision::fp32, Precision::bf16, Precision::fp16};
}

Encoder audiobox(const Compute& compute) {
  const ::qamro::testing::TemporaryFolder folder;
  write_hugging_face_folder(folder.path());
  return open_encoder(folder.path(), compute, "pooled_layers");
}

Encoder audiobox_scores(const Compute& compute) {
  const ::qamro::testing::TemporaryFolder folder;
  write_hugging_face_folder(folder.path());
  return open_encoder(folder.path(), compute, "scores");
}

Encoder distillmos(const Compute& compute) {
  const ::qamro::testing::TemporaryFolder folder;
  ModelDescription description;
  description.weights = folder.path() / "weights.safetensors";
  io::save_safetensors(description.weights, encoders::state_dict(*encoders::distillmos::small_network()));
  return load_distillmos_encoder(description, "layer2.mean+layer1.std.all+pooled+mos", compute);
}

Encoder clap(const Compute& compute) {
  return make_clap_audio_encoder(encoders::clap::small_clap(), ClapAudioPolicy::correct, kClapAudio, compute);
}

// Windows of several lengths, from one sample to a whole window.
Windows windows_of(const WindowEncoder& encoder) {
  const std::int64_t longest = encoder.windows(10'000'000).front().length_samples;
  Windows windows;
  for (const std::int64_t length : {longest / 3, longest, std::int64_t{1}})
    windows.push_back(::qamro::testing::synthetic_audio(length));
  return windows;
}

Windows encode(const WindowEncoder& encoder, const Windows& windows) {
  return encoder.encode_batch(std::vector<std::span<const float>>(windows.begin(), windows.end()));
}

// The largest ‖found - expected‖ / ‖expected‖ of all windows.
double largest_relative_difference(const Windows& found, const Windows& expected) {
  double largest = 0;
  EXPECT_EQ(found.size(), expected.size());
  for (std::size_t window = 0; window < found.size(); ++window) {
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < expected[window].size(); ++i) {
      difference += std::pow(found[window].at(i) - expected[window][i], 2);
      size += std::pow(expected[window][i], 2);
    }
    largest = std::max(largest, std::sqrt(difference / size));
  }
  return largest;
}

struct Kind {
  const char* name;
  Encoder (*open)(const Compute&);
};

class BatchedEncoder : public ::testing::TestWithParam<Kind> {};

TEST_P(BatchedEncoder, EqualsTheOneOfSingleWindows) {
  const Encoder single = GetParam().open(Precision::fp32);
  const Encoder batched = GetParam().open(in_batches(Precision::fp32));
  const Windows windows = windows_of(*single);
  ASSERT_EQ(single->batch_size(), 1U);
  ASSERT_GT(batched->batch_size(), windows.size());
  EXPECT_LT(largest_relative_difference(encode(*batched, windows), encode(*single, windows)), 2e-5);
}

// In one precision a window gives the same bits alone, among others and at any place.
TEST_P(BatchedEncoder, MatesDoNotChangeABit) {
  for (const Precision precision : precisions()) {
    const Encoder batched = GetParam().open(in_batches(precision));
    const Windows windows = windows_of(*batched);
    const Windows together = encode(*batched, windows);
    for (std::size_t i = 0; i < windows.size(); ++i) EXPECT_EQ(batched->encode(windows[i]), together[i]) << i;
    EXPECT_EQ(encode(*batched, Windows(windows.rbegin(), windows.rend())),
              Windows(together.rbegin(), together.rend()));
  }
}

TEST_P(BatchedEncoder, LowerPrecisionsAreNearButNotTheSame) {
  const Encoder exact = GetParam().open(in_batches(Precision::fp32));
  const Windows windows = windows_of(*exact);
  const Windows expected = encode(*exact, windows);
  const auto difference = [&](Precision precision) {
    return largest_relative_difference(encode(*GetParam().open(in_batches(precision)), windows), expected);
  };
  EXPECT_LT(difference(Precision::bf16), 0.05);
  EXPECT_GT(difference(Precision::bf16), 1e-6);
  EXPECT_LT(difference(Precision::fp16), 0.01);
  EXPECT_GT(difference(Precision::fp16), 1e-7);
}

TEST_P(BatchedEncoder, RefusesWhatItCannotDo) {
  EXPECT_THROW(GetParam().open(in_batches(Precision::int8)), InvalidInput);
  EXPECT_THROW(GetParam().open(Precision::fp16), InvalidInput);
  const Encoder batched = GetParam().open(in_batches(Precision::fp32));
  EXPECT_THROW(encode(*batched, {}), InvalidInput);
  EXPECT_THROW(encode(*batched, Windows(batched->batch_size() + 1, std::vector<float>(1000))), InvalidInput);
  EXPECT_THROW(batched->encode({}), InvalidInput);
  EXPECT_THROW(batched->encode(std::vector<float>(1'000'000)), InvalidInput);
}

INSTANTIATE_TEST_SUITE_P(Kinds, BatchedEncoder,
                         ::testing::Values(Kind{"audiobox", audiobox},
                                           Kind{"audiobox_scores", audiobox_scores},
                                           Kind{"distillmos", distillmos}, Kind{"clap", clap}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace qamro::models
