#include "qamro/training/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "qamro/core/error.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

using ::testing::HasSubstr;

// Groups of different sizes, not contiguous.
std::vector<std::string> uneven_groups() {
  std::vector<std::string> groups;
  for (int i = 0; i < 90; ++i) groups.push_back(std::to_string((i * i) % 13));
  return groups;
}

std::set<std::string> groups_of(const std::vector<std::int64_t>& clips,
                                const std::vector<std::string>& groups) {
  std::set<std::string> result;
  for (const std::int64_t clip : clips) result.insert(groups[static_cast<std::size_t>(clip)]);
  return result;
}

TEST(Split, GroupsNeverStraddleAndEveryClipIsTestedOnce) {
  const auto groups = uneven_groups();
  for (const bool shuffle : {false, true}) {
    const auto folds =
        make_folds({.folds = 5, .group = "g", .shuffle = shuffle, .validation_fraction = 0.3}, groups);
    ASSERT_EQ(folds.size(), 5U);
    std::map<std::int64_t, int> tested;
    for (const Fold& fold : folds) {
      EXPECT_FALSE(fold.validation.empty());
      EXPECT_EQ(fold.train.size() + fold.validation.size() + fold.test.size(), groups.size());
      for (const std::int64_t clip : fold.test) ++tested[clip];
      std::set<std::string> all;
      std::size_t sum = 0;
      for (const auto* part : {&fold.train, &fold.validation, &fold.test}) {
        const auto names = groups_of(*part, groups);
        sum += names.size();
        all.insert(names.begin(), names.end());
      }
      EXPECT_EQ(sum, all.size()) << "a group lies on two sides";
    }
    EXPECT_EQ(tested.size(), groups.size());
    for (const auto& [clip, times] : tested) EXPECT_EQ(times, 1) << clip;
  }
}

TEST(Split, UnshuffledDealsInFileOrder) {
  const auto folds = make_folds({.folds = 2, .group = "g", .shuffle = false}, {"b", "a", "b", "c", "d"});
  EXPECT_EQ(folds[0].test, (std::vector<std::int64_t>{0, 2, 3}));
  EXPECT_EQ(folds[1].test, (std::vector<std::int64_t>{1, 4}));
}

TEST(Split, SeedDecides) {
  const auto groups = uneven_groups();
  EXPECT_EQ(make_folds({.folds = 5, .seed = 3}, groups), make_folds({.folds = 5, .seed = 3}, groups));
  EXPECT_NE(make_folds({.folds = 5, .seed = 3}, groups), make_folds({.folds = 5, .seed = 4}, groups));
}

TEST(Split, HoldoutLeavesATrainingPart) {
  const auto folds = make_folds({.kind = SplitKind::kHoldout, .test_fraction = 0.99}, {"a", "b", "c"});
  ASSERT_EQ(folds.size(), 1U);
  EXPECT_EQ(folds[0].train.size(), 1U);
  EXPECT_EQ(folds[0].test.size(), 2U);
}

TEST(Split, FromAColumn) {
  const SplitOptions options{.kind = SplitKind::kFile, .group = "g", .column = "set"};
  const auto named = make_folds(options, {"a", "b", "c"}, {"test", "train", "validation"});
  EXPECT_EQ(named, (std::vector<Fold>{{.train = {1}, .validation = {2}, .test = {0}}}));
  const auto numbered = make_folds(options, {"a", "b", "c"}, {"1", "0", "1"});
  EXPECT_EQ(numbered, (std::vector<Fold>{{.train = {0, 2}, .validation = {}, .test = {1}},
                                         {.train = {1}, .validation = {}, .test = {0, 2}}}));
}

TEST(Split, RefusesWhatLeaksOrIsEmpty) {
  const SplitOptions file{.kind = SplitKind::kFile, .group = "g", .column = "set"};
  EXPECT_THAT(message_of([&] { make_folds(file, {"a", "a"}, {"test", "train"}); }), HasSubstr("group 'a'"));
  EXPECT_THAT(message_of([&] { make_folds(file, {"a", "b"}, {"test", "dev"}); }), HasSubstr("'dev'"));
  EXPECT_THAT(message_of([&] {
                make_folds(file, {"a", "b"}, {"test", "test"});
              }),
              HasSubstr("no training clips"));
  EXPECT_THAT(message_of([] {
                make_folds({.folds = 3}, {"a", "b"});
              }),
              HasSubstr("as groups of 'path' (2), got 3"));
  EXPECT_THROW(make_folds(SplitOptions{}, {}), InvalidInput);
  EXPECT_THROW(make_folds({.folds = 1}, {"a", "b"}), InvalidInput);
}

}  // namespace
}  // namespace qamro::training
