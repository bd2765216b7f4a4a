#include "qamro/plotting/chart.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/io/jsonl.h"

namespace qamro::plotting {
namespace {

using Json = nlohmann::ordered_json;
using Curve = std::vector<Point>;

// One seed on one fold; y is NaN where a metric is undefined.
struct RunCurves {
  Curve train, validation, monitor;
  std::size_t best = 0;  // index of the best epoch
};

double number_at(const Json& json, const std::string& key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>()
                                                   : std::numeric_limits<double>::quiet_NaN();
}

// "srcc" is the value over clips, "system_srcc" the one over systems' means.
double monitored(const Json& validation, const std::string& monitor) {
  constexpr std::string_view kSystem = "system_";
  if (!monitor.starts_with(kSystem)) return number_at(validation, monitor);
  const auto system = validation.find("system");
  return system == validation.end() ? std::numeric_limits<double>::quiet_NaN()
                                    : number_at(*system, monitor.substr(kSystem.size()));
}

void append(RunCurves& run, const Json& line, const std::string& monitor) {
  const auto epoch = line.at("epoch").get<double>();
  run.train.push_back({epoch, number_at(line, "loss")});
  if (const auto validation = line.find("validation"); validation != line.end()) {
    run.validation.push_back({epoch, number_at(*validation, "loss")});
    run.monitor.push_back({epoch, monitored(*validation, monitor)});
  }
  if (line.value("is_best", false)) run.best = run.train.size() - 1;
}

std::vector<RunCurves> read_runs(const std::filesystem::path& path, const std::string& monitor) {
  std::map<std::pair<std::int64_t, std::int64_t>, RunCurves> runs;
  io::JsonlReader reader(path);
  for (io::JsonlRow row; reader.next(row);) try {
      if (row.value.at("fold").is_string()) continue;  // "final"
      const auto seed = row.value.at("seed").get<std::int64_t>();
      append(runs[{seed, row.value.at("fold").get<std::int64_t>()}], row.value, monitor);
    } catch (const Json::exception& error) {
      throw InvalidInput(
          fmt::format("{}: expected an epoch's metrics: {}", reader.where(row.line), error.what()));
    }
  std::vector<RunCurves> result;
  result.reserve(runs.size());
  for (auto& [name, run] : runs) result.push_back(std::move(run));
  return result;
}

// The mean over the runs that still train. It ends when fewer than half of them do; beyond that it would
// reflect which runs are left rather than how training goes.
Curve mean_curve(const std::vector<Curve>& curves) {
  Curve mean;
  for (std::size_t epoch = 0;; ++epoch) {
    double sum = 0.0;
    std::size_t count = 0;
    for (const Curve& curve : curves)
      if (epoch < curve.size() && std::isfinite(curve[epoch].y)) {
        sum += curve[epoch].y;
        ++count;
      }
    if (count == 0 || 2 * count < curves.size()) return mean;
    mean.push_back({static_cast<double>(epoch + 1), sum / static_cast<double>(count)});
  }
}

// Adds the runs, their mean and, if requested, the best epochs of one quantity.
void add_curves(Panel& panel, const std::string& name, Colour colour, const std::vector<RunCurves>& runs,
                Curve RunCurves::*curve, bool marks_best) {
  std::vector<Curve> lines;
  Curve best;
  for (const RunCurves& run : runs) {
    lines.push_back(run.*curve);
    if (marks_best && run.best < (run.*curve).size()) best.push_back((run.*curve)[run.best]);
  }
  panel.series.push_back({"", Style::kFaintLines, colour, lines});
  panel.series.push_back(
      {fmt::format("{}, mean of {} runs", name, runs.size()), Style::kLine, colour, {mean_curve(lines)}});
  if (!best.empty())
    panel.series.push_back({"best epoch of each run", Style::kMarks, Colour::kBlack, {std::move(best)}});
}

std::string axis_label(const std::string& monitor) {
  const bool is_system = monitor.starts_with("system_");
  std::string metric = is_system ? monitor.substr(7) : monitor;
  for (char& c : metric) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return metric + (is_system ? " of systems" : " of clips");
}

}  // namespace

Chart learning_curves(const std::filesystem::path& metrics, const std::string& monitor, bool marks_best) {
  const std::vector<RunCurves> runs = read_runs(metrics, monitor);
  const bool has_validation = !runs.empty() && !runs.front().validation.empty();
  const bool watches_loss = monitor == "loss";
  Panel losses{"Loss", "epoch", "loss, sum of its weighted parts", {}, {}};
  add_curves(losses, "training", Colour::kBlue, runs, &RunCurves::train, false);
  if (has_validation)
    add_curves(losses, "validation", Colour::kVermilion, runs, &RunCurves::validation,
               marks_best && watches_loss);
  Chart chart;
  chart.panels.push_back(std::move(losses));
  if (has_validation && !watches_loss) {
    Panel metric{"What early stopping watches", "epoch", axis_label(monitor) + ", validation", {}, {}};
    add_curves(metric, "validation", Colour::kVermilion, runs, &RunCurves::monitor, marks_best);
    chart.panels.push_back(std::move(metric));
  }
  return chart;
}

}  // namespace qamro::plotting
