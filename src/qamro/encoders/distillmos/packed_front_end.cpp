#include "qamro/encoders/distillmos/packed.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <mutex>

#include "qamro/core/error.h"
#include "qamro/features/complex_spectrum.h"
#include "qamro/nn/image_convolution.h"
#include "qamro/nn/inference_layers.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::distillmos {
namespace {

constexpr std::int64_t kConvolutionKernel = 3;
constexpr std::int64_t kTimePadding = 1;

// From this many input channels on, the arithmetic that Winograd's method saves outweighs its memory traffic.
constexpr std::int64_t kWinogradChannels = 64;

std::function<at::Tensor(const at::Tensor&)> pack_convolution(const at::Tensor& weight,
                                                              const at::Tensor& bias,
                                                              at::IntArrayRef input_shape,
                                                              const nn::ConvolutionOptions& options,
                                                              const nn::Arithmetic& arithmetic) {
  const bool is_plain = arithmetic.processor.is_plain;
  if (!is_plain && arithmetic.other == nn::ProductKind::fp32 && options.stride[0] == 1 &&
      weight.size(1) >= kWinogradChannels)
    return nn::WinogradConvolution(weight, bias, input_shape, options);
  return nn::PackedConvolution(weight.to(arithmetic.rows), bias.to(arithmetic.rows), input_shape, options,
                               is_plain);
}

bool is_silent(const at::Tensor& samples) {
  const auto* begin = samples.const_data_ptr<float>();
  return std::all_of(begin, begin + samples.numel(), [](float sample) { return sample == 0.0F; });
}

// Sets the frames outside [0, total) to zero. image: [1, channels, frames, frequencies]; first: position of
// its first frame.
void clear_outside(at::Tensor& image, std::int64_t first, std::int64_t total) {
  const std::int64_t count = image.size(2);
  const std::int64_t before = std::clamp<std::int64_t>(-first, 0, count);
  const std::int64_t behind = std::clamp<std::int64_t>(first + count - total, 0, count);
  if (before > 0) image.narrow(2, 0, before).zero_();
  if (behind > 0) image.narrow(2, count - behind, behind).zero_();
}

}  // namespace

// The tokens of silence: one far from the window's ends, and the last few, which see the zero padding after
// the window's last frame. Computed when the first silent chunk is met.
struct PackedFrontEnd::Silence {
  std::vector<at::Tensor> weights, biases;  // the reference's convolutions
  std::once_flag once;
  Output inner;   // one token
  Output ending;  // the window's last tokens

  void compute(const DistillMosConfig& config, const nn::InferenceLinear& projection,
               const nn::Arithmetic& exact);
};

void PackedFrontEnd::Silence::compute(const DistillMosConfig& config, const nn::InferenceLinear& projection,
                                      const nn::Arithmetic& exact) {
  const nn::SerialRegion serial;  // the bits must not depend on the number of threads
  // Each convolution carries the ends one frame further inwards, so that the first and the last `edge_tokens`
  // tokens differ from those inside. The image has just enough frames to leave one token between them.
  const auto depth = static_cast<std::int64_t>(weights.size());
  const std::int64_t edge_tokens = (depth + 1) / 2;
  const std::int64_t frames = 2 * (2 * edge_tokens + 1);
  at::Tensor image = at::zeros({1, 2, config.spectrum().bins(), frames});
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::int64_t frequency_stride = config.frequency_stride(i), time_stride = config.time_stride(i);
    const std::int64_t frequencies = (image.size(2) - kConvolutionKernel) / frequency_stride + 1;
    const at::Tensor columns = at::im2col(image, {kConvolutionKernel, kConvolutionKernel}, {1, 1},
                                          {0, kTimePadding}, {frequency_stride, time_stride});
    const at::Tensor pixels = columns[0].t().contiguous();
    const at::Tensor sums = nn::InferenceLinear(weights[i].flatten(1), biases[i], exact)(pixels).t();
    image = at::leaky_relu(sums, DistillMosConfig::kLeakySlope)
                .contiguous()
                .view({1, weights[i].size(0), frequencies, -1});
  }
  // [1, channels, frequencies, tokens] -> [tokens, frequencies x channels]
  const Output tokens = {image[0].permute({2, 0, 1}).flatten(1),
                         projection(image[0].permute({2, 1, 0}).flatten(1).contiguous())};
  const auto cut = [&](std::int64_t first, std::int64_t count) {
    return Output{tokens.convolved.narrow(0, first, count).clone(),
                  tokens.projected.narrow(0, first, count).clone()};
  };
  inner = cut(edge_tokens, 1);
  ending = cut(edge_tokens + 1, edge_tokens);
}

