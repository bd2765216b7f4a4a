#include "qamro/report/clips.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "io/temporary_folder.h"

namespace qamro::report {
namespace {

namespace fs = std::filesystem;

const std::string kWave = std::string("RIFF\x24\0\0\0WAVEfmt ", 16);

class AudioSourceTest : public ::testing::Test {
 protected:
  AudioOptions options(AudioMode mode) {
    AudioOptions options;
    options.mode = mode;
    options.report_folder = folder_ / "reports";
    options.roots = {folder_ / "elsewhere", folder_};
    return options;
  }

  testing::TemporaryFolder temporary_;
  fs::path folder_ = temporary_.path();
};

TEST_F(AudioSourceTest, LinksRelativeToTheReport) {
  temporary_.write("a b/1.wav", kWave);
  const AudioOptions how = options(AudioMode::kLink);
  AudioSources sources(how);
  EXPECT_EQ(sources.source("a b/1.wav"), "./../a%20b/1.wav");
  EXPECT_EQ(sources.source((folder_ / "a b/1.wav").string()), "./../a%20b/1.wav");
  EXPECT_EQ(sources.source("a b/1"), "./../a%20b/1.wav");       // a list without endings
  EXPECT_EQ(sources.source("a b/1.flac"), "./../a%20b/1.wav");  // converted since
}

TEST_F(AudioSourceTest, EmbedsTheBytes) {
  temporary_.write("1.wav", kWave);
  const AudioOptions how = options(AudioMode::kEmbed);
  AudioSources sources(how);
  EXPECT_EQ(sources.source("1.wav"), "data:audio/wav;base64,UklGRiQAAABXQVZFZm10IA==");
  EXPECT_EQ(sources.too_large(), 0u);
}

TEST_F(AudioSourceTest, LinksWhatIsTooLargeToEmbed) {
  temporary_.write("1.wav", kWave);
  temporary_.write("2.wav", kWave);
  temporary_.write("3.wav", kWave.substr(0, 12));
  AudioOptions how = options(AudioMode::kEmbed);
  how.max_bytes = 16 + 12;
  AudioSources sources(how);
  EXPECT_TRUE(sources.source("1.wav")->starts_with("data:"));
  EXPECT_EQ(sources.source("2.wav"), "./../2.wav");
  EXPECT_TRUE(sources.source("3.wav")->starts_with("data:"));
  EXPECT_EQ(sources.too_large(), 1u);
}

TEST_F(AudioSourceTest, WhatIsNoSoundFileStaysWhereItIs) {
  temporary_.write("secret.wav", "root:x:0:0:root:/root:/bin/bash\n");
  temporary_.write("page.wav", "<script>alert(1)</script>");
  temporary_.write("empty.wav", "");
  const AudioOptions how = options(AudioMode::kEmbed);
  AudioSources sources(how);
  for (const char* key :
       {"secret.wav", "page.wav", "empty.wav", "none.wav", "/etc/passwd", "../../../../etc/passwd", "", "."})
    EXPECT_EQ(sources.source(key), std::nullopt) << key;
}

TEST_F(AudioSourceTest, NoneMeansNone) {
  temporary_.write("1.wav", kWave);
  const AudioOptions how = options(AudioMode::kNone);
  EXPECT_EQ(AudioSources(how).source("1.wav"), std::nullopt);
}

TEST(SoundType, IsToldByTheFirstBytes) {
  EXPECT_EQ(sound_type("fLaC\0\0\0\0"), "audio/flac");
  EXPECT_EQ(sound_type("OggS"), "audio/ogg");
  EXPECT_EQ(sound_type("ID3\3"), "audio/mpeg");
  EXPECT_EQ(sound_type("RIFFxxxxAVI "), std::nullopt);
  EXPECT_EQ(sound_type("RIFF"), std::nullopt);
  EXPECT_EQ(sound_type(""), std::nullopt);
}

}  // namespace
}  // namespace qamro::report
