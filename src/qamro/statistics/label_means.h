#pragma once

#include <span>
#include <string>
#include <unordered_map>

namespace qamro::statistics {

// Mean labels of training clips: what predictors that hear no audio say. Means are summed in the order of the
// clips and leave out NaN; without any label they are NaN.
class LabelMeans {
 public:
  // labels, systems: [clip]; a clip of system "" counts for of_all() only.
  LabelMeans(std::span<const double> labels, std::span<const std::string> systems);

  // of_all() if no clip of the system has a label.
  double of_system(const std::string& system) const;
  double of_all() const { return all_.value(); }

 private:
  struct Mean {
    double sum = 0;
    double count = 0;

    void add(double value);
    double value() const;
  };

  Mean all_;
  std::unordered_map<std::string, Mean> systems_;
};

}  // namespace qamro::statistics