PackedFrontEnd::Output PackedFrontEnd::Output::chunk(std::int64_t chunk) const {
  return {convolved.narrow(0, chunk * kChunkTokens, kChunkTokens),
          projected.narrow(0, chunk * kChunkTokens, kChunkTokens)};
}

void PackedFrontEnd::Output::copy_(const Output& other) {
  convolved.copy_(other.convolved);
  projected.copy_(other.projected);
}

PackedFrontEnd::PackedFrontEnd(DistillMosModule& module, const nn::Arithmetic& arithmetic)
    : config_(module.config()), arithmetic_(arithmetic), silence_(std::make_unique<Silence>()) {
  const at::NoGradGuard no_grad;
  if (config_.tokens % kChunkTokens != 0) throw InvalidInput("Distill-MOS: tokens do not fill the chunks");
  plan_frames();
  pack(module);
}

PackedFrontEnd::~PackedFrontEnd() = default;
PackedFrontEnd::PackedFrontEnd(PackedFrontEnd&&) noexcept = default;
PackedFrontEnd& PackedFrontEnd::operator=(PackedFrontEnd&&) noexcept = default;

// From the tokens back to the spectrum: the frames that each convolution needs to see.
void PackedFrontEnd::plan_frames() {
  frames_.resize(config_.channels.size() + 1);
  frames_.back() = {kChunkTokens, 0, kChunkTokens, config_.tokens};
  for (std::size_t i = config_.channels.size(); i-- > 0;) {
    const Frames& output = frames_[i + 1];
    const std::int64_t stride = config_.time_stride(i);
    frames_[i] = {(output.count - 1) * stride + kConvolutionKernel, output.first * stride - kTimePadding,
                  output.step * stride, config_.frames()};
  }
}

void PackedFrontEnd::pack(DistillMosModule& module) {
  std::int64_t frequencies = config_.spectrum().bins(), channels = 2;
  for (std::size_t i = 0; i < config_.channels.size(); ++i) {
    const at::Tensor weight = module.convolutions[i]->weight.detach();
    const at::Tensor bias = module.convolutions[i]->bias.detach();
    silence_->weights.push_back(weight.clone());
    silence_->biases.push_back(bias.clone());
    const nn::ConvolutionOptions options = {{config_.time_stride(i), config_.frequency_stride(i)},
                                            nn::Activation::leaky_relu,
                                            DistillMosConfig::kLeakySlope};
    // Here time comes before frequency.
    convolutions_.push_back(pack_convolution(
        weight.transpose(2, 3), bias, {1, channels, frames_[i].count, frequencies}, options, arithmetic_));
    frequencies = (frequencies - kConvolutionKernel) / config_.frequency_stride(i) + 1;
    channels = config_.channels[i];
  }
  const nn::Affine affine =
      nn::Affine::chain(nn::inference_affine(*module.norm_input), nn::inference_affine(*module.norm));
  const nn::FoldedLinear folded = nn::fold(affine, *module.linear_proj);
  // The reference's features have the channel as the slow index; here it is the fast one.
  const at::Tensor weight =
      folded.weight.view({config_.dim, channels, frequencies}).transpose(1, 2).flatten(1);
  // fp32 in every precision.
  projection_ = {weight.to(at::kFloat), folded.bias.to(at::kFloat), exact()};
}

