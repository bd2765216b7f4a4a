#include "qamro/data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "qamro/core/error.h"
#include "qamro/core/random.h"

namespace qamro::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Strings = std::vector<std::string>;

// The message of the InvalidInput with which a split is refused; "" if it is accepted.
std::string refusal(const SplitOptions& options, const SplitColumns& columns) {
  try {
    make_folds(options, columns);
  } catch (const InvalidInput& error) {
    return error.what();
  }
  return "";
}

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
    const auto folds = make_folds({.folds = 5, .group = "g", .shuffle = shuffle, .validation_fraction = 0.3},
                                  {groups, {}, {}});
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
  const auto folds =
      make_folds({.folds = 2, .group = "g", .shuffle = false}, {{"b", "a", "b", "c", "d"}, {}, {}});
  EXPECT_EQ(folds[0].test, (std::vector<std::int64_t>{0, 2, 3}));
  EXPECT_EQ(folds[1].test, (std::vector<std::int64_t>{1, 4}));
}

TEST(Split, SeedDecides) {
  const auto groups = uneven_groups();
  EXPECT_EQ(make_folds({.folds = 5, .seed = 3}, {groups, {}, {}}),
            make_folds({.folds = 5, .seed = 3}, {groups, {}, {}}));
  EXPECT_NE(make_folds({.folds = 5, .seed = 3}, {groups, {}, {}}),
            make_folds({.folds = 5, .seed = 4}, {groups, {}, {}}));
}

TEST(Split, HoldoutLeavesATrainingPart) {
  const auto folds =
      make_folds({.kind = SplitKind::kHoldout, .test_fraction = 0.99}, {{"a", "b", "c"}, {}, {}});
  ASSERT_EQ(folds.size(), 1U);
  EXPECT_EQ(folds[0].train.size(), 1U);
  EXPECT_EQ(folds[0].test.size(), 2U);
}

TEST(Split, FromAColumn) {
  const SplitOptions options{.kind = SplitKind::kFile, .group = "g", .column = "set"};
  const auto named = make_folds(options, {{"a", "b", "c"}, {"test", "train", "validation"}, {}});
  EXPECT_EQ(named, (std::vector<Fold>{{.train = {1}, .validation = {2}, .test = {0}}}));
  const auto numbered = make_folds(options, {{"a", "b", "c"}, {"1", "0", "1"}, {}});
  EXPECT_EQ(numbered, (std::vector<Fold>{{.train = {0, 2}, .validation = {}, .test = {1}},
                                         {.train = {1}, .validation = {}, .test = {0, 2}}}));
}

TEST(Split, RefusesWhatLeaksOrIsEmpty) {
  const SplitOptions file{.kind = SplitKind::kFile, .group = "g", .column = "set"};
  EXPECT_THAT(refusal(file, {{"a", "a"}, {"test", "train"}, {}}), HasSubstr("group 'a'"));
  EXPECT_THAT(refusal(file, {{"a", "b"}, {"test", "dev"}, {}}), HasSubstr("'dev'"));
  EXPECT_THAT(refusal(file, {{"a", "b"}, {"test", "test"}, {}}), HasSubstr("no training clips"));
  EXPECT_THAT(refusal(file, {{"a", "b"}, {"test"}, {}}), HasSubstr("expected 2 values, got 1"));
  EXPECT_THAT(refusal({.folds = 3}, {{"a", "b"}, {}, {}}), HasSubstr("as groups of 'path' (2), got 3"));
  EXPECT_THROW(make_folds({}, {}), InvalidInput);
  EXPECT_THROW(make_folds({.folds = 1}, {{"a", "b"}, {}, {}}), InvalidInput);
  EXPECT_THAT(refusal({.test_groups = {"a"}}, {{"a", "b"}, {}, {}}), HasSubstr("split.kind = \"holdout\""));
  EXPECT_THAT(refusal({.hold_out_folds = 2}, {{"a", "b"}, {}, {}}), HasSubstr("split.hold_out:"));
}

