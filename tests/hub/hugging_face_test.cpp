#include "qamro/hub/fetch.h"

#include <gtest/gtest.h>

#include "hub/clean_environment.h"
#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"

namespace qamro::hub {
namespace {

namespace fs = std::filesystem;

class HuggingFaceVariables : public ::testing::Test {
 protected:
  void SetUp() override { environment_.set("HOME", "/home/me"); }
  HuggingFaceSettings with(const char* name, const std::string& value) const {
    environment_.set(name, value);
    return HuggingFaceSettings::from_environment();
  }

  qamro::testing::CleanEnvironment environment_;
};

TEST_F(HuggingFaceVariables, HaveDefaults) {
  const auto settings = HuggingFaceSettings::from_environment();
  EXPECT_EQ(settings.endpoint, "https://huggingface.co");
  EXPECT_EQ(settings.cache, fs::path("/home/me/.cache/huggingface/hub"));
  EXPECT_EQ(settings.token, "");
  EXPECT_FALSE(settings.offline);
}

TEST_F(HuggingFaceVariables, AnEndpointLosesTheSlashesAtItsEndAlone) {
  EXPECT_EQ(with("HF_ENDPOINT", "http://mirror.example:8080/hf//").endpoint, "http://mirror.example:8080/hf");
  EXPECT_EQ(with("HF_ENDPOINT", "https://mirror.example").endpoint, "https://mirror.example");
  EXPECT_EQ(with("HF_ENDPOINT", "").endpoint, "https://huggingface.co");
  EXPECT_EQ(with("HF_ENDPOINT", "///").endpoint, "");
}

TEST_F(HuggingFaceVariables, ATokenThatNoHeaderCanHoldIsRefusedUnseen) {
  EXPECT_NO_THROW(with("HF_TOKEN", "hf_AZaz09").validate());
  EXPECT_NO_THROW(with("HF_TOKEN", "").validate());
  HuggingFaceSettings settings;
  settings.token = std::string("se\0cret", 7);  // no variable can hold it
  EXPECT_EQ(
      qamro::testing::message_of<InvalidInput>([&] { settings.validate(); }),
      "HF_TOKEN: expected a token of visible ASCII, got a control character as character 3 of 7: set it anew, "
      "without line ends and spaces");
  for (const char* wrong : {"secret\n", "\rsecret", "sec ret", "sec\tret", "sec\x7fret", "sec\xc3\xa9ret"}) {
    const auto message =
        qamro::testing::message_of<InvalidInput>([&] { with("HF_TOKEN", wrong).validate(); });
    EXPECT_NE(message, "no exception") << wrong;
    EXPECT_EQ(message.find("sec"), std::string::npos) << message;
  }
}

TEST_F(HuggingFaceVariables, TheCacheFollowsTheFirstVariableThatIsSet) {
  EXPECT_EQ(with("XDG_CACHE_HOME", "/xdg").cache, fs::path("/xdg/huggingface/hub"));
  EXPECT_EQ(with("HF_HOME", "~/hf").cache, fs::path("/home/me/hf/hub"));
  EXPECT_EQ(with("HUGGINGFACE_HUB_CACHE", "/old").cache, fs::path("/old"));
  EXPECT_EQ(with("HF_HUB_CACHE", "/new").cache, fs::path("/new"));
  EXPECT_EQ(with("HF_HUB_CACHE", "").cache, fs::path("/old"));
}

TEST_F(HuggingFaceVariables, OfflineIsWhatHuggingFaceTakesForTrue) {
  for (const char* yes : {"1", "on", "YES", "True"}) EXPECT_TRUE(with("HF_HUB_OFFLINE", yes).offline) << yes;
  for (const char* no : {"", "0", "off", "no", "false", "2", " 1", "yess"})
    EXPECT_FALSE(with("HF_HUB_OFFLINE", no).offline) << no;
}

TEST_F(HuggingFaceVariables, TheTokenIsTakenAsItIs) {
  EXPECT_EQ(with("HF_TOKEN", "hf_x y").token, "hf_x y");
}

class HuggingFaceCache : public ::testing::Test {
 protected:
  HuggingFaceCache() { settings_.cache = folder_.path(); }
  // As huggingface_hub does it: a snapshot's file is a link to a blob.
  fs::path put(const std::string& commit, const std::string& blob, const std::string& content) const {
    folder_.write("models--org--name/blobs/" + blob, content);
    const auto path = folder_.path() / "models--org--name/snapshots" / commit / "deep/a.bin";
    fs::create_directories(path.parent_path());
    fs::create_symlink("../../../blobs/" + blob, path);
    return path;
  }
  void refer(const std::string& content) const { folder_.write("models--org--name/refs/main", content); }

