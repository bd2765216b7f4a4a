#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "encoders/small_clap.h"
#include "encoders/small_network.h"
#include "io/temporary_folder.h"
#include "models/small_audiobox.h"
#include "qamro/core/error.h"
#include "qamro/io/json_reader.h"
#include "qamro/models/clap/model.h"
#include "qamro/models/model_conversion.h"
#include "text/small_vocabulary.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

rusage usage() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return used;
}

double seconds_of_work() {
  const rusage used = usage();
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

// The last name of "/axes/0/scale/1".
std::string key_of(std::string pointer) {
  for (;;) {
    const std::string last = pointer.substr(pointer.rfind('/') + 1);
    if (last.find_first_not_of("0123456789") != std::string::npos) return last;
    pointer.resize(pointer.rfind('/'));
  }
}

// Writes each number of a model's JSON file as many a wrong thing, one at a time. The model is then refused
// with the file and the key, or gives finite scores, with little work and memory either way. A crash, a hang
// or another exception ends the test.
void replace_each_number(const fs::path& model, const fs::path& file, std::size_t min_numbers) {
  constexpr double kMaxSeconds = 2;
  constexpr long kMaxKilobytes = 1'000'000;
  const std::vector<Json> replacements = {-1,
                                          0,
                                          0.5,
                                          1e9,
                                          1e18,
                                          1e308,
                                          -1e308,
                                          1'000'000'000,
                                          1'000'000'000'000'000'000,
                                          "5",
                                          nullptr,
                                          Json::array(),
                                          Json::object(),
                                          true};
  at::set_num_threads(1);
  const Json whole = io::read_json(file);
  ASSERT_NO_THROW(verify_model(model.string()));
  const long memory = usage().ru_maxrss;
  std::size_t numbers = 0;
  const Json leaves = whole.flatten();
  for (const auto& [pointer, value] : leaves.items()) {
    if (!value.is_number() || pointer.starts_with("/provenance")) continue;
    ++numbers;
    for (const Json& replacement : replacements) {
      SCOPED_TRACE(pointer + " = " + replacement.dump());
      Json changed = whole;
      changed[Json::json_pointer(pointer)] = replacement;
      std::ofstream(file) << changed.dump();
      const double start = seconds_of_work();
      try {
        verify_model(model.string());
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr(file.filename().string()), HasSubstr(key_of(pointer))));
      }
      EXPECT_LT(seconds_of_work() - start, kMaxSeconds);
      EXPECT_LT(usage().ru_maxrss - memory, kMaxKilobytes);
    }
  }
  EXPECT_GE(numbers, min_numbers);
  std::ofstream(file) << whole.dump();
}

// Converts a small published model whose windows last a second.
void write_audiobox(const fs::path& source, const fs::path& folder) {
  convert_model(write_hugging_face_folder(source).string(), folder);
  Json document = io::read_json(folder / "model.json");
  document["window_samples"] = document["hop_samples"] = 16000;
  document["encoder_config"]["window_samples"] = 16000;
  std::ofstream(folder / "model.json") << document.dump();
}

TEST(ModelNumbers, OfAnAudioboxFolder) {
  const testing::TemporaryFolder folder;
  write_audiobox(folder.path() / "hf", folder.path() / "own");
  replace_each_number(folder.path() / "own", folder.path() / "own/model.json", 45);
}

TEST(ModelNumbers, OfAPublishedAudiobox) {
  const testing::TemporaryFolder folder;
  write_hugging_face_folder(folder.path());
  replace_each_number(folder.path(), folder.path() / "config.json", 12);
}

TEST(ModelNumbers, OfHeads) {
  const testing::TemporaryFolder folder;
  write_audiobox(folder.path() / "hf", folder.path() / "encoder");
  heads::HeadModel model;
  model.name = "heads";
  model.encoder = {"encoder", "", kPooledLayers, 16000, "mean"};
  model.axes = {{"PQ", {1, 5}, {0, 100}, {3.0, 0.5}},
                {"CE", {1, 10}, {1, 10}, {5.0, 2.0, std::array{1.0, 10.0}}}};
  model.head = {.input_dim = 72, .hidden = {4, 2}, .activation = heads::Activation::kGelu};
  model.standardiser = {at::zeros({72}), at::ones({72})};
  model.familiarity = {{2.0, 5}};
  for (std::uint64_t seed = 0; seed < 2; ++seed)
    model.members.emplace_back(model.head, std::vector<std::string>{"PQ", "CE"}, seed);
  model.save(folder.path());
  replace_each_number(folder.path(), folder.path() / "model.json", 20);
}

