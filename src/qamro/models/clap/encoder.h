#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qamro/embeddings/embedding_file.h"
#include "qamro/models/clap/model.h"
#include "qamro/models/compute.h"
#include "qamro/models/encoder.h"

namespace qamro::models {

// The only layout that a CLAP has for audio: its embedding of length 1.
inline constexpr const char* kClapAudio = "audio";
// The embeddings of a clip's audio and of its prompt, side by side, as `qamro embed` writes them
// for training.
inline constexpr const char* kClapAudioAndText = embeddings::kAudioAndText;

// Turns a window of 1 to 480,000 samples into 480,000: repeats it as often as it fits whole and zero-pads the
// rest ("repeatpad"). If asked, rounds to 16 bits as `float32_to_int16` and `int16_to_float32` of
// laion_clap/training/data.py do.
std::vector<float> clap_window(std::span<const float> samples, bool rounds_to_16_bits);

// How a clip becomes windows (ClapAudioPolicy).
struct ClapWindowing {
  ClapAudioPolicy policy = ClapAudioPolicy::correct;

  audio::ResamplingMethod resampling() const;
  // Windows of a clip that has `samples` samples.
  std::vector<audio::Window> windows(std::int64_t samples) const;
};

// The audio part of a model of kind "clap" as a frozen encoder. The model's audio policy decides windows and
// resampling. On the CPU the parameters are copied, and their pages are given back to the system
// (io::release_pages); for a GPU the module's audio part moves there. Throws InvalidInput for another layout,
// and for int8 on a GPU.
std::unique_ptr<WindowEncoder> make_clap_audio_encoder(
    std::shared_ptr<const encoders::clap::ClapModule> module, ClapAudioPolicy policy,
    const std::string& layout, const Compute& compute);

// The text part. The vocabulary (model.h) is looked up when the first prompt is encoded.
std::unique_ptr<TextEncoder> make_clap_text_encoder(std::shared_ptr<const encoders::clap::ClapModule> module,
                                                    ModelDescription description);

}  // namespace qamro::models
