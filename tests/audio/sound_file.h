#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qamro::test {

// Writes interleaved samples through libsndfile; `format` is SF_FORMAT_…. Returns the path, in a folder that
// is removed when the test program ends.
std::string write_sound(const std::string& name, const std::vector<float>& interleaved, int rate_hz,
                        int channels, int format);

// Writes an mp3 with a constant bit rate and one channel.
std::string write_constant_rate_mp3(const std::string& name, const std::vector<float>& samples, int rate_hz);

// Noise in [-amplitude, amplitude] that is the same on every machine.
std::vector<float> noise(std::size_t samples, std::uint64_t seed, float amplitude = 0.5F);

std::string read_bytes(const std::string& path);
std::string write_bytes(const std::string& name, const std::string& bytes);

}  // namespace qamro::test
