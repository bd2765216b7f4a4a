#include "qamro/report/clips.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace qamro::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

TEST(ClipChoice, WithLabelsTheMostSurprisingAreThoseWhosePlacesDiffer) {
  // Places by label 0 1 2 3 4, by prediction 1 4 2 3 0: clip 4 moves by four places, clip 1 by three, clip 0
  // by one.
  const std::vector<double> labels = {10, 20, 30, 40, 50}, predictions = {2.0, 5.0, 3.0, 4.0, 1.0};
  const ClipChoice choice = choose_clips(labels, predictions, {}, 2);
  EXPECT_THAT(choice.best, ElementsAre(1, 3));
  EXPECT_THAT(choice.worst, ElementsAre(4, 0));
  EXPECT_THAT(choice.surprising, ElementsAre(4, 1));
  // Clips whose places agree surprise nobody.
  EXPECT_THAT(choose_clips(labels, predictions, {}, 5).surprising, ElementsAre(4, 1, 0));
}

TEST(ClipChoice, ClipsWithoutANumberAreNoChoice) {
  const std::vector<double> labels = {1, kNone, 3, 4}, predictions = {1, 9, kNone, 2};
  const ClipChoice choice = choose_clips(labels, predictions, {}, 5);
  EXPECT_THAT(choice.best, ElementsAre(3));
  EXPECT_THAT(choice.worst, ElementsAre(0));
  EXPECT_THAT(choice.surprising, IsEmpty());
}

TEST(ClipChoice, WithoutLabelsTheMostSurprisingAreFarFromTheirSystem) {
  const std::vector<double> labels(5, kNone), predictions = {1.0, 1.0, 4.0, 9.0, 9.0};
  const std::vector<std::size_t> systems = {0, 0, 0, 1, 1};  // means 2 and 9
  EXPECT_THAT(choose_clips(labels, predictions, systems, 2).surprising, ElementsAre(2, 0));
  EXPECT_THAT(choose_clips(labels, predictions, systems, 9).surprising, ElementsAre(2, 0, 1));
}

TEST(ClipChoice, EqualOnesComeInTheirOrderAndNoClipIsBestAndWorst) {
  const std::vector<double> labels(3, kNone), predictions(3, 2.0);
  const ClipChoice choice = choose_clips(labels, predictions, {}, 5);
  EXPECT_THAT(choice.best, ElementsAre(0, 1));
  EXPECT_THAT(choice.worst, IsEmpty());
  EXPECT_THAT(choose_clips({}, {}, {}, 5).best, IsEmpty());
}

TEST(SampleClips, KeepsWhatIsWantedAndTheOrderAndIsTheSameAgain) {
  std::vector<std::size_t> clips(1000);
  std::iota(clips.begin(), clips.end(), std::size_t{5});
  const std::vector<std::size_t> wanted = {900, 7};
  const auto sample = sample_clips(clips, wanted, 50);
  EXPECT_EQ(sample.size(), 50u);
  EXPECT_TRUE(std::is_sorted(sample.begin(), sample.end()));
  EXPECT_THAT(sample, ::testing::IsSupersetOf(wanted));
  EXPECT_EQ(sample, sample_clips(clips, wanted, 50));
  EXPECT_EQ(sample_clips(clips, wanted, 1000), clips);
}

}  // namespace
}  // namespace qamro::report
