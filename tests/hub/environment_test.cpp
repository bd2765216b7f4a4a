#include "qamro/hub/environment.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include "hub/clean_environment.h"

namespace qamro::hub {
namespace {

namespace fs = std::filesystem;

class Environment : public ::testing::Test {
 protected:
  qamro::testing::CleanEnvironment environment_;
};

TEST_F(Environment, AnEmptyVariableCountsAsUnset) {
  EXPECT_EQ(variable("HF_TOKEN"), std::nullopt);
  environment_.set("HF_TOKEN", "");
  EXPECT_EQ(variable("HF_TOKEN"), std::nullopt);
  EXPECT_EQ(folder_variable("HF_TOKEN"), std::nullopt);
  environment_.set("HF_TOKEN", " a=b ");
  EXPECT_EQ(variable("HF_TOKEN"), " a=b ");
}

TEST_F(Environment, ATildeAtTheStartOfAFolderIsTheHome) {
  environment_.set("HOME", "/home/me");
  const auto folder = [&](const std::string& value) {
    environment_.set("HF_HOME", value);
    return folder_variable("HF_HOME");
  };
  EXPECT_EQ(folder("~"), fs::path("/home/me"));
  EXPECT_EQ(folder("~/a/b"), fs::path("/home/me/a/b"));
  EXPECT_EQ(folder("~//a"), fs::path("/home/me/a"));
  for (const char* verbatim : {"~you/a", "/a/~/b", "a/~", "a", "/", "./~"})
    EXPECT_EQ(folder(verbatim), fs::path(verbatim));
}

TEST_F(Environment, TheUserDatabaseKnowsTheHomeWithoutTheVariable) {
  environment_.set("HOME", "/home/me");
  EXPECT_EQ(home_folder(), fs::path("/home/me"));
  environment_.set("HOME", "");
  const passwd* user = ::getpwuid(::getuid());
  if (user == nullptr || user->pw_dir == nullptr) GTEST_SKIP() << "this user is not in the user database";
  EXPECT_EQ(home_folder(), fs::path(user->pw_dir));
}

TEST_F(Environment, TheModelStoreFollowsTheFirstVariableThatIsSet) {
  environment_.set("HOME", "/home/me");
  EXPECT_EQ(model_store(), fs::path("/home/me/.local/share/qamro/models"));
  environment_.set("XDG_DATA_HOME", "/data");
  EXPECT_EQ(model_store(), fs::path("/data/qamro/models"));
  environment_.set("QAMRO_HOME", "~/own");
  EXPECT_EQ(model_store(), fs::path("/home/me/own/models"));
  environment_.set("QAMRO_HOME", "");
  environment_.set("XDG_DATA_HOME", "");
  EXPECT_EQ(model_store(), fs::path("/home/me/.local/share/qamro/models"));
}

}  // namespace
}  // namespace qamro::hub
