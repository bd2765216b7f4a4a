#include "qamro/training/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qamro/core/error.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

using ::testing::HasSubstr;

// Three parameters, each in a block with its own depth. The test sets their gradients.
class Blocks : public TrainableModel {
 public:
  Blocks() {
    for (const char* name : {"encoder.0.weight", "encoder.1.weight", "head.weight"})
      parameters.emplace(name, at::ones({2}).set_requires_grad(true));
  }
  io::StateDict named_parameters() const override { return parameters; }
  std::int64_t depth_of(const std::string& name) const override {
    return name.starts_with("head") ? 0 : (name.starts_with("encoder.1") ? 1 : 2);
  }
  std::vector<at::Tensor> draw_dropout(std::int64_t, Random&) const override { return {}; }
  at::Tensor forward(std::span<const std::int64_t>, const std::vector<at::Tensor>&) override { return {}; }

  void set_gradients(double value) const {
    for (const auto& [name, parameter] : parameters)
      parameter.mutable_grad() = at::full({2}, value, at::kFloat);
  }
  double moved(const std::string& name) const { return 1.0 - parameters.at(name)[0].item<double>(); }

  io::StateDict parameters;
};

OptimizerOptions sgd() {
  OptimizerOptions options;
  options.kind = OptimizerKind::kSgd;
  options.learning_rate = 0.5;
  return options;
}

TEST(ModelOptimizer, LayersHaveRatesOfTheirOwn) {
  Blocks model;
  OptimizerOptions options = sgd();
  options.layer_decay = 0.1;
  options.parameter_groups = {{"^head", 4.0}};
  ModelOptimizer optimizer(options, model);
  optimizer.set_learning_rate(0.25);
  model.set_gradients(0.2);
  optimizer.step();
  EXPECT_NEAR(model.moved("head.weight"), 4.0 * 0.25 * 0.2, 1e-6);
  EXPECT_NEAR(model.moved("encoder.1.weight"), 0.1 * 0.25 * 0.2, 1e-6);
  EXPECT_NEAR(model.moved("encoder.0.weight"), 0.01 * 0.25 * 0.2, 1e-6);
}

TEST(ModelOptimizer, FreezesByNameAndTheLastPatternDecides) {
  Blocks model;
  OptimizerOptions options = sgd();
  options.parameter_groups = {{"encoder", 0.0}, {"encoder\\.1", 1.0}};
  ModelOptimizer optimizer(options, model);
  EXPECT_FALSE(model.parameters.at("encoder.0.weight").requires_grad());
  EXPECT_TRUE(model.parameters.at("encoder.1.weight").requires_grad());
  EXPECT_EQ(optimizer.parameters().size(), 2U);
  model.set_gradients(0.2);
  optimizer.step();
  EXPECT_EQ(model.moved("encoder.0.weight"), 0.0);
  EXPECT_GT(model.moved("encoder.1.weight"), 0.0);
}

TEST(ModelOptimizer, ClipsTheNormOfAllGradientsTogether) {
  for (const double limit : {0.0, 1.0, 100.0}) {
    Blocks model;
    OptimizerOptions options = sgd();
    options.clip_norm = limit;
    ModelOptimizer optimizer(options, model);
    optimizer.set_learning_rate(1.0);
    model.set_gradients(3.0);
    const double norm = 3.0 * std::sqrt(6.0);
    EXPECT_NEAR(optimizer.step(), norm, 1e-5);
    EXPECT_NEAR(model.moved("head.weight"), limit == 1.0 ? 3.0 / norm : 3.0, 1e-5) << limit;
  }
}

TEST(ModelOptimizer, SaysWhatIsWrong) {
  const Blocks model;
  OptimizerOptions options = sgd();
  options.parameter_groups = {{"wavlm", 0.0}};
  EXPECT_THAT(message_of([&] { ModelOptimizer(options, model); }),
              HasSubstr("matches 'wavlm'; the first is 'encoder.0.weight', the last 'head.weight'"));
  options.parameter_groups = {{".", 0.0}};
  EXPECT_THAT(message_of([&] { ModelOptimizer(options, model); }), HasSubstr("every parameter is frozen"));
  TrainerOptions trainer;
  trainer.optimizer.parameter_groups = {{"[", 1.0}};
  EXPECT_THAT(message_of([&] { trainer.validate(); }), HasSubstr("expected a regular expression, got '['"));
  trainer.optimizer.parameter_groups = {{"a", -1.0}};
  EXPECT_THROW(trainer.validate(), InvalidInput);
  trainer.optimizer.parameter_groups = {};
  trainer.optimizer.layer_decay = 0.0;
  EXPECT_THROW(trainer.validate(), InvalidInput);
  trainer.optimizer.layer_decay = 1.0;
  trainer.optimizer.clip_norm = -1.0;
  EXPECT_THROW(trainer.validate(), InvalidInput);
}

}  // namespace
}  // namespace qamro::training
