#include "qamro/hub/published_models.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "qamro/core/error.h"

namespace qamro::hub {
namespace {

bool is_hexadecimal(const std::string& text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Names become file names.
bool is_file_name(const std::string& name) {
  return !name.empty() && !name.starts_with('.') && name.find('/') == std::string::npos;
}

TEST(PublishedModels, NamesAreUniqueAndFitFiles) {
  std::set<std::string> names;
  for (const auto& model : published_models()) {
    EXPECT_TRUE(names.insert(model.name).second) << model.name << " is there twice";
    EXPECT_TRUE(is_file_name(model.name)) << model.name;
    EXPECT_FALSE(model.summary.empty() || model.licence.empty() || model.becomes.empty()) << model.name;
    EXPECT_FALSE(model.files.empty()) << model.name;
    std::set<std::string> files;
    for (const auto& file : model.files) {
      EXPECT_TRUE(files.insert(file.name).second) << model.name << " has " << file.name << " twice";
      EXPECT_TRUE(is_file_name(file.name)) << model.name << ": " << file.name;
    }
  }
  EXPECT_FALSE(names.empty());
}

TEST(PublishedModels, EveryFileHasARepositoryAndEitherAHashOrALimit) {
  for (const auto& model : published_models())
    for (const auto& file : model.files) {
      SCOPED_TRACE(model.name + "/" + file.name);
      EXPECT_EQ(std::ranges::count(file.repository, '/'), 1) << file.repository;
      EXPECT_FALSE(file.path.empty() || file.path.starts_with('/'));
      if (file.sha256.empty()) {
        EXPECT_TRUE(file.bytes || model.max_file_bytes > 0);
      } else {  // the hash belongs to one commit
        EXPECT_TRUE(is_hexadecimal(file.sha256, 64)) << file.sha256;
        EXPECT_TRUE(is_hexadecimal(file.revision, 40)) << file.revision;
        EXPECT_GT(file.bytes.value_or(0), 0);
      }
    }
}

TEST(PublishedModels, AnAddressNamesRepositoryRevisionAndPath) {
  const PublishedFile file{"as.bin", "org/name", "main", "a/b.bin", std::nullopt, ""};
  EXPECT_EQ(file.url_path(), "/org/name/resolve/main/a/b.bin");
}

TEST(PublishedModels, TheSizeOfAModelIsKnownIfThatOfEveryFileIs) {
  const PublishedFile small{"a", "org/name", "main", "a", 3, ""};
  const PublishedFile large{"b", "org/name", "main", "b", 5'000'000'000, ""};
  const PublishedFile unknown{"c", "org/name", "main", "c", std::nullopt, ""};
  EXPECT_EQ((PublishedModel{"m", "", "", "", {small, large}, 0}.total_bytes()), 5'000'000'003);
  EXPECT_EQ((PublishedModel{"m", "", "", "", {small, unknown, large}, 0}.total_bytes()), std::nullopt);
}

TEST(PublishedModels, AModelIsFoundByItsWholeName) {
  for (const auto& model : published_models()) EXPECT_EQ(find_published_model(model.name), &model);
  for (const char* other : {"", "wavlm", "WavLM-Base", "wavlm-base "})
    EXPECT_EQ(find_published_model(other), nullptr) << other;
}

TEST(PublishedModels, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  EXPECT_EQ(published_model("roberta-base").name, "roberta-base");
  try {
    published_model("roberta");
    FAIL() << "nothing thrown";
  } catch (const InvalidInput& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("clap-music, roberta-base, wavlm-base, "));
    EXPECT_THAT(error.what(), ::testing::EndsWith("got 'roberta'"));
  }
}

TEST(PublishedModels, AFileIsFoundByItsHash) {
  std::string hash;
  for (const auto& model : published_models())
    for (const auto& file : model.files) {
      if (file.sha256.empty()) continue;
      hash = file.sha256;
      const auto known = find_published_file(hash);
      ASSERT_TRUE(known) << model.name << "/" << file.name;
      EXPECT_EQ(known->file->sha256, hash);
      EXPECT_EQ(known->file->url_path(), file.url_path());  // two models may share a file
      EXPECT_TRUE(std::ranges::any_of(known->model->files, [&](auto& own) { return &own == known->file; }));
    }
  ASSERT_FALSE(hash.empty());
  EXPECT_FALSE(find_published_file(""));  // "" stands for a hash that the table does not know
  EXPECT_FALSE(find_published_file(hash.substr(1)));
  EXPECT_FALSE(find_published_file(std::string(64, '0')));
}

}  // namespace
}  // namespace qamro::hub
