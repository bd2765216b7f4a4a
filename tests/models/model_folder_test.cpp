#include "qamro/models/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr const char* kWhole =
    R"({"format_version": 1, "kind": "heads", "weights": "w.bin", "mono_policy": "first",
  "axes": [{"name": "PQ", "scale": [1, 10]}, {"name": "mos"}], "anything": "else"})";

class ModelFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / "model_folder" /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void write(const std::string& json) const { std::ofstream(folder_ / "model.json") << json; }
  void expect_refused(const std::string& json, const std::string& says) const {
    write(json);
    EXPECT_THAT([&] { read_model_folder(folder_); }, ThrowsMessage<CheckpointError>(HasSubstr(says))) << json;
  }

  fs::path folder_;
};

TEST_F(ModelFolder, IsRead) {
  write(kWhole);
  const ModelDescription model = read_model_folder(folder_);
  EXPECT_EQ(model.name, "IsRead");  // the folder's name, because the file has none
  EXPECT_EQ(model.kind, "heads");
  EXPECT_EQ(model.weights, folder_ / "w.bin");
  EXPECT_EQ(model.mono_policy, audio::MonoPolicy::first);
  EXPECT_EQ(model.sample_rate_hz, 16000);
  ASSERT_EQ(model.axes.size(), 2U);
  EXPECT_EQ(model.axes[0].name, "PQ");
  EXPECT_EQ(model.axes[0].scale_high, 10);
  EXPECT_EQ(model.axes[1].scale_low, 1);
  EXPECT_EQ(model.document.at("anything"), "else");
}

TEST_F(ModelFolder, WithoutADescriptionIsAFileError) {
  EXPECT_THROW(read_model_folder(folder_), FileError);
}

TEST_F(ModelFolder, ABrokenDescriptionNamesItsKey) {
  expect_refused("{", "model.json");
  expect_refused("[]", "expected a JSON object");
  expect_refused("{}", "'format_version' is missing");
  expect_refused(R"({"format_version": 2})", "expected 1, got 2");
  expect_refused(R"({"format_version": "1"})", "format_version: expected a whole number, got \"1\"");
  expect_refused(R"({"format_version": 1})", "'kind' is missing");
  expect_refused(R"({"format_version": 1, "kind": "heads"})", "'axes' is missing");
  expect_refused(R"({"format_version": 1, "kind": "heads", "axes": []})", "at least one");
  expect_refused(R"({"format_version": 1, "kind": "heads", "axes": [7]})", "axes");
  expect_refused(R"({"format_version": 1, "kind": "heads", "axes": [{"name": "a", "scale": [5, 1]}]})",
                 "[low, high]");
  expect_refused(R"({"format_version": 1, "kind": "heads", "mono_policy": "last", "axes": [{"name": "a"}]})",
                 "mono_policy");
}

TEST_F(ModelFolder, WeightsAreCheckedByTheirHash) {
  write(kWhole);
  ModelDescription model = read_model_folder(folder_);
  EXPECT_THAT([&] { verify_weights(model); }, ThrowsMessage<FileError>(HasSubstr("w.bin")));
  std::ofstream(folder_ / "w.bin") << "weights";
  const std::string hash = sha256_file(folder_ / "w.bin");
  EXPECT_EQ(verify_weights(model), hash);
  model.sha256 = hash;
  EXPECT_EQ(verify_weights(model), hash);
  std::ofstream(folder_ / "w.bin") << "weighty";
  EXPECT_THAT([&] { verify_weights(model); }, ThrowsMessage<CheckpointError>(HasSubstr(hash)));
}

TEST(LoadOrExplain, TellsWhatIsWrongWithTheWeightsBeforeWhatLoadingFound) {
  const auto broken = []() -> int { throw CheckpointError("tensor 'a' is missing"); };
  const auto damaged = [] { throw CheckpointError("expected SHA-256 0, got 1"); };
  EXPECT_EQ(load_or_explain(damaged, [] { return 7; }), 7);  // the caller verifies after loading
  EXPECT_THAT([&] { load_or_explain([] {}, broken); },
              ThrowsMessage<CheckpointError>(HasSubstr("tensor 'a'")));
  EXPECT_THAT([&] { load_or_explain(damaged, broken); },
              ThrowsMessage<CheckpointError>(HasSubstr("expected SHA-256")));
}

TEST_F(ModelFolder, NamesTheListOfItsTrainingClips) {
  const fs::path list = folder_ / "clips.csv";
  const auto with_list = [](const std::string& entry) {
    return R"({"format_version": 1, "kind": "heads", "axes": [{"name": "mos"}], "provenance": )" + entry +
           "}";
  };
  const auto clips = [&](const std::string& entry) {
    write(with_list(entry));
    return read_training_clips(read_model_folder(folder_));
  };
  data::write_training_clips(list, std::vector<data::ClipDigests>{{"", sha256_hex("a")}});
  const std::string right = sha256_file(list);
  EXPECT_TRUE(clips(R"({"file": "clips.csv"})").empty());
  EXPECT_TRUE(clips("[]").empty());
  EXPECT_TRUE(clips(R"({"training_clips": {"file": "clips.csv", "sha256": ")" + right + R"("}})")
                  .contains({"", sha256_hex("a")}));

  const auto refused = [&](const std::string& list_entry) {
    return [&clips, list_entry] { clips(R"({"training_clips": )" + list_entry + "}"); };
  };
  EXPECT_THAT(
      refused(R"({"file": "clips.csv", "sha256": "0123"})"),
      ThrowsMessage<CheckpointError>(AllOf(HasSubstr("clips.csv: expected SHA-256 0123"), HasSubstr(right),
                                           HasSubstr("remove training_clips from model.json"))));
  EXPECT_THAT(refused(R"({"file": "gone.csv", "sha256": ")" + right + R"("})"),
              ThrowsMessage<FileError>(HasSubstr("gone.csv: expected a list of the training clips")));
  EXPECT_THAT(
      refused(R"({"file": "clips.csv"})"),
      ThrowsMessage<CheckpointError>(HasSubstr("provenance.training_clips: key 'sha256' is missing")));
  EXPECT_THAT(
      refused(R"({"file": 7, "sha256": "0123"})"),
      ThrowsMessage<CheckpointError>(HasSubstr("provenance.training_clips: file: expected a string, got 7")));
}

}  // namespace
}  // namespace qamro::models
