#include "qamro/embeddings/embedding_file.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/io/safetensors.h"

namespace qamro::embeddings {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two clips, of two windows and of one.
ClipEmbeddings by_window() {
  ClipEmbeddings clips;
  clips.dimension = 4;
  clips.is_by_window = true;
  clips.paths = {"a.wav", "b \"\xC3\xA9\".wav"};
  clips.systems = {"s1", ""};
  clips.values = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  clips.windows = {2, 1};
  clips.valid_samples = {160000, 4000, 9};
  return clips;
}

EmbeddingSource source_of(const std::string& layout) {
  EmbeddingSource source;
  source.encoder = {"model", "0123", layout, 48000, "first"};
  source.precision = "bf16";
  return source;
}

TEST(EmbeddingFile, WindowsComeBackAsTheyWereWritten) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "e.safetensors";
  EmbeddingSource source = source_of("pooled_layers");
  source.layers = 2;
  const ClipEmbeddings clips = by_window();
  write_embeddings(file, clips, source);
  const EmbeddingSet set = EmbeddingSet::load(file);
  EXPECT_EQ(set.paths, clips.paths);
  EXPECT_TRUE(at::equal(set.embedding, at::arange(1, 13, at::kFloat).view({3, 4})));
  EXPECT_THAT(set.windows.first, ElementsAre(0, 2, 3));
  EXPECT_THAT(set.windows.weight, ElementsAre(160000, 4000, 9));
  EXPECT_EQ(set.source.encoder, source.encoder);
  EXPECT_EQ(set.source.precision, "bf16");
  EXPECT_EQ(set.source.layers, 2);
  EXPECT_EQ(set.source.audio_policy, "");
}

TEST(EmbeddingFile, ClipsComeBackAsTheyWereWritten) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "e.safetensors";
  ClipEmbeddings clips = by_window();
  clips.is_by_window = false;
  clips.dimension = 6;
  EmbeddingSource source = source_of("audio+text");
  source.audio_policy = "published";
  write_embeddings(file, clips, source);
  const EmbeddingSet set = EmbeddingSet::load(file);
  EXPECT_TRUE(at::equal(set.embedding, at::arange(1, 13, at::kFloat).view({2, 6})));
  EXPECT_TRUE(set.windows.empty());
  EXPECT_EQ(set.source.encoder, source.encoder);
  EXPECT_EQ(set.source.audio_policy, "published");
}

