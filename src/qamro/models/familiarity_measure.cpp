#include "qamro/models/familiarity_measure.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "qamro/core/error.h"
#include "qamro/io/safetensors.h"

namespace qamro::models {
namespace {

// Refuses what cannot be statistics of a familiarity.
class StatisticsFile {
 public:
  explicit StatisticsFile(const std::filesystem::path& path)
      : file_(path.string()), tensors_(io::load_safetensors(path)) {}

  // A tensor's shape: -1 fits any size of at least 1.
  std::vector<float> take(const std::string& name, const std::vector<std::int64_t>& shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end())
      throw CheckpointError(fmt::format("{}: tensor '{}' is missing", file_, name));
    const at::Tensor tensor = found->second;
    const auto fits = [](std::int64_t expected, std::int64_t size) {
      return expected < 0 ? size > 0 : size == expected;
    };
    if (tensor.scalar_type() != at::kFloat || !std::ranges::equal(shape, tensor.sizes(), fits))
      throw CheckpointError(fmt::format(
          "{}: tensor '{}': expected float32 [{}] (-1: any), got {} [{}]", file_, name,
          fmt::join(shape, ", "), c10::toString(tensor.scalar_type()), fmt::join(tensor.sizes(), ", ")));
    if (!at::isfinite(tensor).all().item<bool>())
      throw CheckpointError(fmt::format("{}: tensor '{}': expected finite numbers", file_, name));
    tensors_.erase(found);
    const auto* values = tensor.const_data_ptr<float>();
    return {values, values + tensor.numel()};
  }

  std::vector<std::pair<double, double>> take_calibration() {
    const std::vector<float> numbers = take("calibration", {-1, 2});
    std::vector<std::pair<double, double>> table;
    for (std::size_t i = 0; i < numbers.size(); i += 2) {
      const double distance = numbers[i];
      const double familiarity = numbers[i + 1];
      const bool follows =
          table.empty() || (distance > table.back().first && familiarity <= table.back().second);
      if (!follows || familiarity < 0 || familiarity > 1)
        throw CheckpointError(fmt::format(
            "{}: tensor 'calibration', row {}: expected a larger distance and a smaller familiarity, from 0 to 1, than in the row before, got {} and {}",
            file_, i / 2, distance, familiarity));
      table.emplace_back(distance, familiarity);
    }
    return table;
  }

  void expect_nothing_else() const {
    if (!tensors_.empty())
      throw CheckpointError(fmt::format("{}: unexpected tensor '{}'", file_, tensors_.begin()->first));
  }

 private:
  std::string file_;
  io::StateDict tensors_;
};

}  // namespace

FamiliarityMeasure FamiliarityMeasure::load(const std::filesystem::path& path) {
  StatisticsFile file(path);
  const io::Metadata metadata = io::read_safetensors_metadata(path);
  const auto layout = metadata.find("layout");
  if (layout == metadata.end())
    throw CheckpointError(fmt::format("{}: metadata: expected a 'layout', got none", path.string()));
  FamiliarityMeasure measure;
  measure.layout_ = layout->second;
  measure.direction_ = file.take("direction", {-1});
  measure.offset_ = file.take("offset", {1}).front();
  measure.calibration_ = file.take_calibration();
  file.expect_nothing_else();
  return measure;
}

double FamiliarityMeasure::distance(std::span<const float> embedding) const {
  if (embedding.size() != direction_.size())
    throw InvalidInput(fmt::format("familiarity: expected an embedding of {} numbers, got {}",
                                   direction_.size(), embedding.size()));
  return std::inner_product(embedding.begin(), embedding.end(), direction_.begin(),
                            static_cast<double>(offset_), std::plus<>(),
                            [](double a, double b) { return a * b; });
}

double FamiliarityMeasure::of_distance(double distance) const {
  if (std::isnan(distance)) return 0;
  const auto above = std::ranges::upper_bound(calibration_, distance, {}, &std::pair<double, double>::first);
  double familiarity = 0;
  if (above == calibration_.begin()) {
    familiarity = calibration_.front().second;
  } else if (above == calibration_.end()) {
    familiarity = calibration_.back().second;
  } else {
    const auto below = above - 1;
    const double share = (distance - below->first) / (above->first - below->first);
    familiarity = below->second + share * (above->second - below->second);
  }
  return std::round(familiarity * 1000) / 1000;
}

namespace {

class FamiliarHead : public ScoreHead {
 public:
  FamiliarHead(std::unique_ptr<ScoreHead> head, std::shared_ptr<const FamiliarityMeasure> measure,
               bool weighs_by_length)
      : head_(std::move(head)), measure_(std::move(measure)), weighs_by_length_(weighs_by_length) {}

  std::vector<double> score(const WindowVectors& clip) const override {
    const auto vectors = of_head(clip);
    return head_->score({vectors, clip.windows, clip.prompt});
  }
  double share(const WindowVectors& clip) const override {
    const auto vectors = of_head(clip);
    return head_->share({vectors, clip.windows, clip.prompt});
  }
  std::optional<double> familiarity(const WindowVectors& clip) const override {
    const std::vector<float> vector = clip_vector(clip, weighs_by_length_);
    return measure_->familiarity(std::span(vector).last(measure_->dimension()));
  }

 private:
  // What the head reads of each window.
  std::vector<std::vector<float>> of_head(const WindowVectors& clip) const {
    std::vector<std::vector<float>> vectors;
    for (const auto& vector : clip.vectors)
      vectors.emplace_back(vector.begin(), vector.end() - static_cast<std::ptrdiff_t>(measure_->dimension()));
    return vectors;
  }

  std::unique_ptr<ScoreHead> head_;
  std::shared_ptr<const FamiliarityMeasure> measure_;
  bool weighs_by_length_;
};

}  // namespace

std::unique_ptr<ScoreHead> with_familiarity(std::unique_ptr<ScoreHead> head,
                                            std::shared_ptr<const FamiliarityMeasure> measure,
                                            bool weighs_by_length) {
  return std::make_unique<FamiliarHead>(std::move(head), std::move(measure), weighs_by_length);
}

}  // namespace qamro::models
