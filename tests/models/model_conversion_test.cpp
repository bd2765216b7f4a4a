#include "qamro/models/model_conversion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "encoders/synthetic_audio.h"
#include "io/temporary_folder.h"
#include "models/small_audiobox.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/models/predictor.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::Not;

TEST(ConvertModel, TheFolderScoresWithTheSameBits) {
  const testing::TemporaryFolder folder;
  const fs::path weights = write_hugging_face_folder(folder.path() / "hf");
  const std::string source = sha256_file(weights);
  const fs::path to = folder.path() / "models" / "mine";
  const auto converted = convert_model((folder.path() / "hf").string(), to);
  EXPECT_EQ(converted.name, "mine");
  EXPECT_EQ(converted.kind, "audiobox");
  EXPECT_EQ(converted.sha256, sha256_file(to / "model.safetensors"));
  EXPECT_EQ(converted.document.at("provenance").at("converted_from"), "model.safetensors");
  EXPECT_EQ(converted.document.at("provenance").at("sha256"), source);
  EXPECT_EQ(sha256_file(weights), source);
  const auto before = open_predictor((folder.path() / "hf").string());
  const auto after = open_predictor(to.string());
  for (const std::int64_t samples : {1600, 48000, 160000}) {
    const auto audio = testing::synthetic_audio(samples);
    EXPECT_EQ(before->encoder().encode(audio), after->encoder().encode(audio)) << samples;
  }
}

TEST(ConvertModel, OverwritesNoModelAndConvertsNoFolderOfOurs) {
  const testing::TemporaryFolder folder;
  const std::string source = write_hugging_face_folder(folder.path() / "hf").string();
  EXPECT_THAT(message_of<InvalidInput>([&] { convert_model(source, folder.path() / "hf"); }),
              HasSubstr("expected a folder without a model"));
  convert_model(source, folder.path() / "one/");
  EXPECT_EQ(read_model_folder(folder.path() / "one").name, "one");
  EXPECT_THROW(convert_model(source, folder.path() / "one"), InvalidInput);
  EXPECT_THAT(message_of<InvalidInput>(
                  [&] { convert_model((folder.path() / "one").string(), folder.path() / "two"); }),
              HasSubstr("already in qamro's layout"));
  EXPECT_FALSE(fs::exists(folder.path() / "two"));
}

TEST(ConvertModel, WritesNothingOfWhatDoesNotFit) {
  const testing::TemporaryFolder folder;
  auto state = small_audiobox_state();
  state.erase("proj_layer.CE.0.bias");
  const std::string source = write_hugging_face_folder(folder.path() / "hf", state).string();
  EXPECT_THAT(message_of<CheckpointError>([&] { convert_model(source, folder.path() / "out"); }),
              HasSubstr("proj_layer.CE.0.bias"));
  EXPECT_FALSE(fs::exists(folder.path() / "out"));
}

TEST(VerifyModel, TellsWhatItHasSeen) {
  const testing::TemporaryFolder folder;
  const fs::path weights = write_hugging_face_folder(folder.path() / "hf");
  const auto published = verify_model((folder.path() / "hf").string());
  ASSERT_EQ(published.weights.size(), 1U);
  EXPECT_EQ(published.weights[0].sha256, sha256_file(weights));
  EXPECT_EQ(published.weights[0].sha256_is_from, "");
  const auto state = small_audiobox_state();
  EXPECT_EQ(published.weights[0].tensors, state.size());
  std::int64_t numbers = 0;
  for (const auto& [name, tensor] : state) numbers += tensor.numel();
  EXPECT_EQ(published.weights[0].numbers, numbers);
  convert_model(weights.string(), folder.path() / "own");
  const auto own = verify_model((folder.path() / "own").string());
  EXPECT_EQ(own.weights[0].sha256_is_from, "model.json");
  ASSERT_EQ(own.scores.size(), 4U);
  EXPECT_EQ(own.scores, published.scores);
}

TEST(VerifyModel, NamesEveryTensorThatIsNotFinite) {
  const testing::TemporaryFolder folder;
  auto state = small_audiobox_state();
  state["wavlm_model.encoder.layers.1.fc2.bias"][3] = std::numeric_limits<float>::quiet_NaN();
  state["layer_weights.CU"][0] = std::numeric_limits<float>::infinity();
  state["layer_weights.CU"][2] = -std::numeric_limits<float>::infinity();
  write_hugging_face_folder(folder.path(), state);
  EXPECT_THAT(
      message_of<CheckpointError>([&] { verify_model(folder.path().string()); }),
      AllOf(HasSubstr("model.safetensors"), HasSubstr("'wavlm_model.encoder.layers.1.fc2.bias' (1 of 24)"),
            HasSubstr("'layer_weights.CU' (2 of 3)"), Not(HasSubstr("layer_weights.CE"))));
}

TEST(VerifyModel, NamesAFileThatIsNotTheOneOfModelJson) {
  const testing::TemporaryFolder folder;
  const auto own = folder.path() / "own";
  convert_model(write_hugging_face_folder(folder.path() / "hf").string(), own);
  auto state = small_audiobox_state();
  state["proj_layer.CE.0.bias"][0] = 0.125;
  io::save_safetensors(own / "model.safetensors", state);
  EXPECT_THAT(message_of<CheckpointError>([&] { verify_model(own.string()); }),
              HasSubstr("expected SHA-256"));
}

// Finite weights that are too large; only running them shows it.
TEST(VerifyModel, NamesAnAxisWithoutAFiniteScore) {
  const testing::TemporaryFolder folder;
  auto state = small_audiobox_state();
  for (const char* layer : {"0", "3", "6"})
    state[std::string("proj_layer.PC.") + layer + ".weight"].fill_(3e38F);
  write_hugging_face_folder(folder.path(), state);
  EXPECT_THAT(message_of<CheckpointError>([&] { verify_model(folder.path().string()); }),
              HasSubstr("PC: expected a finite score"));
}

TEST(VerifyModel, LooksAtTheEncoderOfHeadsAsWell) {
  const auto heads = verify_model(QAMRO_SOURCE_DIR "/models/qamro-speech");
  ASSERT_EQ(heads.weights.size(), 2U);
  EXPECT_EQ(heads.weights[1].file.filename(), "distill_mos_v7.pt");
  for (const auto& weights : heads.weights) EXPECT_EQ(weights.sha256_is_from, "model.json");
}

TEST(ConvertModel, DistillMos) {
  const fs::path published = QAMRO_SOURCE_DIR "/models/distill-mos/distill_mos_v7.pt";
  if (!fs::exists(published)) GTEST_SKIP() << "no weights at " << published << " (make setup fetches them)";
  const testing::TemporaryFolder folder;
  const auto converted = convert_model(published.string(), folder.path() / "dm");
  EXPECT_EQ(converted.kind, "distillmos");
  EXPECT_EQ(converted.weights.extension(), ".safetensors");
  const auto audio = testing::synthetic_audio(50000);
  const auto before = open_predictor(published.string());
  const auto after = open_predictor((folder.path() / "dm").string());
  EXPECT_EQ(before->encoder().encode(audio), after->encoder().encode(audio));
  EXPECT_EQ(before->axes()[0].name, "mos");
}

}  // namespace
}  // namespace qamro::models