// Files that lie on disks already, and other programs, know these names.
TEST(EmbeddingFile, NamesStayAsTheyAre) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "e.safetensors";
  EmbeddingSource source = source_of("pooled_layers");
  source.layers = 2;
  source.audio_policy = "correct";
  write_embeddings(file, by_window(), source, {{"experiment_digest", "42"}});
  io::Metadata metadata = io::read_safetensors_metadata(file);
  EXPECT_NE(metadata.extract("qamro_version").mapped(), "");
  EXPECT_EQ(metadata, (io::Metadata{{"paths", "[\"a.wav\",\"b \\\"\xC3\xA9\\\".wav\"]"},
                                    {"systems", R"(["s1",""])"},
                                    {"model", "model"},
                                    {"model_sha256", "0123"},
                                    {"embedding_layout", "pooled_layers"},
                                    {"sample_rate_hz", "48000"},
                                    {"mono_policy", "first"},
                                    {"precision", "bf16"},
                                    {"layers", "2"},
                                    {"audio_policy", "correct"},
                                    {"experiment_digest", "42"}}));
  const io::StateDict tensors = io::load_safetensors(file);
  EXPECT_EQ(tensors.size(), 3U);
  EXPECT_EQ(tensors.at("embedding").sizes(), (std::vector<std::int64_t>{3, 4}));
  EXPECT_TRUE(at::equal(tensors.at("windows"), at::tensor({2, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(tensors.at("valid_samples"), at::tensor({160000, 4000, 9}, at::kLong)));
}

TEST(EmbeddingFile, PartsJoinToTheWhole) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "part.safetensors";
  ClipEmbeddings all, part;
  all.append(by_window());
  write_part(file, by_window(), {{"digest", "7"}});
  read_part(file, part);
  EXPECT_THAT(part.paths, IsEmpty());
  all.append(part);
  EXPECT_EQ(all.dimension, 4);
  EXPECT_TRUE(all.is_by_window);
  EXPECT_EQ(all.rows(), 6);
  EXPECT_EQ(std::vector<float>(all.values.begin() + 12, all.values.end()), by_window().values);
  EXPECT_THAT(all.windows, ElementsAre(2, 1, 2, 1));
  EXPECT_THAT(all.valid_samples, ElementsAre(160000, 4000, 9, 160000, 4000, 9));
  EXPECT_EQ(io::read_safetensors_metadata(file), (io::Metadata{{"digest", "7"}}));
  io::save_safetensors(file, {{"other", at::ones({1})}});
  EXPECT_THAT(testing::message_of<CheckpointError>([&] { read_part(file, part); }),
              HasSubstr("expected a tensor 'embedding'"));
}

TEST(EmbeddingFile, ReadsWindowsAndRefusesThoseThatDoNotFit) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "e.safetensors";
  const auto load = [&](const at::Tensor& windows, const at::Tensor& samples, const std::string& layers) {
    io::save_safetensors(file,
                         {{"embedding", at::linspace(-1, 1, 3 * 24).reshape({3, 24})},
                          {"windows", windows},
                          {"valid_samples", samples}},
                         {{"paths", R"(["a", "b"])"},
                          {"model", "m"},
                          {"layers", layers},
                          {"embedding_layout", "pooled_layers"}});
    return EmbeddingSet::load(file);
  };
  const at::Tensor counts = at::tensor({2, 1}, at::kLong), samples = at::tensor({9, 4, 7}, at::kLong);
  const EmbeddingSet set = load(counts, samples, "3");
  EXPECT_THAT(set.windows.first, ElementsAre(0, 2, 3));
  EXPECT_THAT(set.windows.weight, ElementsAre(9, 4, 7));
  EXPECT_EQ(set.source.layers, 3);
  const auto refusal = [&](const at::Tensor& windows, const at::Tensor& valid, const std::string& layers) {
    return testing::message_of<CheckpointError>([&] { load(windows, valid, layers); });
  };
  EXPECT_THAT(refusal(at::tensor({2, 2}, at::kLong), samples, "3"),
              HasSubstr("'valid_samples': expected int64 [4]"));
  EXPECT_THAT(refusal(at::tensor({3, 0}, at::kLong), samples, "3"),
              HasSubstr("'windows': expected numbers of 1"));
  EXPECT_THAT(refusal(counts, at::tensor({1.0F, 1.0F, 1.0F}), "3"),
              HasSubstr("'valid_samples': expected int64"));
  EXPECT_THAT(refusal(counts, samples, "7"), HasSubstr("layers: expected a number that divides"));
}

TEST(EmbeddingFile, TheDigestsOfItsClipsComeBack) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "e.safetensors";
  ClipEmbeddings clips = by_window();
  clips.digests = {{sha256_hex("file"), sha256_hex("samples")}, {"", sha256_hex("other")}};
  write_embeddings(file, clips, source_of("pooled_layers"));
  EXPECT_EQ(EmbeddingSet::load(file).digests, clips.digests);
  EXPECT_EQ(io::load_safetensors(file).at("audio_sha256").sizes(), (std::vector<std::int64_t>{2, 2, 32}));
  write_embeddings(file, by_window(), source_of("pooled_layers"));
  EXPECT_THAT(EmbeddingSet::load(file).digests, IsEmpty());

  ClipEmbeddings all = by_window(), part;  // as if an older version had begun
  write_part(file, clips, {});
  read_part(file, part);
  part.paths = {"c.wav", "d.wav"};
  all.append(part);
  EXPECT_THAT(all.digests,
              ElementsAre(data::ClipDigests(), data::ClipDigests(), clips.digests[0], clips.digests[1]));
  part.append(by_window());
  EXPECT_THAT(part.digests,
              ElementsAre(clips.digests[0], clips.digests[1], data::ClipDigests(), data::ClipDigests()));
}

TEST(EmbeddingFile, RefusesDigestsThatDoNotFit) {
  const testing::TemporaryFolder folder;
  const auto file = folder.path() / "e.safetensors";
  const auto refusal = [&](const at::Tensor& digests) {
    io::save_safetensors(file, {{"embedding", at::ones({2, 3})}, {"audio_sha256", digests}},
                         {{"paths", R"(["a", "b"])"}});
    return testing::message_of<CheckpointError>([&] { EmbeddingSet::load(file); });
  };
  EXPECT_THAT(refusal(at::zeros({1, 2, 32}, at::kByte)),
              HasSubstr("'audio_sha256': expected uint8 [2, 2, 32], got Byte [1, 2, 32]"));
  EXPECT_THAT(refusal(at::zeros({2, 2, 32}, at::kChar)), HasSubstr("got Char [2, 2, 32]"));
  EXPECT_EQ(refusal(at::zeros({2, 2, 32}, at::kByte)), "no exception");
}

}  // namespace
}  // namespace qamro::embeddings
