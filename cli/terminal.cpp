#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <streambuf>

namespace qamro::cli {
namespace {

bool is_control(unsigned char c) {
  return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
}

class HarmlessBuffer : public std::streambuf {
 public:
  explicit HarmlessBuffer(std::streambuf* terminal) : terminal_(terminal) {}

 protected:
  int_type overflow(int_type character) override {
    if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
    const char c = traits_type::to_char_type(character);
    return xsputn(&c, 1) == 1 ? character : traits_type::eof();
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    const std::string safe = harmless({text, static_cast<std::size_t>(count)});
    const auto size = static_cast<std::streamsize>(safe.size());
    return terminal_->sputn(safe.data(), size) == size ? count : 0;
  }
  int sync() override { return terminal_->pubsync(); }

 private:
  std::streambuf* terminal_;
};

std::string interruption;  // set before the handlers are

void interrupt(int signal) {
  // Only what may be called in a handler. The terminal may be gone.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, interruption.data(), interruption.size());
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void say_when_interrupted(const std::string& text) {
  interruption = "\n" + text + "\n";
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})  // one that nohup has switched off stays so
    if (std::signal(signal, &interrupt) == SIG_IGN) std::signal(signal, SIG_IGN);
}

std::string harmless(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (is_control(static_cast<unsigned char>(c)))
      safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      safe += c;
  }
  return safe;
}

void make_terminals_harmless() {
  // Never destroyed, because the streams are flushed when the program ends.
  static auto& out = *new HarmlessBuffer(std::cout.rdbuf());
  static auto& err = *new HarmlessBuffer(std::cerr.rdbuf());
  if (isatty(STDOUT_FILENO) != 0) std::cout.rdbuf(&out);
  if (isatty(STDERR_FILENO) != 0) std::cerr.rdbuf(&err);
}

}  // namespace qamro::cli
