#include "qamro/plotting/chart.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "qamro/io/atomic_file.h"

namespace qamro::plotting {
namespace {

// An unnamed temporary file. With pipes, the two sides could wait for each other for ever.
class ScratchFile {
 public:
  ScratchFile() : file_(std::tmpfile(), &std::fclose) {
    if (!file_) throw FileError(describe_errno("temporary file", errno));
  }
  int descriptor() const { return fileno(file_.get()); }
  void write(const std::string& text) {
    const bool is_whole = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
    if (!is_whole || std::fflush(file_.get()) != 0) throw FileError(describe_errno("temporary file", errno));
    std::rewind(file_.get());
  }
  std::string read() {
    std::rewind(file_.get());
    std::string text;
    std::array<char, 1 << 16> buffer;
    for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), file_.get())) > 0;)
      text.append(buffer.data(), n);
    return text;
  }

 private:
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  void redirect(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void close_from(int first) { posix_spawn_file_actions_addclosefrom_np(&actions_, first); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

constexpr const char* kNotInstalled = "gnuplot is not installed (apt install gnuplot-nox)";
// POSIX's exit status of a child that found no program, where posix_spawnp() itself cannot
// tell (under qemu-user).
constexpr int kNoProgram = 127;

// Returns gnuplot's exit status; -1 if a signal ended it. Throws PlotError if there is no gnuplot.
int run_gnuplot(const ScratchFile& script, const ScratchFile& output, const ScratchFile& errors) {
  FileActions actions;
  actions.redirect(script.descriptor(), STDIN_FILENO);
  actions.redirect(output.descriptor(), STDOUT_FILENO);
  actions.redirect(errors.descriptor(), STDERR_FILENO);
  actions.close_from(STDERR_FILENO + 1);
  // -d: reads neither gnuplotrc nor ~/.gnuplot, which could change the picture. -: the script
  // is standard input.
  std::array<std::string, 3> arguments = {"gnuplot", "-d", "-"};
  std::array<char*, 4> argv = {arguments[0].data(), arguments[1].data(), arguments[2].data(), nullptr};
  pid_t child = 0;
  if (const int failure = posix_spawnp(&child, "gnuplot", actions.get(), nullptr, argv.data(), environ))
    throw PlotError(failure == ENOENT ? kNotInstalled : describe_errno("gnuplot", failure));
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw PlotError(describe_errno("gnuplot", errno));
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == kNoProgram) throw PlotError(kNotInstalled);
  return code;
}

std::string first_line(const std::string& text) {
  const std::size_t start = text.find_first_not_of(" \n\r\t");
  return start == std::string::npos ? "no message" : text.substr(start, text.find('\n', start) - start);
}

std::string draw(const Chart& chart) {
  ScratchFile script, output, errors;
  script.write(gnuplot_script(chart));
  const int status = run_gnuplot(script, output, errors);
  std::string svg = output.read();
  const bool is_whole = svg.rfind("</svg>") != std::string::npos;
  if (status != 0 || !is_whole)
    throw PlotError(fmt::format("gnuplot failed, exit status {}: {}", status, first_line(errors.read())));
  return svg;
}

}  // namespace

void write_svg(const Chart& chart, const std::filesystem::path& path) try {
  const std::string svg = draw(chart);
  io::AtomicFile file(path);
  file.stream() << svg;
  file.commit();
} catch (const PlotError& error) {
  throw PlotError(fmt::format("{}: not drawn: {}", path.string(), error.what()));
}

}  // namespace qamro::plotting
