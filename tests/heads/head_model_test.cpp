#include "qamro/heads/head_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "training/synthetic_data.h"

namespace qamro::heads {
namespace {

using ::testing::HasSubstr;
using training::message_of;

HeadModel two_axis_model(std::size_t members) {
  HeadModel model;
  model.name = "test";
  model.encoder = {"distill-mos", "abc", "pooled", 16000, "mean"};
  model.axes = {{"PQ", {1, 5}, {0, 100}, {3.0, 0.5}}, {"CE", {1, 10}, {1, 10}, {5.0, 2.0}}};
  model.head = {.input_dim = 3, .hidden = {4, 2}, .activation = Activation::kGelu};
  model.standardiser = {at::tensor({1.0F, 2.0F, 3.0F}), at::tensor({1.0F, 0.5F, 2.0F})};
  for (std::size_t i = 0; i < members; ++i)
    model.members.emplace_back(model.head, std::vector<std::string>{"PQ", "CE"}, i);
  return model;
}

at::Tensor some_input() {
  return at::tensor({0.5F, 2.0F, -1.0F, 1.0F, 2.0F, 3.0F}).view({2, 3});
}

TEST(MlpHead, SameSeedSameBitsAndAxesDoNotDisturbEachOther) {
  const MlpHeadOptions options{.input_dim = 5};
  const Heads one(options, std::vector<std::string>{"mos"}, 7);
  const Heads two(options, std::vector<std::string>{"PQ", "mos"}, 7);
  const Heads other(options, std::vector<std::string>{"mos"}, 8);
  for (const auto& [name, tensor] : one.named_parameters()) {
    EXPECT_TRUE(at::equal(tensor, two.named_parameters().at(name))) << name;
    EXPECT_FALSE(at::equal(tensor, other.named_parameters().at(name))) << name;
  }
  EXPECT_TRUE(one.named_parameters().contains("mos.layers.2.bias"));
}

TEST(MlpHead, InitialValuesFillTheirRange) {
  const Heads heads(MlpHeadOptions{.input_dim = 100}, std::vector<std::string>{"mos"}, 1);
  const at::Tensor weight = heads.named_parameters().at("mos.layers.0.weight");
  EXPECT_LE(weight.abs().max().item<double>(), 0.1);
  EXPECT_GT(weight.abs().max().item<double>(), 0.099);
  EXPECT_NEAR(weight.mean().item<double>(), 0.0, 0.003);
  EXPECT_NEAR(weight.std().item<double>(), 0.1 / std::sqrt(3.0), 0.002);
}

TEST(MlpHead, DropoutKeepsTheMeanAndComesFromItsStream) {
  Heads heads(
      MlpHeadOptions{.input_dim = 4, .hidden = {64, 64}, .activation = Activation::kNone, .dropout = 0.5},
      std::vector<std::string>{"mos"}, 3);
  const at::NoGradGuard no_grad;
  const at::Tensor input = at::ones({4000, 4});
  Random a(1);
  Random b(1);
  const at::Tensor dropped = heads.forward(input, heads.draw_dropout(input.size(0), a));
  EXPECT_TRUE(at::equal(dropped, heads.forward(input, heads.draw_dropout(input.size(0), b))));
  EXPECT_GT(dropped.std().item<double>(), 0.0);
  EXPECT_NEAR(dropped.mean().item<double>(), heads.forward(input).mean().item<double>(), 0.02);
}

TEST(MlpHead, RefusesBadOptionsAndNames) {
  const auto make = [](std::int64_t input_dim, double dropout, const std::vector<std::string>& axes) {
    const MlpHeadOptions options{.input_dim = input_dim, .dropout = dropout};
    return Heads(options, axes, 0);
  };
  EXPECT_NO_THROW(make(1, 0.9, {"a_b-C9"}));
  EXPECT_THROW(make(0, 0.0, {"mos"}), InvalidInput);
  EXPECT_THROW(make(1, 1.0, {"mos"}), InvalidInput);
  EXPECT_THROW(make(1, 0.0, {"a.b"}), InvalidInput);
  EXPECT_THROW(make(1, 0.0, {"a", "a"}), InvalidInput);
  EXPECT_THROW(make(1, 0.0, {}), InvalidInput);
}

TEST(Standardiser, FitsMeanAndDeviationAndOnlyCentresConstants) {
  const at::Tensor values = at::tensor({1.0F, 7.0F, 3.0F, 7.0F}).view({2, 2});
  const at::Tensor result = Standardiser::fit(values).apply(values);
  EXPECT_TRUE(at::allclose(result, at::tensor({-1.0F, 0.0F, 1.0F, 0.0F}).view({2, 2}))) << result;
  EXPECT_THROW(Standardiser::fit(at::full({2, 2}, std::numeric_limits<double>::quiet_NaN())), InvalidInput);
  EXPECT_THROW(Standardiser::fit(at::empty({0, 2})), InvalidInput);
}

TEST(TargetTransform, BoundsAreReachedByNothingAndTieNothing) {
  const TargetTransform transform{4.0, 0.5, std::array{1.0, 9.0}};
  const at::Tensor pred = at::tensor({-1e6, -40.0, -8.0, 1.0, 2.0, 3.0, 12.0, 40.0, 1e6}, at::kDouble);
  const at::Tensor label = transform.to_label(pred);
  EXPECT_GE(label.min().item<double>(), 1.0);
  EXPECT_LE(label.max().item<double>(), 9.0);
  // Up to 40: beyond it doubles round to the end itself.
  EXPECT_GT(label.slice(0, 1, 8).diff().min().item<double>(), 0.0) << label;
  // pred 2 is x = 5, the middle; pred 1 is x = 4.5, and 4 (x - 5) / 8 = -.25.
  EXPECT_NEAR(label[4].item<double>(), 5.0, 1e-12);
  EXPECT_NEAR(label[3].item<double>(), 1.0 + 8.0 / (1.0 + std::exp(0.25)), 1e-12);
  EXPECT_TRUE(at::allclose(transform.bounded(pred) * 0.5 + 4.0, label, 1e-12, 1e-12));
}

TEST(TargetTransform, BoundedHasSlopeOneInTheMiddle) {
  const TargetTransform transform{2.0, 0.7, std::array{1.0, 5.0}};
  const double middle = (3.0 - 2.0) / 0.7;
  const at::Tensor around = at::tensor({middle - 1e-4, middle + 1e-4}, at::kDouble);
  EXPECT_NEAR(transform.bounded(around).diff().item<double>(), 2e-4, 1e-10);
}

TEST(TargetTransform, WithoutBoundsNothingChanges) {
  const TargetTransform transform{2.0, 0.7};
  const at::Tensor pred = at::tensor({-9.0, 0.0, 9.0}, at::kDouble);
  EXPECT_TRUE(at::equal(transform.bounded(pred), pred));
  EXPECT_TRUE(at::equal(transform.to_label(pred), pred * 0.7 + 2.0));
}

// Embeddings as near to the training clips as the heads alone score.
TEST(HeadModel, TheShippedHeadsStayOnTheirScale) {
  const HeadModel model = HeadModel::load(std::filesystem::path(QAMRO_SOURCE_DIR) / "models/qamro-speech");
  Random random(0);
  at::Tensor standardised = at::empty({2000, model.head.input_dim}, at::kFloat);
  auto* values = standardised.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < standardised.numel(); ++i)
    values[i] = static_cast<float>(2.2 * (2.0 * random.uniform() - 1.0));
  const at::Tensor embedding = standardised * model.standardiser.std + model.standardiser.mean;
  ASSERT_GT(model.share(embedding).min().item<double>(), 0.5);
  const at::Tensor scores = model.predict(embedding);
  EXPECT_GE(scores.min().item<double>(), 1.0);
  EXPECT_LE(scores.max().item<double>(), 5.0);
  EXPECT_TRUE(model.axes[0].target_transform.bounds.has_value());
}

TEST(HeadModel, PredictsTheMeanOfItsMembersOnTheOutputScale) {
  HeadModel both = two_axis_model(2);
  both.axes[0].target_transform.bounds = both.axes[0].scale;
  HeadModel first = both;
  HeadModel second = both;
  first.members = {both.members[0]};
  second.members = {both.members[1]};
  const at::Tensor mean = (first.predict(some_input()) + second.predict(some_input())) / 2;
  EXPECT_TRUE(at::allclose(both.predict(some_input()), mean, 1e-12, 1e-12));
  const at::NoGradGuard no_grad;
  const at::Tensor raw = both.members[0].forward(both.standardiser.apply(some_input())).to(at::kDouble);
  EXPECT_TRUE(
      at::allclose(first.predict(some_input()).select(1, 1), raw.select(1, 1) * 2.0 + 5.0, 1e-12, 1e-12));
}

TEST(HeadModel, TheEncoderSpeaksFarFromTheTrainingClips) {
  HeadModel model = two_axis_model(1);
  const at::Tensor heads_alone = model.predict(some_input());
  EXPECT_TRUE(at::equal(model.share(some_input()), at::ones({2}, at::kDouble)));
  model.familiarity = {{1e9, 2}};
  EXPECT_TRUE(at::equal(model.predict(some_input()), heads_alone));
  model.familiarity = {{1e-9, 2}};
  EXPECT_TRUE(at::equal(model.predict(some_input()[0].unsqueeze(0)), at::full({1, 2}, -1.0, at::kDouble)));
  EXPECT_EQ(model.share(some_input()[0].unsqueeze(0)).item<double>(), 0.0);
}

TEST(HeadModel, LoadsWhatItSaved) {
  const training::TemporaryFolder folder;
  for (const std::size_t members : {1U, 3U}) {
    HeadModel model = two_axis_model(members);
    if (members == 3) {
      model.familiarity = {{0.8, 2}};
      model.axes[1].target_transform.bounds = model.axes[1].scale;
    }
    model.save(folder.path());
    const HeadModel loaded = HeadModel::load(folder.path());
    EXPECT_EQ(loaded.axes, model.axes);
    EXPECT_EQ(loaded.encoder, model.encoder);
    EXPECT_EQ(loaded.head, model.head);
    EXPECT_EQ(loaded.familiarity, model.familiarity);
    EXPECT_EQ(loaded.members.size(), members);
    EXPECT_TRUE(at::equal(loaded.predict(some_input()), model.predict(some_input())));
  }
}

TEST(HeadModel, RefusesFoldersThatDoNotFit) {
  const training::TemporaryFolder folder;
  two_axis_model(1).save(folder.path());
  const std::string json = training::read_file(folder.path() / "model.json");
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string changed = json;
    changed.replace(changed.find(from), from.size(), to);
    training::write_file(folder.path() / "model.json", changed);
    return message_of([&] { HeadModel::load(folder.path()); });
  };
  EXPECT_THAT(refusal("\"CE\"", "\"CU\""), HasSubstr("'heads.CU.layers"));
  EXPECT_THAT(refusal("\"input\": 3", "\"input\": 9"), HasSubstr("expected float32 [9]"));
  EXPECT_THAT(refusal("\"ensemble\": 1", "\"ensemble\": 2"), HasSubstr("missing tensors: 'heads."));
  EXPECT_THAT(
      refusal("\"input\": 3", "\"input\": 1000000000"),
      HasSubstr("model.json: heads: input: expected a whole number from 1 to 1048576, got 1000000000"));
  EXPECT_THAT(refusal("\"ensemble\": 1", "\"ensemble\": 0"),
              HasSubstr("model.json: heads: ensemble: expected a whole number from 1 to 10000, got 0"));
  // 17 GB, if they were made.
  EXPECT_THAT(refusal("      4,\n      2\n", "      65536,\n      65536\n"),
              HasSubstr("'heads.CE.layers.1.weight': expected [65536, 65536]"));
  EXPECT_THAT(refusal("\"activation\": \"gelu\"", "\"activation\": \"tanh\""),
              HasSubstr("model.json: heads: activation: expected relu, gelu or none, got 'tanh'"));
  EXPECT_THAT(refusal("\"kind\": \"heads\"", "\"kind\": \"tails\""), HasSubstr("tails"));
  EXPECT_THAT(refusal("\"affine\"", "\"curved\""),
              HasSubstr("expected kind 'affine' or 'bounded', got \"curved\""));
  EXPECT_THAT(refusal("{", "["), HasSubstr("model.json: expected JSON, got"));
  EXPECT_THROW(HeadModel::load(folder.path() / "absent"), FileError);
  EXPECT_THROW(two_axis_model(1).predict(at::ones({2, 4})), InvalidInput);
}

}  // namespace
}  // namespace qamro::heads
