#include "qamro/training/dataset.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/io/safetensors.h"
#include "qamro/training/cross_validation.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DatasetTest : public ::testing::Test {
 protected:
  DatasetTest() {
    recipe_.data.embeddings = (folder_.path() / "embeddings.safetensors").string();
    recipe_.data.labels = (folder_.path() / "ratings.csv").string();
    recipe_.data.label_scale = {0, 100};
    recipe_.data.output_scale = {1, 5};
    recipe_.split.group = "sentence";
    recipe_.ablate.baseline_columns = {"other"};
    write_embeddings(at::arange(6, at::kFloat).view({3, 2}), R"(["a", "b", "c"])");
    write_labels("c,s1,x,100,4.5\na,s2,y,0,\n");
  }
  void write_embeddings(const at::Tensor& tensor, const std::string& paths) {
    io::save_safetensors(recipe_.data.embeddings, {{"embedding", tensor}},
                         {{"paths", paths}, {"model", "distill-mos"}, {"embedding_layout", "pooled"}});
  }
  void write_labels(const std::string& rows) {
    write_file(recipe_.data.labels, "path,system,sentence,mos,other\n" + rows);
  }
  std::string refusal() {
    return message_of([&] { load_dataset(recipe_); });
  }

  TemporaryFolder folder_;
  Recipe recipe_;
};

TEST_F(DatasetTest, JoinsByPathInTheOrderOfTheLabels) {
  const Dataset data = load_dataset(recipe_);
  EXPECT_THAT(data.paths, ElementsAre("c", "a"));
  EXPECT_THAT(data.systems, ElementsAre("s1", "s2"));
  EXPECT_THAT(data.groups, ElementsAre("x", "y"));
  EXPECT_TRUE(at::equal(data.embeddings, at::tensor({4.0F, 5.0F, 0.0F, 1.0F}).view({2, 2})));
  EXPECT_TRUE(at::equal(data.labels, at::tensor({5.0, 1.0}, at::kDouble).view({2, 1}))) << data.labels;
  EXPECT_EQ(data.baselines[0][0].item<double>(), 4.5);
  EXPECT_TRUE(std::isnan(data.baselines[1][0].item<double>()));
  EXPECT_EQ(data.unlabelled, 1);
  EXPECT_EQ(data.encoder.embedding_layout, "pooled");
}

TEST_F(DatasetTest, TakesTheDigestsOfTheLabelledClips) {
  EXPECT_TRUE(load_dataset(recipe_).clip_digests.empty()) << "the file has none";
  at::Tensor digests = at::zeros({3, 2, 32}, at::kByte);
  digests[0][1].fill_(0xAA);
  digests[1][1].fill_(0xBB);
  digests[2][0].fill_(0xCC);
  io::save_safetensors(
      recipe_.data.embeddings,
      {{"embedding", at::arange(6, at::kFloat).view({3, 2})}, {"audio_sha256", digests}},
      {{"paths", R"(["a", "b", "c"])"}, {"model", "distill-mos"}, {"embedding_layout", "pooled"}});
  const Dataset data = load_dataset(recipe_);
  EXPECT_THAT(data.clip_digests, ElementsAre(data::ClipDigests{std::string(64, 'c'), ""},
                                             data::ClipDigests{"", std::string(64, 'a')}));
}

TEST_F(DatasetTest, NamesTheRowThatIsWrong) {
  write_labels("a,s,x,3,\nb,s,x,high,\n");
  EXPECT_THAT(refusal(),
              HasSubstr("ratings.csv:3: column 'mos': expected a number or a list of numbers, got 'high'"));
  write_labels("a,s,x,101,\n");
  EXPECT_THAT(refusal(),
              HasSubstr("ratings.csv:2: column 'mos': expected a label in data.label_scale [0, 100]"));
  write_labels("a,s,x,1,\nd,s,x,2,\n");
  EXPECT_THAT(refusal(), HasSubstr("ratings.csv:3: no embedding of 'd'"));
  write_labels("a,s,x,1,\na,s,x,2,\n");
  EXPECT_THAT(refusal(), HasSubstr("ratings.csv:3: path 'a' is already in line 2"));
  write_labels("a,s\n");
  EXPECT_THAT(refusal(), HasSubstr("ratings.csv:2"));
  recipe_.data.label_columns = {"PQ"};
  write_labels("a,s,x,1,\n");
  EXPECT_THAT(refusal(), HasSubstr("'PQ'"));
}

