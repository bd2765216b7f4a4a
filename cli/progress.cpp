#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/terminal.h"

namespace qamro::cli {
namespace {

constexpr int kBarWidth = 24;
constexpr std::chrono::milliseconds kTerminalPause{100};
constexpr std::chrono::seconds kPlainPause{10};

std::string bar(double fraction) {
  const int full = static_cast<int>(fraction * kBarWidth);
  std::string text;
  for (int i = 0; i < kBarWidth; ++i) text += i < full ? "█" : "·";
  return text;
}

}  // namespace

std::string format_duration(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::int64_t{std::llround(seconds)};
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

Progress::Progress(std::string label, std::int64_t total, std::string unit)
    : label_(std::move(label)),
      total_(total),
      unit_(std::move(unit)),
      is_terminal_(isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      last_draw_(start_) {}

Progress::~Progress() {
  finish();
}

void Progress::advance(std::int64_t n) {
  const std::lock_guard lock(mutex_);
  done_ += n;
  draw(false);
}

void Progress::reach(std::int64_t done, std::int64_t total) {
  const std::lock_guard lock(mutex_);
  if (done_ == 0 || done < done_) skipped_ = done;
  done_ = done;
  total_ = total;
  draw(false);
}

void Progress::note(std::string text) {
  const std::lock_guard lock(mutex_);
  note_ = std::move(text);
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  draw(true);
}

void Progress::draw(bool last) {
  const auto now = Clock::now();
  const auto pause = is_terminal_ ? Clock::duration(kTerminalPause) : Clock::duration(kPlainPause);
  if (!last && now - last_draw_ < pause) return;
  last_draw_ = now;
  const std::string text = line(std::chrono::duration<double>(now - start_).count());
  if (is_terminal_) {
    fmt::print(stderr, "\r\033[K{}{}", harmless(text), last ? "\n" : "");
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
}

std::string Progress::count(std::int64_t n) const {
  return unit_ == "bytes" ? fmt::format("{:.1f}", static_cast<double>(n) / 1e6) : fmt::format("{}", n);
}

std::string Progress::line(double elapsed_seconds) const {
  const double rate = elapsed_seconds > 0 ? static_cast<double>(done_ - skipped_) / elapsed_seconds : 0;
  std::string text = label_ + " ";
  if (total_ > 0) {
    const double fraction = std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0);
    if (is_terminal_) text += bar(fraction) + " ";
    text += fmt::format("{}/{}", count(done_), count(total_));
  } else {
    text += count(done_);
  }
  text += unit_ == "bytes" ? fmt::format(" MB, {:.3g} MB/s", rate / 1e6)
                           : fmt::format(" {}, {:.3g} per second", unit_, rate);
  if (finished_) {
    text += ", " + format_duration(elapsed_seconds);
  } else if (total_ > 0 && rate > 0) {
    text += fmt::format(", {} left", format_duration(static_cast<double>(total_ - done_) / rate));
  }
  if (!note_.empty()) text += ", " + note_;
  return text;
}

}  // namespace qamro::cli
