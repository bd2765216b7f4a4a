// audio_probe decode IN OUT.f32 [--start S] [--end S] [--first]
//     prints {"rate","channels","frames"} or {"error"}
// audio_probe resample IN.f32 FROM_HZ TO_HZ OUT.f32 [--transform]
//     IN and OUT: raw float32, one channel
// audio_probe windows IN TO_HZ WINDOW HOP OUT.f32 [--spread]
//     writes the samples of all windows, one after another
// audio_probe time_resample FROM_HZ TO_HZ SECONDS
//     prints {"times_real_time"}
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/audio/decoder.h"
#include "qamro/audio/resampler.h"
#include "qamro/audio/windows.h"
#include "qamro/core/error.h"

namespace {

using nlohmann::json;
using Arguments = std::vector<std::string>;

std::vector<float> load(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  std::vector<float> samples(static_cast<std::size_t>(in.tellg()) / sizeof(float));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(samples.data()),
          static_cast<std::streamsize>(samples.size() * sizeof(float)));
  return samples;
}

void append(std::ofstream& out, std::span<const float> samples) {
  out.write(reinterpret_cast<const char*>(samples.data()),
            static_cast<std::streamsize>(samples.size_bytes()));
}

bool has(const Arguments& options, const std::string& name) {
  return std::find(options.begin(), options.end(), name) != options.end();
}

std::optional<double> seconds(const Arguments& options, const std::string& name) {
  const auto at = std::find(options.begin(), options.end(), name);
  if (at == options.end()) return std::nullopt;
  return std::stod(*(at + 1));
}

json decode(const Arguments& a) {
  const auto policy = has(a, "--first") ? qamro::audio::MonoPolicy::first : qamro::audio::MonoPolicy::mean;
  qamro::audio::AudioReader reader(a.at(0), {seconds(a, "--start"), seconds(a, "--end")}, policy);
  std::ofstream out(a.at(1), std::ios::binary);
  std::vector<float> block(10'007);
  std::int64_t total = 0;
  while (const auto got = reader.read(block)) {
    append(out, {block.data(), got});
    total += static_cast<std::int64_t>(got);
  }
  return {{"rate", reader.sample_rate_hz()},
          {"channels", reader.channels()},
          {"frames", reader.frames()},
          {"read", total}};
}

json resample(const Arguments& a) {
  const auto precision = has(a, "--transform") ? qamro::audio::SincPrecision::transform
                                               : qamro::audio::SincPrecision::functional;
  const auto result =
      qamro::audio::resample({load(a.at(0)), std::stoi(a.at(1))}, std::stoi(a.at(2)), precision);
  std::ofstream out(a.at(3), std::ios::binary);
  append(out, result.samples);
  return {{"samples", result.samples.size()}};
}

json windows(const Arguments& a) {
  qamro::audio::AudioReader reader(a.at(0));
  const int to_hz = std::stoi(a.at(1));
  const auto samples = qamro::audio::resampled_length(reader.frames(), reader.sample_rate_hz(), to_hz);
  const auto plan =
      has(a, "--spread")
          ? qamro::audio::evenly_spread_windows(samples, std::stoll(a.at(2)), std::stoll(a.at(3)))
          : qamro::audio::fixed_hop_windows(samples, std::stoll(a.at(2)), std::stoll(a.at(3)));
  std::ofstream out(a.at(4), std::ios::binary);
  json starts = json::array();
  qamro::audio::for_each_window(reader, to_hz, plan, [&](const auto& window, std::span<const float> part) {
    starts.push_back({window.start_sample, window.length_samples});
    append(out, part);
  });
  return {{"windows", starts}};
}

json time_resample(const Arguments& a) {
  qamro::audio::Waveform waveform{{}, std::stoi(a.at(0))};
  const double length = std::stod(a.at(2));
  waveform.samples.resize(static_cast<std::size_t>(length * waveform.sample_rate_hz));
  for (std::size_t i = 0; i < waveform.samples.size(); ++i)
    waveform.samples[i] = std::sin(static_cast<float>(i % 1'000));
  static_cast<void>(qamro::audio::resample({{0.0F}, waveform.sample_rate_hz}, std::stoi(a.at(1))));
  const auto start = std::chrono::steady_clock::now();
  const auto result = qamro::audio::resample(waveform, std::stoi(a.at(1)));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  return {{"samples", result.samples.size()}, {"times_real_time", length / taken.count()}};
}

json run(const std::string& command, const Arguments& arguments) {
  if (command == "decode") return decode(arguments);
  if (command == "resample") return resample(arguments);
  if (command == "windows") return windows(arguments);
  if (command == "time_resample") return time_resample(arguments);
  return {{"error", "unknown command " + command}};
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments(argv + 1, argv + argc);
  try {
    std::cout << run(arguments.at(0), {arguments.begin() + 1, arguments.end()}).dump() << '\n';
    return 0;
  } catch (const qamro::Error& error) {
    std::cout << json{{"error", error.what()}}.dump() << '\n';
    return 1;
  }
}
