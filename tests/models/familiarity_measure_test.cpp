#include "qamro/models/familiarity_measure.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <limits>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/io/safetensors.h"
#include "qamro/models/distillmos/encoder.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::message_of;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

io::StateDict sound_statistics() {
  return {{"direction", at::tensor({2.0F, -1.0F, 0.5F})},
          {"offset", at::tensor({-0.25F})},
          {"calibration", at::tensor({-1.0F, 1.0F, 0.0F, 0.5F, 0.25F, 0.1F, 1.0F, 0.0F}).reshape({4, 2})}};
}

class FamiliarityMeasureTest : public ::testing::Test {
 protected:
  fs::path write(const io::StateDict& tensors,
                 const io::Metadata& metadata = {{"layout", "layer4.mean"}}) const {
    io::save_safetensors(file_, tensors, metadata);
    return file_;
  }
  // The message with which statistics are refused after a change.
  std::string refusal(const std::function<void(io::StateDict&)>& change) const {
    io::StateDict tensors = sound_statistics();
    change(tensors);
    write(tensors);
    return message_of<CheckpointError>([&] { FamiliarityMeasure::load(file_); });
  }

  testing::TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "familiarity.safetensors";
};

TEST_F(FamiliarityMeasureTest, TheDistanceIsAnInnerProduct) {
  const auto measure = FamiliarityMeasure::load(write(sound_statistics()));
  EXPECT_EQ(measure.layout(), "layer4.mean");
  EXPECT_EQ(measure.dimension(), 3U);
  EXPECT_DOUBLE_EQ(measure.distance(std::vector<float>{1, 3, 4}), 2.0 - 3.0 + 2.0 - 0.25);
  EXPECT_DOUBLE_EQ(measure.distance(std::vector<float>{0, 0, 0}), -0.25);
  EXPECT_THROW(measure.distance(std::vector<float>{1, 3}), InvalidInput);
}

TEST_F(FamiliarityMeasureTest, TheSumIsInDouble) {
  const auto measure = FamiliarityMeasure::load(write(sound_statistics()));
  // 2^25 + 1 is no float.
  EXPECT_DOUBLE_EQ(measure.distance(std::vector<float>{16777216, -1.25F, 0}), 33554433.0);
}

TEST_F(FamiliarityMeasureTest, TheTableIsLinearBetweenItsRowsAndConstantOutside) {
  const auto measure = FamiliarityMeasure::load(write(sound_statistics()));
  EXPECT_EQ(measure.of_distance(-100), 1);
  EXPECT_EQ(measure.of_distance(-1), 1);
  EXPECT_EQ(measure.of_distance(-0.5), 0.75);
  EXPECT_EQ(measure.of_distance(0), 0.5);
  EXPECT_EQ(measure.of_distance(0.125), 0.3);
  EXPECT_EQ(measure.of_distance(1), 0);
  EXPECT_EQ(measure.of_distance(100), 0);
  EXPECT_EQ(measure.of_distance(kInfinity), 0);
  EXPECT_EQ(measure.of_distance(-kInfinity), 1);
  EXPECT_EQ(measure.of_distance(kNan), 0) << "what no network can have meant is not familiar";
  EXPECT_EQ(measure.of_distance(-0.3333), 0.667) << "rounded to 0.001";
}

TEST_F(FamiliarityMeasureTest, ATableOfOneRowIsConstant) {
  io::StateDict tensors = sound_statistics();
  tensors["calibration"] = at::tensor({0.0F, 0.5F}).reshape({1, 2});
  const auto measure = FamiliarityMeasure::load(write(tensors));
  for (const double distance : {-3.0, 0.0, 3.0}) EXPECT_EQ(measure.of_distance(distance), 0.5);
}

