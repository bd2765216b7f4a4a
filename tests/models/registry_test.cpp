#include "qamro/models/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Two folders of models in $QAMRO_MODELS; "mine" is in both.
class Registry : public ::testing::Test {
 protected:
  void SetUp() override {
    add("first/mine", "from the first");
    add("second/mine", "from the second");
    add("second/other", "");
    std::ofstream(root_ / "second" / "not_a_model") << "";
    ::setenv("QAMRO_MODELS", ((root_ / "first").string() + "::" + (root_ / "second").string()).c_str(), 1);
  }
  void TearDown() override { ::unsetenv("QAMRO_MODELS"); }
  void add(const std::string& where, const std::string& summary) const {
    fs::create_directories(root_ / where);
    std::ofstream(root_ / where / "model.json")
        << R"({"format_version": 1, "kind": "heads", "axes": [{"name": "mos"}], "summary": ")" << summary
        << "\"}";
  }

  const ::qamro::testing::TemporaryFolder folder_;  // ctest runs the tests side by side
  const fs::path root_ = folder_.path();
};

TEST_F(Registry, FindsByNameAndTheFirstFolderWins) {
  EXPECT_EQ(find_model("mine"), root_ / "first/mine");
  EXPECT_EQ(find_model("other"), root_ / "second/other");
}

TEST_F(Registry, FindsByPath) {
  EXPECT_EQ(find_model((root_ / "second/mine").string()), root_ / "second/mine");
  EXPECT_EQ(find_model((root_ / "second/mine/model.json").string()), root_ / "second/mine");
}

TEST_F(Registry, SaysWhatThereIs) {
  EXPECT_THAT([] { find_model("nothing"); },
              ThrowsMessage<InvalidInput>(::testing::AllOf(HasSubstr("'nothing'"), HasSubstr("mine, other"),
                                                           HasSubstr((root_ / "second").string()))));
  EXPECT_THROW(find_model(""), InvalidInput);
}

TEST_F(Registry, ListsEachModelOnceAndLeavesOutTheBroken) {
  fs::create_directories(root_ / "second/broken");
  std::ofstream(root_ / "second/broken/model.json") << "{";
  std::vector<std::string> names;
  for (const ModelDescription& model : list_models()) {
    names.push_back(model.name);
    if (model.name == "mine") {
      EXPECT_EQ(model.summary, "from the first");
    }
  }
  EXPECT_THAT(names, ::testing::IsSupersetOf<std::string>({"mine", "other", kDefaultModel}));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("broken")));
  EXPECT_EQ(std::count(names.begin(), names.end(), "mine"), 1);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

// docs/adr/0018: it puts more pairs of known order right than the heads trained here.
TEST(DefaultModel, IsDistillMosAsPublished) {
  EXPECT_STREQ(kDefaultModel, "distill-mos");
  EXPECT_EQ(describe_model(kDefaultModel).kind, "distillmos");
}

}  // namespace
}  // namespace qamro::models