// The normalised window, with the spectrum's reflection at both ends and zeros as far as the chunks'
// frames reach.
at::Tensor PackedFrontEnd::pad_window(const at::Tensor& window) const {
  const features::ComplexSpectrumOptions spectrum = config_.spectrum();
  const Frames& frames = frames_.front();
  const std::int64_t chunks = config_.tokens / kChunkTokens, reflection = spectrum.padding_samples();
  const at::Tensor normalised = window / (window.abs().amax() + 1e-8);
  const at::Tensor reflected = at::reflection_pad1d(normalised.view({1, 1, -1}), {reflection, reflection});
  const std::int64_t left = -frames.first * spectrum.hop_samples;
  const std::int64_t last_frame = frames.first + (chunks - 1) * frames.step + frames.count - 1;
  const std::int64_t end = last_frame * spectrum.hop_samples + spectrum.window_samples;
  return at::constant_pad_nd(reflected, {left, std::max<std::int64_t>(0, end - reflected.size(-1))})
      .view({1, -1});
}

// [1, samples]: the samples that the chunk's frames see.
at::Tensor PackedFrontEnd::chunk_samples(const at::Tensor& padded, std::int64_t chunk) const {
  const features::ComplexSpectrumOptions spectrum = config_.spectrum();
  const Frames& frames = frames_.front();
  return padded.narrow(1, chunk * frames.step * spectrum.hop_samples,
                       (frames.count - 1) * spectrum.hop_samples + spectrum.window_samples);
}

PackedFrontEnd::Output PackedFrontEnd::chunk_tokens(const at::Tensor& samples, std::int64_t chunk) const {
  const auto first = [&](const Frames& frames) { return frames.first + chunk * frames.step; };
  // [1, frames, bins, 2] in memory is [1, 2, frames, bins] with channels last.
  at::Tensor image = features::complex_spectrum_of_padded(samples, config_.spectrum()).permute({0, 3, 1, 2});
  image = image.to(arithmetic_.rows);
  clear_outside(image, first(frames_[0]), frames_[0].total);
  for (std::size_t i = 0; i < convolutions_.size(); ++i) {
    image = convolutions_[i](image);
    clear_outside(image, first(frames_[i + 1]), frames_[i + 1].total);
  }
  return {image[0].permute({1, 0, 2}).flatten(1).to(at::kFloat),
          projection_(image[0].permute({1, 2, 0}).flatten(1).to(at::kFloat))};
}

void PackedFrontEnd::fill_silent_chunk(Output tokens, std::int64_t chunk) const {
  std::call_once(silence_->once, [&] { silence_->compute(config_, projection_, exact()); });
  tokens.copy_(silence_->inner);
  if ((chunk + 1) * kChunkTokens != config_.tokens) return;
  const std::int64_t count = silence_->ending.projected.size(0), first = kChunkTokens - count;
  Output last = {tokens.convolved.narrow(0, first, count), tokens.projected.narrow(0, first, count)};
  last.copy_(silence_->ending);
}

PackedFrontEnd::Output PackedFrontEnd::forward(const at::Tensor& window) const {
  const at::Tensor padded = pad_window(window);
  const Output tokens = {at::empty({config_.tokens, config_.token_features()}),
                         at::empty({config_.tokens, config_.dim})};
  std::vector<std::int64_t> sounding;
  for (std::int64_t chunk = 0; chunk * kChunkTokens < config_.tokens; ++chunk) {
    // The first chunk sees the window's beginning, whose tokens differ from those inside silence.
    if (chunk == 0 || !is_silent(chunk_samples(padded, chunk)))
      sounding.push_back(chunk);
    else
      fill_silent_chunk(tokens.chunk(chunk), chunk);
  }
  nn::parallel_for(static_cast<std::int64_t>(sounding.size()), [&](std::int64_t i) {
    const at::NoGradGuard no_grad;  // a guard holds for its own thread only
    const std::int64_t chunk = sounding[static_cast<std::size_t>(i)];
    tokens.chunk(chunk).copy_(chunk_tokens(chunk_samples(padded, chunk), chunk));
  });
  return tokens;
}

}  // namespace qamro::encoders::distillmos
