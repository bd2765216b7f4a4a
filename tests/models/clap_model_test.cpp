#include "qamro/models/clap/model.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "encoders/small_clap.h"
#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/encoders/clap/module.h"
#include "qamro/io/safetensors.h"
#include "qamro/models/clap/encoder.h"
#include "qamro/models/registry.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

ClapModel small_model(bool with_heads) {
  ClapModel model;
  model.name = "small";
  model.audio_policy = ClapAudioPolicy::published;
  model.encoder = encoders::clap::small_clap();
  if (!with_heads) return model;
  model.heads.emplace(
      heads::ClapHeadsOptions{.embedding_dim = 16, .hidden = {5, 3}, .activation = heads::Activation::kNone},
      2);
  model.axes = {{"MI", {1, 5}, {1, 5}, {3.0, 0.5}}, {"TA", {1, 5}, {1, 5}, {2.0, 2.0}}};
  return model;
}

void write_vocabulary(const fs::path& folder) {
  std::ofstream(folder / "vocab.json") << "{}";
  std::ofstream(folder / "merges.txt") << "#version: 0.2\n";
}

TEST(ClapWindow, RepeatsWholeThenPads) {
  const std::vector<float> three = {0.5F, -0.25F, 0.125F};
  auto window = clap_window(three, false);
  ASSERT_EQ(window.size(), 480000U);
  for (std::size_t i = 0; i < window.size(); ++i) ASSERT_EQ(window[i], three[i % 3]);
  std::vector<float> long_one(200001, 1.0F);
  window = clap_window(long_one, false);
  EXPECT_EQ(window[400001], 1.0F);  // twice
  EXPECT_EQ(window[400002], 0.0F);
  long_one.resize(240001);
  long_one.back() = 7.0F;
  window = clap_window(long_one, false);
  EXPECT_EQ(window[240000], 7.0F);  // once
  EXPECT_EQ(window[240001], 0.0F);
  const std::vector<float> full(480000, 0.25F);
  EXPECT_EQ(clap_window(full, false), full);
  EXPECT_THROW(clap_window({}, false), InvalidInput);
  EXPECT_THROW(clap_window(std::vector<float>(480001), false), InvalidInput);
}

TEST(ClapWindow, RoundsToSixteenBitsTowardsZero) {
  const std::vector<float> samples = {
      2.0F, -3.0F, 0.5F, -0.5F, 0.9F / 32767, -0.9F / 32767, 1.0F / 32767 * 5.5F};
  const auto window = clap_window(samples, true);
  EXPECT_EQ(window[0], 1.0F);
  EXPECT_EQ(window[1], -1.0F);
  EXPECT_EQ(window[2], static_cast<float>(16383 / 32767.0));
  EXPECT_EQ(window[3], static_cast<float>(-16383 / 32767.0));
  EXPECT_EQ(window[4], 0.0F);
  EXPECT_EQ(window[5], 0.0F);
  EXPECT_EQ(window[6], static_cast<float>(5 / 32767.0));
}

TEST(ClapModel, ComesBackAsItWasSaved) {
  const ::qamro::testing::TemporaryFolder folder;
  ClapModel model = small_model(true);
  write_vocabulary(folder.path());
  model.vocabulary = folder.path();
  model.provenance["seed"] = 5;
  save_clap_model(folder.path() / "saved", model);
  const auto description = describe_model((folder.path() / "saved").string());
  EXPECT_EQ(description.kind, "clap");
  const ClapModel again = load_clap_model(description);
  EXPECT_EQ(again.name, "small");
  EXPECT_EQ(again.audio_policy, ClapAudioPolicy::published);
  EXPECT_EQ(again.axes, model.axes);
  EXPECT_EQ(again.heads->options(), model.heads->options());
  EXPECT_EQ(again.provenance, model.provenance);
  EXPECT_EQ(again.vocabulary, folder.path() / "saved");
  const auto before = encoders::clap::state_dict(*model.encoder);
  for (const auto& [name, tensor] : encoders::clap::state_dict(*again.encoder))
    EXPECT_TRUE(at::equal(tensor, before.at(name))) << name;
  save_clap_model(folder.path() / "saved", again);  // onto itself
  EXPECT_TRUE(fs::exists(folder.path() / "saved/vocab.json"));
}