  const qamro::testing::TemporaryFolder folder_;
  HuggingFaceSettings settings_;
  // In the cache, a file has the name that it has in the repository.
  PublishedFile file_{"other-name.bin", "org/name", "main", "deep/a.bin", 7, sha256_hex("content")};
};

TEST_F(HuggingFaceCache, HoldsNothingAtFirst) {
  EXPECT_FALSE(find_cached(settings_, file_));
  settings_.cache = "";
  EXPECT_FALSE(find_cached(settings_, file_));
}

TEST_F(HuggingFaceCache, ABranchLeadsToItsCommit) {
  file_.sha256 = "";
  const auto path = put("c1", "b1", "content");
  put("c2", "b2", "CONTENT");
  EXPECT_FALSE(find_cached(settings_, file_));  // nothing says which commit main is
  refer("c1\n");
  EXPECT_EQ(find_cached(settings_, file_), path);
  file_.revision = "c1";
  EXPECT_EQ(find_cached(settings_, file_), path);
}

TEST_F(HuggingFaceCache, AFileOfAnotherSizeIsPassedOver) {
  refer("c1");
  put("c1", "b1", "content, more");
  EXPECT_FALSE(find_cached(settings_, file_));
  file_.bytes = std::nullopt;
  EXPECT_TRUE(find_cached(settings_, file_));
}

TEST_F(HuggingFaceCache, AnotherCommitServesIfTheHashIsRight) {
  refer("c9");
  put("c1", "b1", "CONTENT");
  EXPECT_FALSE(find_cached(settings_, file_));
  const auto path = put("c2", "b2", "content");
  EXPECT_EQ(find_cached(settings_, file_), path);
}

TEST_F(HuggingFaceCache, ALargeBlobIsKnownByItsName) {
  put("c1", sha256_hex("others"), "content");
  EXPECT_FALSE(find_cached(settings_, file_));
  const auto path = put("c2", sha256_hex("content"), "CONTENT");  // the caller hashes what it takes
  EXPECT_EQ(find_cached(settings_, file_), path);
}

TEST_F(HuggingFaceCache, WhatIsNoFileIsPassedOver) {
  refer("c1");
  fs::create_directories(folder_.path() / "models--org--name/snapshots/c1/deep/a.bin");
  EXPECT_FALSE(find_cached(settings_, file_));
  const auto path = put("c2", "b2", "content");
  EXPECT_EQ(find_cached(settings_, file_), path);
  fs::remove(folder_.path() / "models--org--name/blobs/b2");  // the link stays
  EXPECT_FALSE(find_cached(settings_, file_));
}

TEST_F(HuggingFaceCache, AReferenceOutOfTheCacheIsNotFollowed) {
  file_.sha256 = "";
  folder_.write("outside/deep/a.bin", "content");
  folder_.write("models--org--name/deep/a.bin", "content");
  fs::create_directories(folder_.path() / "models--org--name/snapshots");
  for (const std::string& out : {std::string(".."), std::string("../../outside"), std::string("../.."),
                                 (folder_.path() / "outside").string()}) {
    refer(out);
    EXPECT_FALSE(find_cached(settings_, file_)) << out;
  }
}

}  // namespace
}  // namespace qamro::hub
