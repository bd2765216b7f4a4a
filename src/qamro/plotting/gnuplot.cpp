#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>

#include "qamro/core/error.h"
#include "qamro/io/atomic_file.h"
#include "qamro/plotting/chart.h"

namespace qamro::plotting {
namespace {

constexpr std::size_t kMaxCharacters = 60;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

// Length in bytes of the UTF-8 sequence at the start of the text; 0 if there is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  const bool is_overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool is_surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool is_beyond = lead == 0xF4 && byte(1) > 0x8F;
  return is_overlong || is_surrogate || is_beyond ? 0 : length;
}

bool is_control(std::string_view character) {
  const auto lead = static_cast<std::uint8_t>(character[0]);
  const bool is_c1 = lead == 0xC2 && static_cast<std::uint8_t>(character[1]) < 0xA0;
  // XML does not allow U+FFFE and U+FFFF.
  const bool is_no_character = character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
  return lead < 0x20 || lead == 0x7F || is_c1 || is_no_character;
}

void append_escaped(std::string& script, std::string_view bytes) {
  for (const char c : bytes) {
    // Digits are escaped too, because gnuplot takes digits after an escape as part of it.
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ';
    if (is_plain)
      script += c;
    else
      script += fmt::format("\\{:03o}", static_cast<std::uint8_t>(c));
  }
}

const char* rgb(Colour colour) {
  switch (colour) {
    case Colour::kBlue:
      return "0072B2";
    case Colour::kVermilion:
      return "D55E00";
    case Colour::kGreen:
      return "009E73";
    case Colour::kPurple:
      return "CC79A7";
    case Colour::kBlack:
      break;
  }
  return "000000";
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "NaN";
}

// An empty line separates the lines of one block; gnuplot does not connect points across it.
std::string data_block(const std::string& name, const Series& series) {
  std::string text = fmt::format("${} << EOD\n", name);
  for (const auto& line : series.lines) {
    for (const Point& point : line)
      text += fmt::format("{} {} {} {}\n", number(point.x), number(point.y), number(point.low),
                          number(point.high));
    text += '\n';
  }
  return text + "EOD\n";
}

bool has_points(const Series& series) {
  for (const auto& line : series.lines)
    for (const Point& point : line)
      if (std::isfinite(point.x) && std::isfinite(point.y)) return true;
  return false;
}

std::string key_entry(const Series& series) {
  return series.name.empty() ? "notitle" : "title " + gnuplot_text(series.name);
}

std::string plot_element(const std::string& name, const Series& series) {
  const std::string colour = rgb(series.colour);
  const std::string title = key_entry(series);
  switch (series.style) {
    case Style::kFaintLines:
      return fmt::format("${} using 1:2 with lines lw 0.7 lc rgb \"#A0{}\" {}", name, colour, title);
    case Style::kLine:
      return fmt::format("${} using 1:2 with lines lw 3 lc rgb \"#{}\" {}", name, colour, title);
    case Style::kDashed:
      return fmt::format("${} using 1:2 with lines lw 2 dt (8,5) lc rgb \"#{}\" {}", name, colour, title);
    case Style::kIntervals:
      return fmt::format("${} using 1:2:3:4 with yerrorlines lw 1.5 pt 7 ps 0.6 lc rgb \"#{}\" {}", name,
                         colour, title);
    case Style::kMarks:
      break;
  }
  return fmt::format("${} using 1:2 with points pt 7 ps 0.5 lc rgb \"#{}\" {}", name, colour, title);
}

std::string ticks(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += fmt::format("{}{}", text.empty() ? "" : ", ", number(value));
  return text.empty() ? "set xtics autofreq" : fmt::format("set xtics ({})", text);
}

std::string panel_script(const Panel& panel, std::size_t index) {
  std::string blocks;
  std::string elements;
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    const Series& series = panel.series[i];
    if (!has_points(series)) continue;  // gnuplot refuses a plot element without points
    const std::string name = fmt::format("data_{}_{}", index, i);
    blocks += data_block(name, series);
    elements += (elements.empty() ? "" : ", ") + plot_element(name, series);
  }
  if (elements.empty()) elements = "NaN notitle";
  return fmt::format("set title {}\nset xlabel {} offset 0,0.5\nset ylabel {}\n{}\n",
                     gnuplot_text(panel.title), gnuplot_text(panel.x_label), gnuplot_text(panel.y_label),
                     ticks(panel.x_ticks)) +
         (elements == "NaN notitle" ? "set xrange [0:1]\nset yrange [0:1]\n" : "set autoscale noextend\n") +
         blocks + "plot " + elements + "\n";
}

}  // namespace

std::string gnuplot_text(std::string_view text) {
  std::string script = "\"";
  const std::string_view whole = text;
  for (std::size_t characters = 0; !text.empty(); ++characters) {
    if (characters == kMaxCharacters) {
      append_escaped(script, kEllipsis);
      break;
    }
    const std::size_t length = sequence_length(text);
    const std::string_view character = length > 0 ? text.substr(0, length) : kReplacement;
    // XML text must not contain "]]>", and gnuplot leaves it in.
    if (character == ">" && whole.substr(0, whole.size() - text.size()).ends_with("]]")) script += ' ';
    append_escaped(script, is_control(character) ? " " : character);
    text.remove_prefix(length > 0 ? length : 1);
  }
  return script + '"';
}

std::string gnuplot_script(const Chart& chart) {
  if (chart.panels.empty()) throw InvalidInput("chart: expected at least one panel, got none");
  if (chart.columns == 0) throw InvalidInput("chart.columns: expected at least one, got none");
  const std::size_t columns = std::min(chart.columns, chart.panels.size());
  const std::size_t rows = (chart.panels.size() + columns - 1) / columns;
  std::string script = fmt::format(
      "set terminal svg size {},{} noenhanced font \"DejaVu Sans,Arial,sans-serif,14\" background rgb \"#FFFFFF\"\n"
      "set encoding utf8\n"
      "set border 3 lc rgb \"#404040\"\n"
      "set tics nomirror\n"
      "set grid lc rgb \"#C8C8C8\" lw 0.8 dt solid\n"
      "set key below samplen 2 maxcols 2 noautotitle\n"
      "set autoscale noextend\n"
      "set offsets graph 0.02, graph 0.02, graph 0.04, graph 0.04\n"
      "set multiplot layout {},{}\n",
      chart.panel_width * static_cast<int>(columns), chart.panel_height * static_cast<int>(rows), rows,
      columns);
  for (std::size_t i = 0; i < chart.panels.size(); ++i) script += panel_script(chart.panels[i], i);
  return script + "unset multiplot\n";
}

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
