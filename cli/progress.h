#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

namespace qamro::cli {

// Progress with rate and time left, on stderr: a bar that redraws itself on a terminal, otherwise a plain
// line now and then. All members are thread-safe.
class Progress {
 public:
  // `total` is in units of `unit` ("files", "epochs"; "bytes" are shown as MB); 0 if not known yet.
  Progress(std::string label, std::int64_t total, std::string unit = "files");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::int64_t n = 1);
  // Sets progress to `done` of `total`; this may go backwards.
  void reach(std::int64_t done, std::int64_t total);
  // Text after the time left, e.g. "loss 0.031" or "2 failed".
  void note(std::string text);
  // Draws the last state and ends the line. The destructor calls it if needed.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void draw(bool last);
  std::string line(double elapsed_seconds) const;
  std::string count(std::int64_t n) const;

  std::mutex mutex_;
  std::string label_;
  std::int64_t total_;
  std::string unit_;
  std::string note_;
  std::int64_t done_ = 0;
  std::int64_t skipped_ = 0;  // already there at the start; not part of the rate
  bool is_terminal_;
  bool finished_ = false;
  Clock::time_point start_;
  Clock::time_point last_draw_;
};

// "1 h 02 min", "3 min 20 s", "4.2 s".
std::string format_duration(double seconds);

}  // namespace qamro::cli
