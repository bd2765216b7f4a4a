#include "qamro/data/manifest.h"

#include <gmock/gmock.h>

#include <sstream>

#include "io/temporary_folder.h"

namespace qamro::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Manifest : public ::testing::Test {
 protected:
  std::vector<Clip> read(const std::vector<std::string>& inputs, const std::string& standard_input = "") {
    std::istringstream stream(standard_input);
    return read_manifest(inputs, stream);
  }
  std::string write(const std::string& name, const std::string& content = "") {
    return folder_.write(name, content).string();
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  testing::TemporaryFolder folder_;
};

TEST_F(Manifest, KeepsTheOrderOfInputs) {
  write("dir/b.wav");
  write("dir/a.flac");
  write("z.wav");
  const auto list = write("list.jsonl", R"({"path": "/x/1.wav"})"
                                        "\n");
  const auto clips = read({path("z.wav"), path("dir"), list, "-"}, R"({"path": "/x/2.wav"})");
  ASSERT_EQ(clips.size(), 5U);
  EXPECT_EQ(clips[0].path, path("z.wav"));
  EXPECT_EQ(clips[1].path, path("dir/a.flac"));
  EXPECT_EQ(clips[1].path_as_given, path("dir/a.flac"));
  EXPECT_EQ(clips[2].path, path("dir/b.wav"));
  EXPECT_EQ(clips[3].path, "/x/1.wav");
  EXPECT_EQ(clips[4].path, "/x/2.wav");
  for (const auto& clip : clips) EXPECT_THAT(clip.error, IsEmpty());
}

TEST_F(Manifest, ReadsEveryKeyOfJson) {
  const auto clips = read(
      {"-"},
      R"({"path": "/a.wav", "start_time": 0.5, "end_time": 2, "prompt": "rain", "system": "A", "id": 7, "x": [1]})"
      "\n\n"
      R"({"wav_path": "/b.wav", "sample_id": "s", "system_id": "B", "start_time": null})"
      "\n"
      R"({"key": "k", "data_path": "/c.wav"})");
  ASSERT_EQ(clips.size(), 3U);
  EXPECT_EQ(clips[0].start_seconds, 0.5);
  EXPECT_EQ(clips[0].end_seconds, 2.0);
  EXPECT_EQ(clips[0].prompt, "rain");
  EXPECT_EQ(clips[0].system, "A");
  EXPECT_EQ(clips[0].id, "7");
  EXPECT_EQ(clips[1].path, "/b.wav");
  EXPECT_EQ(clips[1].id, "s");
  EXPECT_EQ(clips[1].system, "B");
  EXPECT_FALSE(clips[1].start_seconds);
  EXPECT_EQ(clips[2].id, "k");
  EXPECT_EQ(clips[2].path, "/c.wav");
}

TEST_F(Manifest, ReadsCsvOfSheetAndTabs) {
  const auto sheet =
      write("sheet.csv",
            "\xEF\xBB\xBFwav_path,score,system_id,sample_id\r\n\"/a,b.wav\",3.5,sys1,s1\r\n/c.wav,,,\r\n");
  const auto tabs = write("tabs.tsv", "path\tend_time\n/d.wav\t1.5\n");
  const auto clips = read({sheet, tabs});
  ASSERT_EQ(clips.size(), 3U);
  EXPECT_EQ(clips[0].path, "/a,b.wav");
  EXPECT_EQ(clips[0].system, "sys1");
  EXPECT_EQ(clips[0].id, "s1");
  EXPECT_FALSE(clips[1].system);
  EXPECT_EQ(clips[2].end_seconds, 1.5);
}

TEST_F(Manifest, RelativePathsAreFoundFromHereOrBesideTheManifest) {
  write("audio/a.wav");
  const auto list = write("list.jsonl", "{\"path\": \"audio/a.wav\"}\n{\"path\": \"audio/none.wav\"}\n");
  auto clips = read({list});
  ASSERT_EQ(clips.size(), 2U);
  EXPECT_EQ(clips[0].path, path("audio/a.wav"));
  EXPECT_EQ(clips[0].path_as_given, "audio/a.wav");
  EXPECT_THAT(clips[1].error, HasSubstr("list.jsonl:2: 'audio/none.wav': no such file, neither relative to"));
  EXPECT_EQ(clips[1].path_as_given, "audio/none.wav");

  // A file in the working directory has priority.
  const auto before = std::filesystem::current_path();
  write("here/audio/a.wav");
  std::filesystem::current_path(path("here"));
  clips = read({list});
  std::filesystem::current_path(before);
  EXPECT_EQ(clips[0].path, "audio/a.wav");
}

TEST_F(Manifest, ABrokenRowKeepsItsPlace) {
  const auto list = write(
      "list.jsonl",
      "{\"path\": \"/a.wav\"}\n{\"path\": \n[1]\n{\"system\": \"A\"}\n{\"path\": \"/e.wav\", \"start_time\": -1}\n"
      "{\"path\": \"/f.wav\", \"start_time\": 2, \"end_time\": 2}\n{\"path\": [\"/g.wav\"]}\n"
      "{\"path\": \"/h.wav\", \"start_time\": \"soon\"}\n{\"path\": \"/i.wav\", \"end_time\": 1e999}\n"
      "{\"path\": \"/z.wav\"}\n");
  const auto clips = read({list});
  ASSERT_EQ(clips.size(), 10U);
  EXPECT_THAT(clips[0].error, IsEmpty());
  EXPECT_THAT(clips[1].error, HasSubstr("list.jsonl:2:10: expected JSON"));
  EXPECT_THAT(clips[2].error, HasSubstr("list.jsonl:3: expected a JSON object, got array"));
  EXPECT_THAT(clips[3].error, HasSubstr("list.jsonl:4: expected a value for 'path'"));
  EXPECT_THAT(clips[4].error, HasSubstr("list.jsonl:5: 'start_time': expected seconds >= 0, got '-1'"));
  EXPECT_EQ(clips[4].path_as_given, "/e.wav");
  EXPECT_THAT(clips[5].error, HasSubstr("expected end_time above start_time, got 2 and 2"));
  EXPECT_THAT(clips[6].error, HasSubstr("'path': expected text or a number, got array"));
  EXPECT_THAT(clips[7].error, HasSubstr("got 'soon'"));
  EXPECT_THAT(clips[8].error, HasSubstr("list.jsonl:9:"));
  EXPECT_THAT(clips[9].error, IsEmpty());
}

TEST_F(Manifest, ABrokenCsvRowKeepsItsPlace) {
  const auto list = write("list.csv", "path,end_time\n/a.wav,1\n/b.wav\n,3\n/c.wav,inf\n/d.wav,1\n");
  const auto clips = read({list});
  ASSERT_EQ(clips.size(), 5U);
  EXPECT_THAT(clips[1].error, HasSubstr("list.csv:3: expected 2 columns, got 1"));
  EXPECT_THAT(clips[2].error, HasSubstr("list.csv:4: expected a value for 'path'"));
  EXPECT_THAT(clips[3].error, HasSubstr("got 'inf' (no number is infinite"));
  EXPECT_THAT(clips[4].error, IsEmpty());
}

TEST_F(Manifest, TimesAreReadAsTheWholeTableWritesThem) {
  const auto times = [&](const std::string& text) {
    std::vector<std::optional<double>> found;
    for (const Clip& clip : read({write("t.csv", text)})) {
      EXPECT_EQ(clip.error, "");
      found.insert(found.end(), {clip.start_seconds, clip.end_seconds});
    }
    return found;
  };
  EXPECT_THAT(times("path;start_time;end_time\n/a.wav;0,5;1,25\n/b.wav;NA;\n/c.wav;-;2\n"),
              ElementsAre(0.5, 1.25, std::nullopt, std::nullopt, std::nullopt, 2));
  EXPECT_THAT(times("path,Start Time,End Time\n/a.wav,0.5,\"1,000.5\"\n/b.wav,None,N/A\n"),
              ElementsAre(0.5, 1000.5, std::nullopt, std::nullopt));
  const auto clips = read({write("u.csv", "path;end_time\n/a.wav;1,500\n/b.wav;x\n/c.wav;1.5\n")});
  EXPECT_THAT(clips[0].error, HasSubstr("u.csv:2: 'end_time': expected seconds >= 0, got '1,500'"));
  EXPECT_THAT(clips[1].error, HasSubstr("u.csv:3: 'end_time': expected seconds >= 0, got 'x'"));
  EXPECT_EQ(clips[2].end_seconds, 1.5);
}

TEST_F(Manifest, AnInputThatCannotBeUsedIsAnErrorAndTheRestGoesOn) {
  std::filesystem::create_directory(path("empty"));
  write("texts/readme.txt");
  const auto clips =
      read({path("none.wav"), path("empty"), path("texts"), path("none.jsonl"), write("none.csv"),
            write("columns.csv", "a,b\n1,2\n"), write("empty.jsonl", "\n"), write("last.wav")});
  ASSERT_EQ(clips.size(), 8U);
  EXPECT_THAT(clips[0].error, HasSubstr("none.wav: no such file or folder"));
  EXPECT_THAT(clips[1].error, HasSubstr("empty: expected a folder with audio files, got one without"));
  EXPECT_THAT(clips[2].error, HasSubstr("texts: expected a folder with audio files"));
  EXPECT_THAT(clips[3].error, HasSubstr("none.jsonl: No such file"));
  EXPECT_THAT(clips[4].error, HasSubstr("none.csv: expected at least one row"));
  EXPECT_THAT(clips[5].error, HasSubstr("columns.csv: expected a column 'path' or 'wav_path'"));
  EXPECT_THAT(clips[6].error, HasSubstr("empty.jsonl: expected at least one row"));
  EXPECT_EQ(clips[7].path, path("last.wav"));
  EXPECT_THAT(clips[7].error, IsEmpty());
  EXPECT_THAT(read({"-"})[0].error, StartsWith("stdin: expected at least one row"));
}

TEST_F(Manifest, APathTooLongToBeOneIsAnError) {
  const auto clips =
      read({"-"}, "{\"path\": \"" + std::string(100'000, 'a') + "\"}\n{\"path\": \"a\\u0000b\"}");
  EXPECT_THAT(clips[0].error, HasSubstr("expected at most 4095 bytes"));
  EXPECT_THAT(clips[1].error, HasSubstr("without NUL"));
}

TEST_F(Manifest, TheManifestsSystemGoesBeforeTheRule) {
  auto clips = read(
      {"-"}, "{\"path\": \"/s1/a.wav\", \"system\": \"A\"}\n{\"path\": \"/s2/b.wav\"}\n{\"path\": 1, \"x\"}");
  apply_system_rule(clips, SystemRule("folder"));
  EXPECT_EQ(clips[0].system, "A");
  EXPECT_EQ(clips[1].system, "s2");
  EXPECT_FALSE(clips[2].system);
}

}  // namespace
}  // namespace qamro::data
