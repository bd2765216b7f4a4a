#include "qamro/models/clip_encoding.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

#include <algorithm>
#include <atomic>
#include <climits>
#include <exception>
#include <mutex>
#include <thread>

#include "qamro/audio/windows.h"
#include "qamro/core/error.h"

namespace qamro::models {
namespace {

// A queue between decoding and encoding threads. It holds at most `capacity` items, so memory stays bounded
// however fast one side is.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Waits for room. Returns false if the queue was closed; then the item was not taken.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    filled_.notify_one();
    return true;
  }

  // Waits for `max_size` items (at most the capacity). Returns fewer, or none, only if the queue is closed.
  std::vector<T> pop(std::size_t max_size) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || items_.size() >= max_size; });
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(std::min(max_size, items_.size()));
    std::vector<T> items(std::move_iterator(items_.begin()), std::move_iterator(end));
    items_.erase(items_.begin(), end);
    room_.notify_all();
    return items;
  }

  // Refuses new items; those already inside are still handed out.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    filled_.notify_all();
    room_.notify_all();
  }

  // Closes the queue and drops the items inside.
  void abandon() {
    const std::lock_guard lock(mutex_);
    items_.clear();
    closed_ = true;
    filled_.notify_all();
    room_.notify_all();
  }

 private:
  std::size_t capacity_;
  std::deque<T> items_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable filled_;
  bool closed_ = false;
};

struct Job {
  std::size_t clip;
  std::size_t window;
  std::vector<float> samples;
  int threads;  // for this window alone
};

// Decoding threads cut clips into windows, encoding threads turn windows into vectors, and finished clips
// leave in order. Every encoding thread runs the network on one thread, which gives the most windows per
// second. If a run has fewer windows than threads, the windows share the threads equally. No result depends
// on the number of threads.
class Pipeline {
 public:
  Pipeline(const WindowEncoder& encoder, std::span<const data::Clip> clips, const EncodingOptions& options,
           const std::function<bool(std::size_t, EncodedClip&&)>& done)
      : encoder_(encoder),
        clips_(clips),
        options_(options),
        done_(done),
        batch_(encoder.batch_size()),
        queue_(batch_ == 1 ? static_cast<std::size_t>(options.threads) * 3 + 1 : 4 * batch_),
        states_(clips.size()) {}

