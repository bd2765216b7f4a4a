#include "qamro/features/complex_spectrum.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::features {
namespace {

at::Tensor noise(std::int64_t samples, at::ScalarType type = at::kDouble) {
  at::manual_seed(7);
  return at::randn({1, samples}, at::kDouble).mul(0.1).to(type);
}

// The definition: one bin of one frame of a signal that is reflected at its ends.
std::complex<double> naive_bin(const std::vector<double>& signal, std::int64_t frame, std::int64_t bin) {
  const auto length = static_cast<std::int64_t>(signal.size());
  std::complex<double> sum = 0;
  for (std::int64_t i = 0; i < 320; ++i) {
    std::int64_t position = 160 * frame + i - 80;
    if (position < 0) position = -position;
    if (position >= length) position = 2 * (length - 1) - position;
    const double window = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / 320);
    const double angle = -2 * std::numbers::pi * static_cast<double>(i * bin) / 320;
    sum += window * signal[static_cast<std::size_t>(position)] * std::polar(1.0, angle);
  }
  return std::pow(std::abs(sum), -0.7) * sum;
}

TEST(ComplexSpectrum, EqualsItsDefinition) {
  const at::Tensor samples = noise(960);
  const std::vector<double> signal(samples.data_ptr<double>(), samples.data_ptr<double>() + 960);
  const at::Tensor spectrum = complex_spectrum(samples);
  ASSERT_EQ(spectrum.sizes(), at::IntArrayRef({1, 2, 161, 6}));
  for (std::int64_t frame = 0; frame < 6; ++frame)
    for (std::int64_t bin = 0; bin <= 160; ++bin) {
      const std::complex<double> expected = naive_bin(signal, frame, bin);
      ASSERT_NEAR(spectrum[0][0][bin][frame].item<double>(), expected.real(), 1e-9) << bin << ' ' << frame;
      ASSERT_NEAR(spectrum[0][1][bin][frame].item<double>(), expected.imag(), 1e-9) << bin << ' ' << frame;
    }
}

TEST(ComplexSpectrum, SilenceIsZero) {
  EXPECT_TRUE(complex_spectrum(at::zeros({2, 1600})).eq(0).all().item<bool>());
}

TEST(ComplexSpectrum, LoudnessScalesByThePower) {
  const at::Tensor samples = noise(1600);
  const at::Tensor louder = complex_spectrum(10 * samples),
                   expected = std::pow(10.0, 0.3) * complex_spectrum(samples);
  EXPECT_TRUE(at::allclose(louder, expected, 1e-9, 1e-12));
}

// Equal only within rounding: the transform's code differs with the number of frames.
TEST(ComplexSpectrum, RowsDoNotTouch) {
  const at::Tensor one = noise(3200, at::kFloat), other = at::flip(one, {1});
  const at::Tensor both = complex_spectrum(at::cat({one, other}));
  EXPECT_TRUE(at::allclose(both[0], complex_spectrum(one)[0], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(both[1], complex_spectrum(other)[0], 1e-5, 1e-6));
}

TEST(ComplexSpectrum, FrameCount) {
  const ComplexSpectrumOptions options;
  EXPECT_EQ(options.frames(122880), 768);
  EXPECT_EQ(options.frames(160), 1);
  EXPECT_EQ(options.frames(319), 1);
  EXPECT_EQ(options.frames(320), 2);
  EXPECT_EQ(complex_spectrum(noise(319)).size(3), 1);
}

TEST(ComplexSpectrum, PaddedSignalGivesTheSameFrames) {
  const at::Tensor samples = noise(1600);
  const at::Tensor padded = at::reflection_pad1d(samples.unsqueeze(1), {80, 80}).squeeze(1);
  const at::Tensor frames = complex_spectrum_of_padded(padded);
  ASSERT_EQ(frames.sizes(), at::IntArrayRef({1, 10, 161, 2}));
  EXPECT_TRUE(frames.is_contiguous());
  EXPECT_TRUE(at::equal(frames.permute({0, 3, 2, 1}), complex_spectrum(samples)));
}

TEST(ComplexSpectrum, GradientIsTheDifferenceQuotient) {
  const at::Tensor samples = noise(480).requires_grad_();
  at::manual_seed(9);
  const at::Tensor weights = at::randn({1, 2, 161, 3}, at::kDouble);
  const auto value = [&](const at::Tensor& x) { return (complex_spectrum(x) * weights).sum(); };
  const at::Tensor gradient = torch::autograd::grad({value(samples)}, {samples})[0];
  const at::Tensor base = samples.detach();
  for (const std::int64_t i : {0, 3, 79, 240, 479}) {
    at::Tensor step = at::zeros_like(base);
    step[0][i] = 1e-7;
    const double slope = (value(base + step) - value(base - step)).item<double>() / 2e-7;
    EXPECT_NEAR(gradient[0][i].item<double>(), slope, 1e-4 * (1 + std::abs(slope))) << i;
  }
}

TEST(ComplexSpectrum, RefusesOtherInput) {
  EXPECT_THROW(complex_spectrum(at::zeros({1600})), InvalidInput);
  EXPECT_THROW(complex_spectrum(at::zeros({1, 80})), InvalidInput);
  EXPECT_THROW(complex_spectrum(at::zeros({1, 0})), InvalidInput);
  EXPECT_THROW(complex_spectrum(at::zeros({1, 1600}, at::kInt)), InvalidInput);
  EXPECT_THROW(complex_spectrum(at::zeros({1, 100})), InvalidInput);  // too short for a whole window
}

TEST(ComplexSpectrum, RefusesOtherOptions) {
  EXPECT_THROW(ComplexSpectrumOptions{.window_samples = 321}.validate(), InvalidInput);
  EXPECT_THROW(ComplexSpectrumOptions{.hop_samples = 0}.validate(), InvalidInput);
  EXPECT_THROW(ComplexSpectrumOptions{.hop_samples = 161}.validate(), InvalidInput);
  EXPECT_THROW(ComplexSpectrumOptions{.magnitude_exponent = std::nan("")}.validate(), InvalidInput);
  EXPECT_THROW(ComplexSpectrumOptions{.magnitude_floor = 0}.validate(), InvalidInput);
}

}  // namespace
}  // namespace qamro::features