TEST_F(DatasetTest, PublishedNamesTellWhatTheLabelFileDoesNot) {
  recipe_.split = {.kind = SplitKind::kHoldout, .group = "prompt", .hold_out = "system"};
  recipe_.ablate.baseline_columns.clear();
  write_file(recipe_.data.labels, "path,mos\nS001_P001.wav,50\nS002_P001.wav,50\nother.wav,50\n");
  write_embeddings(at::tensor({1.0F, 2.0F, 1.0F}).view({3, 1}),
                   R"(["S001_P001.wav", "S002_P001.wav", "other.wav"])");
  const Dataset data = load_dataset(recipe_);
  EXPECT_THAT(data.systems, ElementsAre("S001", "S002", ""));
  EXPECT_THAT(data.groups, ElementsAre("P001", "P001", ""));
  EXPECT_THAT(data.hold_out, ElementsAre("S001", "S002", ""));
  ASSERT_EQ(data.shared.size(), 1U);
  EXPECT_EQ(data.shared[0].what, "prompt");
  EXPECT_THAT(data.shared[0].values, ElementsAre("P001", "P001", ""));
  write_labels("a,s,x,1,\n");
  EXPECT_THAT(refusal(), HasSubstr("expected a column 'prompt', got 'path', 'system', 'sentence'"));
}

TEST_F(DatasetTest, LeakageIsFoundInColumnsAndInEqualEmbeddings) {
  recipe_.split.group = "path";
  write_embeddings(at::tensor({1.0F, 2.0F, 1.0F}).view({3, 1}), R"(["a", "b", "c"])");
  write_labels("a,s,x,1,\nb,s,x,2,\nc,t,y,3,\n");
  const Dataset data = load_dataset(recipe_);
  const std::vector<Fold> folds = {{{0}, {}, {1, 2}}};
  const auto found = find_leakage(data, folds);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].what, "sentence");
  EXPECT_EQ(found[0].leaks[0].tested, 1);
  EXPECT_EQ(found[1].what, "audio");
  EXPECT_EQ(found[1].leaks[0].tested, 2);
  EXPECT_NO_THROW(refuse_leakage(recipe_, data, found));
  recipe_.leakage.policy = data::LeakagePolicy::kError;
  EXPECT_THAT(message_of([&] { refuse_leakage(recipe_, data, found); }),
              HasSubstr("1 of 2 tested clips share their audio"));
  EXPECT_NO_THROW(refuse_leakage(recipe_, data, {}));
  recipe_.leakage.policy = data::LeakagePolicy::kIgnore;
  EXPECT_TRUE(find_leakage(load_dataset(recipe_), folds).empty());
  recipe_.leakage = {data::LeakagePolicy::kWarn, {"other"}};
  EXPECT_EQ(find_leakage(load_dataset(recipe_), folds).front().what, "audio") << "empty cells share nothing";
}

TEST_F(DatasetTest, RefusesBrokenEmbeddings) {
  const at::Tensor good = at::ones({2, 2});
  write_embeddings(good, R"(["a", "b", "c"])");
  EXPECT_THAT(refusal(), HasSubstr("expected shape [3, dim] for 3 paths, got [2, 2]"));
  write_embeddings(good, R"(["a", "a"])");
  EXPECT_THAT(refusal(), HasSubstr("'a' appears twice"));
  write_embeddings(good, "nothing");
  EXPECT_THAT(refusal(), HasSubstr("JSON list of clip paths"));
  write_embeddings(good * std::numeric_limits<float>::infinity(), R"(["a", "c"])");
  EXPECT_THAT(refusal(), HasSubstr("the embedding of 'a' holds NaN or infinity"));
  io::save_safetensors(recipe_.data.embeddings, {{"other", good}}, {{"paths", R"(["a", "c"])"}});
  EXPECT_THAT(refusal(), HasSubstr("'embedding' is missing"));
}

}  // namespace
}  // namespace qamro::training
