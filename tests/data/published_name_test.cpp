#include "qamro/data/published_name.h"

#include <gtest/gtest.h>

#include <string>

namespace qamro::data {
namespace {

PublishedName name(const std::string& text) {
  return published_name(text).value_or(PublishedName{"none", "", "", "", ""});
}

TEST(PublishedName, MusicEvalInEveryWayOfWriting) {
  const PublishedName expected{"S001_P012", "S001", "P012", "", "music"};
  for (const char* text : {"audiomos2025-track1-S001_P012.wav", "S001_P012.wav", "S001_P012",
                           "/data/MusicEval-full/wav/audiomos2025-track1-S001_P012.wav", "a/S001_P012.flac"})
    EXPECT_EQ(name(text), expected) << text;
  for (const char* text : {"S01_P012.wav", "S0011_P012", "S001_P12345", "S001_P012_take2.wav", "S001_012.wav",
                           "xS001_P012.wav", "S001_P012.txt", "S001", "", "/"})
    EXPECT_FALSE(published_name(text)) << text;
}

TEST(PublishedName, Track2) {
  EXPECT_EQ(name("audiomos2025-track2-sys0v1wm-utt0dJodp"),
            (PublishedName{"sys0v1wm-utt0dJodp", "sys0v1wm", "", "", ""}));
  EXPECT_EQ(name("x/sys0v1wm-utt0dJodp.wav").system, "sys0v1wm");
  EXPECT_EQ(name("audiomos2025-track2-audio-unbalanced_a.b c.mp3"), (PublishedName{"", "", "", "", "sound"}));
  EXPECT_EQ(name("audiomos2025-track2-speech-EARS_p001_x").domain, "speech");
  EXPECT_FALSE(published_name("audiomos2025-track2-video-x"));
  EXPECT_FALSE(published_name("sys-utt"));
}

TEST(PublishedName, AesPaths) {
  EXPECT_EQ(name("/your_path/PAM/human_eval/audio/real/x.wav"),
            (PublishedName{"PAM/human_eval/audio/real/x.wav", "audio/real", "", "PAM", "sound"}));
  EXPECT_EQ(name("/mnt/PAM/human_eval/music/real/x.wav").system, "music/real");
  EXPECT_EQ(name("/your_path/MUSDB18/test/A - B/bass.wav"),
            (PublishedName{"MUSDB18/test/A - B/bass.wav", "", "", "MUSDB18", "music"}));
  EXPECT_EQ(name("d/unbalanced_train_segments/audio/-6F.flac").domain, "sound");
  EXPECT_EQ(name("cv-corpus-13.0-2023-03-09/en/x.mp3").domain, "speech");
  EXPECT_FALSE(published_name("LibriTTS"));
  EXPECT_FALSE(published_name("PAM/human_eval/audio.wav"));
  EXPECT_FALSE(published_name(std::string(100000, '/')));
}

}  // namespace
}  // namespace qamro::data