  void run() {
    // On a CPU decoding takes well under a tenth of the encoder's time. A GPU needs all threads for decoding,
    // and two to feed it: one prepares the next batch while the GPU computes.
    const int decoders = batch_ == 1 ? 1 + options_.threads / 8 : options_.threads;
    const int encoders = batch_ == 1 ? options_.threads : 2;
    std::vector<std::thread> decoding;
    std::vector<std::thread> encoding;
    decoding.reserve(static_cast<std::size_t>(decoders));
    encoding.reserve(static_cast<std::size_t>(encoders));
    for (int i = 0; i < decoders; ++i) decoding.emplace_back([this] { decode_clips(); });
    for (int i = 0; i < encoders; ++i) encoding.emplace_back([this] { encode_windows(); });
    for (auto& thread : decoding) thread.join();
    queue_.close();
    for (auto& thread : encoding) thread.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  struct State {
    EncodedClip clip;
    std::size_t windows_encoded = 0;
    bool decoded = false;
    bool complete() const {
      return decoded && (!clip.error.empty() || windows_encoded == clip.windows.size());
    }
  };

  void decode_clips() {
    for (std::size_t index = next_clip_++; index < clips_.size() && !stopped_; index = next_clip_++) {
      std::string error = clips_[index].error;
      if (error.empty()) error = decode(index);
      const std::lock_guard lock(mutex_);
      states_[index].clip.error = std::move(error);
      states_[index].decoded = true;
      hand_over();
    }
  }

  audio::AudioReader open(const data::Clip& clip) const {
    const audio::Segment segment{clip.start_seconds, clip.end_seconds};
    if (clip.sound) return {clip.sound, clip.path_as_given, segment, options_.mono_policy};
    return audio::AudioReader(clip.path, segment, options_.mono_policy);
  }

  static std::string name_of(const data::Clip& clip) {
    return clip.sound ? clip.path_as_given : clip.path.string();
  }

  // Returns the error message, or "".
  std::string decode(std::size_t index) {
    const auto& clip = clips_[index];
    try {
      audio::AudioReader reader = open(clip);
      const double seconds = static_cast<double>(reader.frames()) / reader.sample_rate_hz();
      if (seconds < options_.minimum_seconds)
        return fmt::format("{}: too short: expected at least {} s, got {:.4g} s", name_of(clip),
                           options_.minimum_seconds, seconds);
      const auto resampling = encoder_.resampling();
      const int own_rate = reader.sample_rate_hz();
      const int rate = resampling == audio::ResamplingMethod::none ? own_rate : encoder_.sample_rate_hz();
      auto windows = encoder_.windows(audio::resampled_length(reader.frames(), own_rate, rate, resampling));
      {
        const std::lock_guard lock(mutex_);
        auto& state = states_[index].clip;
        state.duration_seconds = seconds;
        state.sample_rate_hz = rate;
        state.windows = windows;
        state.vectors.resize(windows.size());
      }
      if (options_.hash_clips) reader.hash_samples();
      std::size_t window = 0;
      const int threads = threads_per_window(windows.size());
      audio::for_each_window(
          reader, rate, windows,
          [&](const audio::Window&, std::span<const float> samples) {
            queue_.push({index, window++, {samples.begin(), samples.end()}, threads});
          },
          resampling);
      const audio::SoundProperties sound = reader.properties();
      data::ClipDigests digests;
      if (options_.hash_clips) digests = data::digests_of(clip, reader.samples_sha256());
      const std::lock_guard lock(mutex_);
      states_[index].clip.sound = sound;
      states_[index].clip.digests = std::move(digests);
      return "";
    } catch (const Error& error) {
      return error.what();
    } catch (const std::bad_alloc&) {
      return fmt::format("{}: out of memory while decoding", name_of(clip));
    }
  }

  // Threads per window of a clip with `windows` windows. Each of the other clips has at least one window.
  int threads_per_window(std::size_t windows) const {
    const auto together = std::max<std::size_t>({1, windows, clips_.size()});
    return std::max(1, options_.threads / static_cast<int>(std::min<std::size_t>(together, INT_MAX)));
  }

  void encode_windows() {
    try {
      for (auto jobs = queue_.pop(batch_); !jobs.empty(); jobs = queue_.pop(batch_)) {
        at::set_num_threads(batch_ == 1 ? jobs.front().threads : 1);
        const std::vector<std::span<const float>> windows = samples_of(jobs);
        auto vectors = encoder_.encode_batch(windows);
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < jobs.size(); ++i) take(jobs[i], std::move(vectors[i]));
        hand_over();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stop();
    }
  }

  static std::vector<std::span<const float>> samples_of(const std::vector<Job>& jobs) {
    std::vector<std::span<const float>> windows;
    windows.reserve(jobs.size());
    for (const Job& job : jobs) windows.emplace_back(job.samples);
    return windows;
  }

  // The caller holds the lock.
  void take(const Job& job, std::vector<float> vector) {
    auto& state = states_[job.clip];
    if (job.window < state.clip.vectors.size()) state.clip.vectors[job.window] = std::move(vector);
    ++state.windows_encoded;
  }

  // The caller holds the lock. Hands over every clip that is complete and next in order.
  void hand_over() {
    try {
      while (!stopped_ && next_out_ < states_.size() && states_[next_out_].complete()) {
        EncodedClip clip = std::move(states_[next_out_].clip);
        states_[next_out_] = State{};
        if (!clip.error.empty()) clip.vectors.clear();
        if (!done_(next_out_++, std::move(clip))) stop();
      }
    } catch (...) {
      if (!failure_) failure_ = std::current_exception();
      stop();
    }
  }

  void stop() {
    stopped_ = true;
    queue_.abandon();
  }

  const WindowEncoder& encoder_;
  std::span<const data::Clip> clips_;
  EncodingOptions options_;
  const std::function<bool(std::size_t, EncodedClip&&)>& done_;
  std::size_t batch_;
  BoundedQueue<Job> queue_;
  std::mutex mutex_;
  std::vector<State> states_;
  std::size_t next_out_ = 0;
  std::atomic<std::size_t> next_clip_ = 0;
  std::atomic<bool> stopped_ = false;
  std::exception_ptr failure_;
};

}  // namespace

void EncodingOptions::validate() const {
  if (threads < 1) throw InvalidInput(fmt::format("threads: expected at least 1, got {}", threads));
}

void encode_clips(const WindowEncoder& encoder, std::span<const data::Clip> clips,
                  const EncodingOptions& options,
                  const std::function<bool(std::size_t index, EncodedClip&&)>& done) {
  options.validate();
  Pipeline(encoder, clips, options, done).run();
}

}  // namespace qamro::models