TEST(Split, NamedGroupsAreHeldOut) {
  const SplitOptions options{.kind = SplitKind::kHoldout, .group = "system", .test_groups = {"c", "a"}};
  const auto folds = make_folds(options, {{"a", "b", "c", "a", "d"}, {}, {}});
  EXPECT_THAT(folds, ElementsAre(Fold{{1, 4}, {}, {0, 2, 3}}));
  SplitOptions wrong = options;
  wrong.test_groups = {"e"};
  EXPECT_THAT(refusal(wrong, {{"a", "b"}, {}, {}}), HasSubstr("no clip has the system 'e'"));
  wrong.test_groups = {"a", "b"};
  EXPECT_THAT(refusal(wrong, {{"a", "b"}, {}, {}}), HasSubstr("no training clips"));
}

TEST(Split, LeaveOneOutHasAFoldForEachGroup) {
  const auto folds =
      make_folds({.kind = SplitKind::kLeaveOneOut, .group = "system"}, {{"b", "a", "b", "c"}, {}, {}});
  EXPECT_THAT(folds,
              ElementsAre(Fold{{1, 3}, {}, {0, 2}}, Fold{{0, 2, 3}, {}, {1}}, Fold{{0, 1, 2}, {}, {3}}));
  EXPECT_THAT(refusal({.kind = SplitKind::kLeaveOneOut}, {{"a", "a"}, {}, {}}),
              HasSubstr("no training clips"));
}

TEST(Split, AnOfficialListWithItsSystemsHeldOut) {
  const SplitOptions options{
      .kind = SplitKind::kFile, .shuffle = false, .column = "set", .hold_out = "system"};
  const Strings paths = {"p", "q", "r", "s", "t"};
  const auto folds = make_folds(
      options, {paths, {"train", "train", "validation", "test", "test"}, {"a", "b", "b", "a", "b"}});
  EXPECT_THAT(folds, ElementsAre(Fold{{1}, {2}, {3}}, Fold{{0}, {}, {4}}));
  EXPECT_THAT(
      refusal(options, {paths, {"train", "train", "train", "test", "test"}, {"a", "", "b", "a", "b"}}),
      HasSubstr("expected a system for every clip"));
}

// Random sentences and systems, split both ways.
TEST(Split, NothingHeldOutIsEverSeenAndEveryClipIsTestedOnce) {
  Random random(3);
  for (int round = 0; round < 200; ++round) {
    SplitColumns columns;
    const std::uint64_t sentences = 4 + random.below(6), systems = 3 + random.below(4);
    for (std::uint64_t sentence = 0; sentence < sentences; ++sentence)
      for (std::uint64_t system = 0; system < systems; ++system) {
        if (random.below(5) == 0 && sentence > 3) continue;  // not every sentence has every system
        columns.groups.push_back(std::to_string(sentence));
        columns.hold_out.push_back(std::to_string(system));
      }
    SplitOptions options{.folds = 2 + static_cast<std::int64_t>(random.below(3)),
                         .group = "sentence",
                         .hold_out = "system",
                         .seed = round};
    options.hold_out_folds = random.below(2) == 0 ? 0 : 3;
    options.validation_fraction = random.below(2) == 0 ? 0.0 : 0.3;
    if (round % 5 == 4) options.kind = SplitKind::kLeaveOneOut;
    std::map<std::int64_t, int> tested;
    for (const Fold& fold : make_folds(options, columns)) {
      for (const Strings* values : {&columns.groups, &columns.hold_out}) {
        const auto test = groups_of(fold.test, *values);
        for (const auto* part : {&fold.train, &fold.validation})
          for (const std::string& value : groups_of(*part, *values))
            ASSERT_FALSE(test.contains(value)) << "round " << round << ": " << value << " is on both sides";
      }
      for (const std::int64_t clip : fold.test) ++tested[clip];
    }
    ASSERT_EQ(tested.size(), columns.groups.size());
    for (const auto& [clip, times] : tested) ASSERT_EQ(times, 1) << clip;
  }
}

}  // namespace
}  // namespace qamro::data
