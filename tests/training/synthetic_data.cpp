#include "training/synthetic_data.h"

#include <ATen/ATen.h>

#include <fstream>

#include "qamro/core/random.h"
#include "qamro/core/sha256.h"

namespace qamro::training {

Dataset linear_dataset(std::int64_t sentences) {
  Random random(17);
  Dataset data;
  const std::int64_t clips = sentences * 4;
  data.embeddings = at::empty({clips, 6}, at::kFloat);
  data.labels = at::empty({clips, 1}, at::kDouble);
  auto embedding = data.embeddings.accessor<float, 2>();
  auto label = data.labels.accessor<double, 2>();
  for (std::int64_t clip = 0; clip < clips; ++clip) {
    const std::string sentence = "s" + std::to_string(clip / 4);
    data.systems.push_back("system" + std::to_string(clip % 4));
    data.groups.push_back(sentence);
    data.paths.push_back(sentence + "/" + data.systems.back() + ".wav");
    for (std::int64_t i = 0; i < 6; ++i)
      embedding[clip][i] = static_cast<float>(random.uniform() + static_cast<double>(i));
    label[clip][0] = 1.5 + 1.5 * embedding[clip][0] + 1.0 * (embedding[clip][1] - 1.0);
  }
  data.baselines = at::empty({clips, 0}, at::kDouble);
  data.encoder = {"distill-mos", "abc", "pooled", 16000, "mean"};
  data.embeddings_sha256 = sha256_hex("embeddings");
  data.labels_sha256 = sha256_hex("labels");
  return data;
}

Recipe small_recipe() {
  Recipe recipe;
  recipe.data.embeddings = "embeddings.safetensors";
  recipe.data.labels = "ratings.csv";
  recipe.split.folds = 4;
  recipe.split.group = "sentence";
  recipe.model.head.hidden = {8, 4};
  recipe.model.head.activation = heads::Activation::kNone;
  recipe.trainer.optimizer.learning_rate = 0.02;
  recipe.trainer.max_epochs = 150;
  recipe.trainer.losses = {{.kind = LossKind::kHuber}, {.kind = LossKind::kRanking}};
  recipe.seeds = {1, 2};
  return recipe;
}

std::string read_file(const std::filesystem::path& path) {
  return testing::read_bytes(path);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
}

}  // namespace qamro::training