TEST_F(FamiliarityMeasureTest, RefusesStatisticsThatCannotBe) {
  EXPECT_THAT(refusal([](auto& tensors) { tensors.erase("direction"); }),
              AllOf(HasSubstr("familiarity.safetensors"), HasSubstr("'direction' is missing")));
  EXPECT_THAT(refusal([](auto& tensors) { tensors["offset"] = at::zeros({2}); }),
              AllOf(HasSubstr("'offset'"), HasSubstr("[2]")));
  EXPECT_THAT(refusal([](auto& tensors) { tensors["direction"] = at::zeros({0}); }),
              HasSubstr("'direction'"));
  EXPECT_THAT(refusal([](auto& tensors) { tensors["direction"] = at::zeros({3}, at::kDouble); }),
              HasSubstr("expected float32"));
  EXPECT_THAT(refusal([](auto& tensors) { tensors["direction"][1] = kNan; }), HasSubstr("finite"));
  EXPECT_THAT(refusal([](auto& tensors) { tensors["calibration"][1][0] = -1; }),
              HasSubstr("row 1: expected a larger distance"));
  EXPECT_THAT(refusal([](auto& tensors) { tensors["calibration"][2][1] = 0.6; }), HasSubstr("row 2"));
  EXPECT_THAT(refusal([](auto& tensors) { tensors["calibration"][0][1] = 1.5; }), HasSubstr("row 0"));
  EXPECT_THAT(refusal([](auto& tensors) { tensors["calibration"][3][1] = -0.5; }), HasSubstr("row 3"));
  EXPECT_THAT(refusal([](auto& tensors) { tensors["more"] = at::zeros({1}); }),
              HasSubstr("unexpected tensor 'more'"));
  write(sound_statistics(), {});
  EXPECT_THAT(message_of<CheckpointError>([&] { FamiliarityMeasure::load(file_); }), HasSubstr("'layout'"));
}

TEST_F(FamiliarityMeasureTest, AnotherFileThanTheExpectedOneIsRefused) {
  write(sound_statistics());
  const std::string sha256 = sha256_file(file_);
  EXPECT_EQ(load_familiarity({file_, sha256})->dimension(), 3U);
  std::ofstream(file_, std::ios::app) << ' ';
  EXPECT_THAT(
      message_of<CheckpointError>([&] {
        load_familiarity({file_, sha256});
      }),
      AllOf(HasSubstr(file_.string()), HasSubstr("expected SHA-256 " + sha256), HasSubstr("damaged")));
  EXPECT_THROW(load_familiarity({folder_.path() / "none", sha256}), FileError);
}

TEST_F(FamiliarityMeasureTest, ModelJsonMustSayFileAndHash) {
  ModelDescription model;
  model.folder = folder_.path();
  EXPECT_FALSE(find_familiarity_file(model));
  model.document["familiarity"] = {{"file", "f.safetensors"}, {"sha256", "ab"}};
  EXPECT_EQ(find_familiarity_file(model)->path, folder_.path() / "f.safetensors");
  EXPECT_EQ(find_familiarity_file(model)->sha256, "ab");
  model.document["familiarity"] = {{"file", "f.safetensors"}};
  EXPECT_THAT(message_of<CheckpointError>([&] { find_familiarity_file(model); }),
              AllOf(HasSubstr("model.json"), HasSubstr("sha256")));
}

// Gives back what it was asked to score.
class EchoHead : public ScoreHead {
 public:
  std::vector<double> score(const WindowVectors& clip) const override {
    std::vector<double> all;
    for (const auto& vector : clip.vectors) all.insert(all.end(), vector.begin(), vector.end());
    return all;
  }
  double share(const WindowVectors& clip) const override { return clip.vectors[0].at(0) / 8; }
};

TEST_F(FamiliarityMeasureTest, TheHeadReadsItsOwnColumnsAndTheMeasureTheLastOnes) {
  const auto measure =
      std::make_shared<FamiliarityMeasure>(FamiliarityMeasure::load(write(sound_statistics())));
  const auto head = with_familiarity(std::make_unique<EchoHead>(), measure, /*weighs_by_length=*/false);
  // The means of the last three columns are 0.5, 1, 0.5: distance 2 · 0.5 - 1 + 0.25 - 0.25 = 0.
  const std::vector<std::vector<float>> vectors = {{4, 5, 0, 2, 1}, {6, 7, 1, 0, 0}};
  const std::vector<audio::Window> windows = {{0, 10}, {10, 30}};
  EXPECT_THAT(head->score({vectors, windows}), ::testing::ElementsAre(4, 5, 6, 7));
  EXPECT_EQ(head->share({vectors, windows}), 0.5);
  EXPECT_EQ(head->familiarity({vectors, windows}), 0.5);
  // By length, 1 : 3: 0.75, 0.5, 0.25, distance 1.5 - 0.5 + 0.125 - 0.25 = 0.875.
  const auto weighted = with_familiarity(std::make_unique<EchoHead>(), measure, /*weighs_by_length=*/true);
  EXPECT_EQ(weighted->familiarity({vectors, windows}), measure->of_distance(0.875));
  EXPECT_FALSE(EchoHead().familiarity({vectors, windows})) << "not known";
}

}  // namespace
}  // namespace qamro::models