TEST(ClapModel, WithoutHeadsIsAnEncoder) {
  const ::qamro::testing::TemporaryFolder folder;
  save_clap_model(folder.path() / "saved", small_model(false));
  EXPECT_TRUE(describe_model((folder.path() / "saved").string()).axes.empty());
  EXPECT_FALSE(load_clap_model(read_model_folder(folder.path() / "saved")).heads);
  EXPECT_FALSE(fs::exists(folder.path() / "saved/vocab.json"));
}

TEST(ClapModel, RefusesHeadsOfAnotherEmbedding) {
  const ::qamro::testing::TemporaryFolder folder;
  ClapModel model = small_model(true);
  model.heads.emplace(heads::ClapHeadsOptions{.embedding_dim = 8, .hidden = {5, 3}}, 2);
  save_clap_model(folder.path() / "saved", model);
  EXPECT_THAT([&] { load_clap_model(read_model_folder(folder.path() / "saved")); },
              ThrowsMessage<CheckpointError>(HasSubstr("expected 16 columns, as an embedding has, got 8")));
}

// A safetensors file with LAION's, the paper's or qamro's own names gives the same tensors.
TEST(ClapFile, ReadsEveryLayout) {
  const ::qamro::testing::TemporaryFolder folder;
  const ClapModel model = small_model(true);
  io::StateDict own;
  for (const auto& [name, tensor] : encoders::clap::state_dict(*model.encoder))
    own.emplace(name, tensor.detach());
  const auto with_prefix = [&](const std::string& prefix) {
    io::StateDict state;
    for (const auto& [name, tensor] : own) state.emplace(prefix + name, tensor);
    return state;
  };
  auto paper = with_prefix("upstream_model.model.");
  for (const auto& [name, tensor] : model.heads->named_parameters()) paper.emplace(name, tensor.detach());
  const auto names_in = [&](const io::StateDict& state) {
    io::save_safetensors(folder.path() / "x.safetensors", state, {});
    ModelDescription description;
    description.weights = folder.path() / "x.safetensors";
    std::vector<std::string> names;
    for (const auto& [name, tensor] : read_clap_tensors(description)) names.push_back(name);
    return names;
  };
  std::vector<std::string> expected;
  for (const auto& [name, tensor] : own) expected.push_back(name);
  EXPECT_EQ(names_in(own), expected);
  EXPECT_EQ(names_in(with_prefix("module.")), expected);
  EXPECT_EQ(names_in(paper).size(), expected.size() + 12);
  EXPECT_THROW(names_in({{"something", at::zeros({1})}}), CheckpointError);
}

TEST(ClapFile, FindsTheVocabularyOrSaysWhereItLooked) {
  const ::qamro::testing::TemporaryFolder folder;
  fs::create_directories(folder.path() / "data/roberta");
  fs::create_directories(folder.path() / "model");
  ModelDescription description;
  description.name = "m";
  description.folder = folder.path() / "model";
  ::setenv("QAMRO_HOME", folder.path().c_str(), 1);
  ::setenv("QAMRO_DATA", (folder.path() / "data").c_str(), 1);
  EXPECT_THAT(
      [&] { find_vocabulary(description); },
      ThrowsMessage<FileError>(::testing::AllOf(HasSubstr((folder.path() / "model").string()),
                                                HasSubstr("data/roberta"), HasSubstr("model fetch"))));
  fs::create_directories(folder.path() / "models/roberta-base");
  write_vocabulary(folder.path() / "models/roberta-base");
  EXPECT_EQ(find_vocabulary(description), folder.path() / "models/roberta-base");
  write_vocabulary(folder.path() / "data/roberta");
  EXPECT_EQ(find_vocabulary(description), folder.path() / "data/roberta");
  write_vocabulary(folder.path() / "model");
  EXPECT_EQ(find_vocabulary(description), folder.path() / "model");
  ::unsetenv("QAMRO_HOME");
  ::unsetenv("QAMRO_DATA");
}

}  // namespace
}  // namespace qamro::models
