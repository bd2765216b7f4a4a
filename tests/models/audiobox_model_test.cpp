#include "qamro/models/audiobox/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoders/synthetic_audio.h"
#include "io/temporary_folder.h"
#include "models/small_audiobox.h"
#include "qamro/core/error.h"
#include "qamro/models/predictor.h"

namespace qamro::models {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::Not;
using testing::synthetic_audio;

std::vector<double> score(const Predictor& predictor, const std::vector<float>& samples) {
  const auto windows = predictor.encoder().windows(std::ssize(samples));
  std::vector<std::vector<float>> vectors;
  for (const auto& window : windows)
    vectors.push_back(predictor.encoder().encode(std::span(samples).subspan(
        static_cast<std::size_t>(window.start_sample), static_cast<std::size_t>(window.length_samples))));
  return predictor.score({vectors, windows});
}

// tests/golden/audiobox.json pins the scores of the audiobox_aesthetics package.
TEST(AudioboxModel, ScoresAsThePackage) {
  const testing::TemporaryFolder folder;
  write_hugging_face_folder(folder.path());
  const auto predictor = open_predictor(folder.path());
  const auto layers = open_encoder(folder.path(), Precision::fp32, "pooled_layers");
  std::ifstream file(QAMRO_TEST_DIR "/golden/audiobox.json");
  const auto golden = nlohmann::json::parse(file);
  ASSERT_EQ(golden.at("cases").size(), 7U);
  for (const auto& expected : golden.at("cases")) {
    const auto samples = synthetic_audio(expected.at("samples").get<std::int64_t>());
    const auto found = score(*predictor, samples);
    ASSERT_EQ(found.size(), 4U);
    for (std::size_t axis = 0; axis < 4; ++axis)
      EXPECT_NEAR(found[axis], expected.at("scores").at(predictor->axes()[axis].name).get<double>(), 2e-5)
          << samples.size() << ' ' << predictor->axes()[axis].name;
    const auto pooled =
        layers->encode(std::span(samples).first(std::min<std::size_t>(samples.size(), 160000)));
    const auto expected_pooled = expected.at("pooled_layers").get<std::vector<double>>();
    ASSERT_EQ(pooled.size(), expected_pooled.size());
    for (std::size_t i = 0; i < pooled.size(); ++i)
      EXPECT_NEAR(pooled[i], expected_pooled[i], 2e-5) << samples.size() << ' ' << i;
  }
}

class AudioboxRefusal : public ::testing::Test {
 protected:
  std::string message() const {
    return message_of<CheckpointError>([&] { open_predictor(folder_.path()); });
  }
  std::string message_for(const io::StateDict& state) const {
    write_hugging_face_folder(folder_.path(), state);
    return message();
  }
  std::string message_for(const nlohmann::ordered_json& settings) const {
    write_hugging_face_folder(folder_.path(), small_audiobox_state(), settings);
    return message();
  }

  testing::TemporaryFolder folder_;
};

TEST_F(AudioboxRefusal, NamesAMissingAxis) {
  auto state = small_audiobox_state();
  std::erase_if(state, [](const auto& entry) { return entry.first.find(".PC") != std::string::npos; });
  EXPECT_THAT(message_for(state), AllOf(HasSubstr("model.safetensors"), HasSubstr("layer_weights.PC"),
                                        HasSubstr("proj_layer.PC.0")));
  auto settings = small_audiobox_settings();
  settings["target_transform"].erase("CU");
  EXPECT_THAT(message_for(settings), AllOf(HasSubstr("config.json: target_transform"), HasSubstr("CU")));
}

TEST_F(AudioboxRefusal, NamesATensorOfAnotherShapeOrType) {
  for (const char* name : {"wavlm_model.encoder.layers.1.fc1.weight", "proj_layer.CE.0.weight",
                           "layer_weights.PQ", "wavlm_model.feature_extractor.conv_layers.3.0.weight"}) {
    auto state = small_audiobox_state();
    state[name] = at::zeros(state[name].sizes().vec(), at::kFloat).repeat_interleave(2, 0);
    const std::string said = message_for(state);
    const std::string_view own = std::string_view(name).substr(std::string_view(name).find('.') + 1);
    EXPECT_THAT(said, AllOf(HasSubstr("model.safetensors"), HasSubstr(own), HasSubstr("expected")));
  }
  auto state = small_audiobox_state();
  state["proj_layer.PQ.4.bias"] = state["proj_layer.PQ.4.bias"].to(at::kDouble);
  EXPECT_THAT(message_for(state), HasSubstr("proj_layer.PQ.4.bias"));
}

TEST_F(AudioboxRefusal, NamesASettingThatContradictsTheTensors) {
  const auto with = [](const char* key, const nlohmann::ordered_json& value) {
    auto settings = small_audiobox_settings();
    settings[key] = value;
    return settings;
  };
  EXPECT_THAT(message_for(with("proj_num_layer", 4)), HasSubstr("proj_layer.CE.9.weight"));
  EXPECT_THAT(message_for(with("proj_num_layer", 2)), HasSubstr("proj_layer.CE.6"));
  EXPECT_THAT(message_for(with("proj_ln", false)), HasSubstr("proj_layer.CE."));
  EXPECT_THAT(message_for(with("use_weighted_layer_sum", false)), HasSubstr("layer_weights.CE"));
  EXPECT_THAT(message_for(with("nth_layer", 13)), AllOf(HasSubstr("13"), HasSubstr("3")));
  EXPECT_THAT(message_for(with("output_dim", 2)), HasSubstr("output_dim: expected 1"));
  EXPECT_THAT(message_for(with("proj_act_fn", "sine")), HasSubstr("proj_act_fn"));
}

TEST_F(AudioboxRefusal, NamesAFileCutShort) {
  const auto weights = write_hugging_face_folder(folder_.path());
  std::filesystem::resize_file(weights, std::filesystem::file_size(weights) - 100);
  EXPECT_THAT(message(), HasSubstr("model.safetensors"));
  std::filesystem::resize_file(weights, 4);
  EXPECT_THAT(message(), HasSubstr("model.safetensors"));
}

// qamro's folder also states the encoder's sizes.
TEST_F(AudioboxRefusal, NamesAnEncoderConfigThatContradictsTheTensors) {
  write_hugging_face_folder(folder_.path() / "published");
  const auto published =
      describe_audiobox_file(WeightsFile(folder_.path() / "published" / "model.safetensors"));
  save_audiobox_model(folder_.path(), load_audiobox_model(published));
  EXPECT_THAT(message(), Not(HasSubstr(":")));  // no exception
  const std::string document = testing::read_bytes(folder_.path() / "model.json");
  for (const auto& [from, to] :
       {std::pair("\"encoder_embed_dim\": 24", "\"encoder_embed_dim\": 48"),
        std::pair("\"encoder_layers\": 2", "\"encoder_layers\": 3"),
        std::pair("\"encoder_attention_heads\": 4", "\"encoder_attention_heads\": 8"),
        std::pair("\"conv_pos\": 128", "\"conv_pos\": 64")}) {
    std::string changed = document;
    ASSERT_NE(changed.find(from), std::string::npos) << from;
    changed.replace(changed.find(from), std::string_view(from).size(), to);
    folder_.write("model.json", changed);
    EXPECT_THAT(message(), AllOf(HasSubstr(folder_.path().string()), HasSubstr("expected"))) << to;
  }
}

}  // namespace
}  // namespace qamro::models
