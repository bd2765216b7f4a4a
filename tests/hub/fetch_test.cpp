#include "qamro/hub/fetch.h"

#include <gmock/gmock.h>

#include "hub/clean_environment.h"
#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::hub {
namespace {

using ::testing::HasSubstr;

PublishedModel two_files() {
  return {"a-model",
          "summary",
          "MIT",
          "a test",
          {{"a.bin", "org/name", "main", "deep/a.bin", 7, "abc"},
           {"b.bin", "org/name", "main", "b.bin", std::nullopt, ""}}};
}

// tests/cli/test_fetch.py fetches from servers; this is what needs none.
TEST(Fetch, InstructionsNameEveryFileAndWhatIsKnownAboutIt) {
  HuggingFaceSettings settings;
  settings.endpoint = "https://mirror.example";
  EXPECT_THAT(instructions_by_hand(two_files(), "/models/a-model", settings),
              HasSubstr("  https://mirror.example/org/name/resolve/main/deep/a.bin (as a.bin)\n"
                        "    7 bytes, SHA-256 abc\n"
                        "  https://mirror.example/org/name/resolve/main/b.bin\n"
                        "and put them into\n  /models/a-model\n"));
}

TEST(Fetch, InstructionsKeepAMirrorsPasswordToThemselves) {
  HuggingFaceSettings settings;
  settings.endpoint = "https://me:secret@mirror.example:8443/hf";
  const std::string text = instructions_by_hand(two_files(), "/models/a-model", settings);
  EXPECT_THAT(text,
              HasSubstr("  https://mirror.example:8443/hf/org/name/resolve/main/deep/a.bin (as a.bin)\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("secret")));
}

TEST(Fetch, AModelIsFetchedWhenAllItsFilesAreInTheStore) {
  const qamro::testing::CleanEnvironment environment;
  const qamro::testing::TemporaryFolder home;
  environment.set("QAMRO_HOME", home.path().string());
  EXPECT_FALSE(is_fetched(two_files()));
  home.write("models/a-model/a.bin", "a");
  EXPECT_FALSE(is_fetched(two_files()));
  home.write("models/a-model/b.bin", "b");
  EXPECT_TRUE(is_fetched(two_files()));
}

TEST(Fetch, NeedsAFolderForModels) {
  EXPECT_THAT(qamro::testing::message_of<FileError>([] { fetch_model(two_files(), "", {}); }),
              HasSubstr("no folder for models: expected $QAMRO_HOME, $XDG_DATA_HOME or $HOME"));
}

}  // namespace
}  // namespace qamro::hub