TEST(ModelNumbers, OfAClap) {
  const testing::TemporaryFolder folder;
  const testing::SmallVocabulary vocabulary({});
  ClapModel model;
  model.name = "small";
  model.encoder = encoders::clap::small_clap();
  model.heads.emplace(heads::ClapHeadsOptions{.embedding_dim = 16, .hidden = {5, 3}}, 2);
  model.axes = {{"MI", {1, 5}, {1, 5}, {3.0, 0.5}}, {"TA", {1, 5}, {1, 5}, {2.0, 2.0}}};
  model.vocabulary = vocabulary.path();
  save_clap_model(folder.path() / "own", model);
  replace_each_number(folder.path() / "own", folder.path() / "own/model.json", 18);
}

TEST(ModelNumbers, OfADistillMos) {
  const testing::TemporaryFolder folder;
  io::StateDict state;
  for (const auto& [name, tensor] :
       encoders::distillmos::state_dict(*encoders::distillmos::small_network({4, 4, 8, 8, 4, 4})))
    state.emplace(name, tensor.contiguous());
  io::save_safetensors(folder.path() / "model.safetensors", state, {});
  std::ofstream(folder.path() / "model.json")
      << R"({"format_version": 1, "kind": "distillmos", "axes": [{"name": "mos", "scale": [1, 5]}],
             "sample_rate_hz": 16000, "window_samples": 122880, "hop_samples": 16000})";
  replace_each_number(folder.path(), folder.path() / "model.json", 6);
}

TEST(ModelNumbers, MustAgree) {
  const testing::TemporaryFolder folder;
  write_audiobox(folder.path() / "hf", folder.path() / "own");
  const Json whole = io::read_json(folder.path() / "own/model.json");
  const auto refusal = [&](const std::string& pointer, const Json& value) {
    Json changed = whole;
    changed[Json::json_pointer(pointer)] = value;
    std::ofstream(folder.path() / "own/model.json") << changed.dump();
    return testing::message_of<CheckpointError>([&] { verify_model((folder.path() / "own").string()); });
  };
  EXPECT_THAT(refusal("/sample_rate_hz", 48000),
              HasSubstr("model.json: sample_rate_hz: expected 16000, as its encoder hears, got 48000"));
  EXPECT_THAT(refusal("/sample_rate_hz", 999),
              HasSubstr("model.json: sample_rate_hz: expected a whole number from 1000 to 768000, got 999"));
  EXPECT_THAT(refusal("/axes/1/name", whole["axes"][0]["name"]), HasSubstr("expected each axis once"));
  EXPECT_THAT(refusal("/axes", Json::array()), HasSubstr("axes: expected at least one, got none"));
  EXPECT_THAT(refusal("/axes", 5), HasSubstr("model.json: axes: expected a list, got 5"));
  EXPECT_THAT(refusal("/axes/0/scale", {5, 5}), HasSubstr("axes[0]: scale: expected [low, high]"));
  EXPECT_THAT(refusal("/axes/0/scale", {1, 2, 3}), HasSubstr("axes[0]: scale: expected [low, high]"));
  EXPECT_THAT(refusal("/axes/0/label_scale", {9, 1}),
              HasSubstr("axes[0]: label_scale: expected [low, high]"));
  EXPECT_THAT(refusal("/model_cfg/proj_dropout", 1.0),
              HasSubstr("model.json: model_cfg: proj_dropout: expected a number in [0, 1), got 1"));
  EXPECT_THAT(refusal("/model_cfg/nth_layer", 4),
              AllOf(HasSubstr("model.json: model_cfg: nth_layer"), HasSubstr("got 4")));
  EXPECT_THAT(refusal("/encoder_config/encoder_embed_dim", 25), HasSubstr("encoder_embed_dim"));
}

}  // namespace
}  // namespace qamro::models
