#include "qamro/experiments/experiment_data.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "qamro/core/error.h"
#include "qamro/experiments/experiment_setup.h"

namespace qamro::experiments {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ExperimentDataTest : public ::testing::Test {
 protected:
  ExperimentDataTest() {
    std::string name = (fs::temp_directory_path() / "experiment_data_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~ExperimentDataTest() override { fs::remove_all(folder_); }
  void write(const fs::path& path, const std::string& text) const {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << text;
  }
  template <typename Exception>
  std::string refusal() const {
    try {
      read_experiment_data(folder_);
    } catch (const Exception& error) {
      return error.what();
    }
    return "";
  }

  fs::path folder_;
};

TEST_F(ExperimentDataTest, NeuralCodecsWithoutTheirAnchors) {
  write("ratings_formated_filtered.csv",
        "signal,condition,ratings,participant_ids,file\n"
        "s1,Anchor,\"[1.0]\",\"[1]\",\n"
        "s1,Lyra 3,\"[40.0, 50.0]\",\"[1, 2]\",stim_01/lyra.wav\n"
        "s2,Reference,\"[99.0]\",\"[3]\",stim_02/ref.wav\n");
  write("audio/stim_01/lyra.flac", "");
  const ExperimentData data = read_experiment_data(folder_);
  EXPECT_EQ(data.kind, DataKind::kNeuralCodecs);
  EXPECT_EQ(data.csv(),
            "path,system,sentence,mushra,listeners\n"
            "stim_01/lyra.wav,Lyra 3,s1,45,2\nstim_02/ref.wav,Reference,s2,99,1\n");
  EXPECT_EQ(data.clips[0].path, folder_ / "audio/stim_01/lyra.flac") << "re-encoded";
  EXPECT_EQ(data.clips[0].path_as_given, "stim_01/lyra.wav");
  EXPECT_THAT(data.silent, ElementsAre(1U));
  write("ratings_formated_filtered.csv", "signal,condition,ratings,participant_ids,file\ns,c,good,1,x.wav\n");
  EXPECT_THAT(refusal<InvalidInput>(), HasSubstr("ratings_formated_filtered.csv:2: column 'ratings'"));
}

TEST_F(ExperimentDataTest, MusicEvalWithSystemsPromptsAndSides) {
  write("sets/train_mos_list.txt", "audiomos2025-track1-S004_P001.wav,3.0,2.5\r\n");
  write("sets/dev_mos_list.txt", "S004_P002.wav,4,4\n");
  EXPECT_THAT(refusal<FileError>(), HasSubstr("test_mos_list.txt: not found; get it from MusicEval"));
  write("sets/test_mos_list.txt", "S002_P001.wav,1,5\n");
  write("sets/total_mos_list.txt", "S004_P001.wav,3.0,2.5\nS003_P009.wav,3,3\n");
  write("prompt_info.txt", "id\ttext\nP001\tA slow waltz\n");
  write("wav/S004_P001.wav", "");
  const ExperimentData data = read_experiment_data(folder_);
  EXPECT_EQ(data.csv(),
            "path,system,prompt,split,MI,TA\n"
            "audiomos2025-track1-S004_P001.wav,S004,P001,train,3,2.5\n"
            "S004_P002.wav,S004,P002,validation,4,4\nS002_P001.wav,S002,P001,test,1,5\n")
      << "without the clip of the total list alone";
  EXPECT_EQ(data.clips[0].path, folder_ / "wav/S004_P001.wav") << "without the challenge's prefix";
  EXPECT_EQ(data.clips[0].prompt, "A slow waltz");
  EXPECT_EQ(data.clips[1].prompt, std::nullopt);
  EXPECT_THAT(data.silent, ElementsAre(1U, 2U));
  EXPECT_EQ(data.label_files.size(), 3U);
}

TEST_F(ExperimentDataTest, PromptsMayLieBesideThePackage) {
  for (const char* side : {"train", "dev", "test"})
    write(fmt::format("MusicEval-full/sets/{}_mos_list.txt", side), "S002_P001.wav,1,5\nS001_P001.wav,2,2\n");
  write("prompt_info.txt", "id\ttext\nP001\tA slow waltz\n");
  const auto prompts = [&](const fs::path& folder) {
    std::vector<std::string> found;
    for (const auto& clip : read_experiment_data(folder).clips) found.push_back(clip.prompt.value_or("none"));
    return found;
  };
  EXPECT_EQ(prompts(folder_).front(), "A slow waltz");
  EXPECT_EQ(prompts(folder_ / "MusicEval-full").front(), "A slow waltz");
  EXPECT_EQ(prompts(folder_ / "MusicEval-full" / "").front(), "A slow waltz") << "with a slash at the end";
  write("demo_prompt_info.txt", "id\ttext\nS001_P001.wav\tA demo\n");
  EXPECT_EQ(prompts(folder_)[1], "A demo");
  write("MusicEval-full/prompt_info.txt", "id\ttext\nP001\tA march\n");
  EXPECT_EQ(prompts(folder_).front(), "A march") << "its own file is preferred";
  EXPECT_EQ(prompts(folder_)[1], "A demo") << "each file by itself";
}

TEST_F(ExperimentDataTest, AesNaturalWithRecordings) {
  const std::string header =
      "sample_id,data_path,Production_Quality,Production_Complexity,Content_Enjoyment,Content_Usefulness\n";
  write("audiomos2025-track2-train_list.csv", header + "a,/your_path/MUSDB18/train/song/bass.wav,1,2,3,4\n");
  write("audiomos2025-track2-dev_list.csv", header + "b,/your_path/EARS/p001/x.wav,5,6,7,8\n");
  write("audiomos2025_track2_human_annotations.jsonl",
        R"({"data_path": "audiomos2025-track2-sysabcde-uttabcde", "Production_Quality": [1, 2],)"
        R"( "Production_Complexity": [3, 3], "Content_Enjoyment": [0, 1], "Content_Usefulness": [9, 10]})");
  write("audio/audiomos2025-track2-sysabcde-uttabcde.wav", "");
  const ExperimentData data = read_experiment_data(folder_);
  EXPECT_EQ(data.kind, DataKind::kAesNatural);
  EXPECT_EQ(data.rows[0], (std::vector<std::string>{"MUSDB18/train/song/bass.wav", "", "MUSDB18/song",
                                                    "train", "1", "2", "3", "4"}));
  EXPECT_EQ(data.rows[2][1], "sysabcde");
  EXPECT_EQ(data.rows[2][4], "1.5");
  EXPECT_THAT(data.silent, ElementsAre(0U, 1U));
}

TEST_F(ExperimentDataTest, SaysWhatAFolderHasToHold) {
  EXPECT_THAT(refusal<FileError>(),
              ::testing::AllOf(HasSubstr("got another folder"), HasSubstr("BAAI/MusicEval")));
  fs::remove_all(folder_);
  EXPECT_THAT(refusal<FileError>(), HasSubstr("got no folder"));
}

TEST(RecipeTexts, AreTheExamples) {
  EXPECT_THAT(std::string(recipe_text(DataKind::kNeuralCodecs)), HasSubstr("group = \"sentence\""));
  EXPECT_THAT(std::string(recipe_text(DataKind::kMusicEval)), HasSubstr("axes = [\"MI\", \"TA\"]"));
  EXPECT_THAT(std::string(recipe_text(DataKind::kAesNatural)), HasSubstr("head_kind = \"aesthetics\""));
}

}  // namespace
}  // namespace qamro::experiments
