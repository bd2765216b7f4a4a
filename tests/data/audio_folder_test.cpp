#include "qamro/data/audio_folder.h"

#include <gmock/gmock.h>

#include "io/temporary_folder.h"

namespace qamro::data {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names_below(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& file : audio_files_below(folder).files)
    names.push_back(file.lexically_relative(folder).string());
  return names;
}

TEST(AudioFolder, KnowsExtensionsInAnyCase) {
  for (const char* name :
       {"a.wav", "a.FLAC", "a.Ogg", "a.opus", "a.mp3", "a.aif", "a.aiff", "a.b.w64", "a.caf", "a.au"})
    EXPECT_TRUE(has_audio_extension(name)) << name;
  for (const char* name : {"a.txt", "a", "wav", ".wav", "a.wav.txt", "a."})
    EXPECT_FALSE(has_audio_extension(name)) << name;
}

TEST(AudioFolder, SortsBytewiseAcrossFolders) {
  const testing::TemporaryFolder folder;
  for (const char* name :
       {"b.wav", "B.wav", "a/x.wav", "a.wav", "a-b/x.wav", "a/sub/deep.flac", "a/note.txt", "\xC3\xA9.wav"})
    folder.write(name, "");
  EXPECT_THAT(names_below(folder.path()), ElementsAre("B.wav", "a-b/x.wav", "a.wav", "a/sub/deep.flac",
                                                      "a/x.wav", "b.wav", "\xC3\xA9.wav"));
}

TEST(AudioFolder, SkipsHiddenNames) {
  const testing::TemporaryFolder folder;
  for (const char* name : {"._x.wav", ".cache/x.wav", "x.wav"}) folder.write(name, "");
  EXPECT_THAT(names_below(folder.path()), ElementsAre("x.wav"));
}

TEST(AudioFolder, FollowsLinksButNotInCircles) {
  const testing::TemporaryFolder folder;
  const testing::TemporaryFolder elsewhere;
  folder.write("a/x.wav", "");
  elsewhere.write("y.wav", "");
  std::filesystem::create_directory_symlink(folder.path(), folder.path() / "a" / "up");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder.path() / "b");
  std::filesystem::create_directory_symlink(elsewhere.path(), folder.path() / "c");
  EXPECT_THAT(names_below(folder.path()), ElementsAre("a/x.wav", "b/y.wav", "c/y.wav"));
}

TEST(AudioFolder, NamesWhatCannotBeListed) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(audio_files_below(folder.path() / "none").unreadable.size(), 1U);
}

}  // namespace
}  // namespace qamro::data
