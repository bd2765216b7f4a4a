#include "qamro/experiments/experiment.h"

#include <gtest/gtest.h>

namespace qamro::experiments {
namespace {

TEST(CommandLine, HasTheOptionsThatAreSet) {
  EXPECT_EQ(command_line({.experiment = Experiment::kTable1, .data = "musiceval", .output = "table1"}),
            "qamro experiment table1 --data musiceval --output table1");
}

TEST(CommandLine, IsToBeTypedAgain) {
  const ExperimentOptions options{.experiment = Experiment::kAblation,
                                  .data = "my data",
                                  .audio = "clips",
                                  .output = "out",
                                  .model = "qamro-speech",
                                  .recipe = "it's.toml",
                                  .overrides = {"training.seeds=[0,1]", "split.folds=4"},
                                  .quick = true,
                                  .threads = 3};
  EXPECT_EQ(
      command_line(options),
      "qamro experiment ablation --data 'my data' --output out --audio clips --model qamro-speech --recipe 'it'\\''s.toml' --set 'training.seeds=[0,1]' --set split.folds=4 --quick");
}

}  // namespace
}  // namespace qamro::experiments
