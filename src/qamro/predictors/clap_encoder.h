#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qamro/predictors/clap_model.h"
#include "qamro/predictors/compute.h"
#include "qamro/predictors/text_encoder.h"
#include "qamro/predictors/window_encoder.h"

namespace qamro::predictors {

// The one layout that a CLAP gives of audio: its embedding of length 1.
inline constexpr const char* kClapAudio = "audio";
// A clip's embedding of audio and that of its prompt, side by side, as `qamro embed` writes them for
// training.
inline constexpr const char* kClapAudioAndText = "audio+text";

// samples: a window's, 1 to 480,000 → 480,000: rounded to 16 bits as `float32_to_int16` and
// `int16_to_float32` of laion_clap/training/data.py do, if asked; then repeated as often as it fits whole,
// and zero-padded ("repeatpad").
std::vector<float> clap_window(std::span<const float> samples, bool rounds_to_16_bits);

// How a clip becomes windows (ClapAudioPolicy).
struct ClapWindowing {
  ClapAudioPolicy policy = ClapAudioPolicy::correct;

  audio::ResamplingMethod resampling() const;
  // Windows of a clip of that many samples.
  std::vector<audio::Window> windows(std::int64_t samples) const;
};

// The audio part of a model of kind "clap" as a frozen encoder, its windows and resampling by the model's
// audio policy. On the CPU its parameters are copied, and their pages given back to the system
// (io::release_pages); for a GPU the module's audio part moves there. Throws InvalidInput for another layout,
// and for int8 on a GPU.
std::unique_ptr<WindowEncoder> make_clap_audio_encoder(
    std::shared_ptr<const encoders::clap::ClapModule> module, ClapAudioPolicy policy,
    const std::string& layout, const Compute& compute);

// The text part. The vocabulary is looked for (clap_file.h) with the first prompt.
std::unique_ptr<TextEncoder> make_clap_text_encoder(std::shared_ptr<const encoders::clap::ClapModule> module,
                                                    ModelDescription description);

}  // namespace qamro::predictors
