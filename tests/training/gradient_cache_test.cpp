#include "qamro/training/gradient_cache.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "qamro/training/heads_on_embeddings.h"

namespace qamro::training {
namespace {

// Records the clips of the largest call, which decides how much memory is needed.
class CountingHeads : public HeadsOnEmbeddings {
 public:
  using HeadsOnEmbeddings::HeadsOnEmbeddings;
  at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) override {
    largest = std::max(largest, std::ssize(clips));
    return HeadsOnEmbeddings::forward(clips, dropout);
  }
  std::ptrdiff_t largest = 0;
};

struct CacheSetting {
  heads::Heads heads{
      {.input_dim = 6, .hidden = {16, 8}, .dropout = 0.3, .input_dropout = 0.2}, {"a", "b"}, 7};
  at::Tensor inputs = at::linspace(-2, 2, 50 * 6).reshape({50, 6}).sin();
  at::Tensor labels = at::linspace(1, 5, 100).reshape({50, 2}).cos() * 2 + 3;
  CountingHeads model{heads, inputs};
  Objective objective{{{.kind = LossKind::kHuber}, {.kind = LossKind::kRanking, .margin_scale = 0.5}},
                      {{3.0, 1.0}, {3.0, 2.0}}};
  std::vector<std::int64_t> clips = std::vector<std::int64_t>(37);

  CacheSetting() { std::iota(clips.begin(), clips.end(), 5); }
  Objective::Value run(std::int64_t micro_batch) {
    for (const auto& [name, parameter] : heads.named_parameters()) parameter.mutable_grad() = at::Tensor();
    Random random(11);
    const auto masks = model.draw_dropout(std::ssize(clips), random);
    const at::Tensor batch = labels.index_select(0, at::tensor(clips, at::kLong));
    return accumulate_gradients(model, clips, masks, micro_batch,
                                [&](const at::Tensor& pred) { return objective(pred, batch); });
  }
  io::StateDict gradients() const {
    io::StateDict result;
    for (const auto& [name, parameter] : heads.named_parameters()) result.emplace(name, parameter.grad());
    return result;
  }
};

TEST(GradientCache, PartsGiveTheGradientsOfTheWholeBatchWithItsDropout) {
  CacheSetting setting;
  const auto whole_loss = setting.run(0).total.item<double>();
  const io::StateDict whole = setting.gradients();
  EXPECT_EQ(setting.model.largest, 37);
  for (const std::int64_t micro_batch : {1, 5, 8, 36}) {
    setting.model.largest = 0;
    EXPECT_NEAR(setting.run(micro_batch).total.item<double>(), whole_loss, 1e-6 * whole_loss);
    EXPECT_EQ(setting.model.largest, micro_batch);
    for (const auto& [name, gradient] : setting.gradients()) {
      const auto size = whole.at(name).norm().item<double>();
      EXPECT_GT(size, 0.0) << name;
      EXPECT_LE((gradient - whole.at(name)).norm().item<double>(), 1e-6 * size) << name << " " << micro_batch;
    }
  }
}

// Shows why the cache is needed: the mean of the parts' own losses is another loss.
TEST(GradientCache, IsNotGradientAccumulation) {
  CacheSetting setting;
  setting.run(0);
  const io::StateDict whole = setting.gradients();
  for (const auto& [name, parameter] : setting.heads.named_parameters())
    parameter.mutable_grad() = at::Tensor();
  for (std::size_t begin = 0; begin < 36; begin += 12) {
    const std::vector<std::int64_t> part(setting.clips.begin() + static_cast<std::ptrdiff_t>(begin),
                                         setting.clips.begin() + static_cast<std::ptrdiff_t>(begin + 12));
    const at::Tensor batch = setting.labels.index_select(0, at::tensor(part, at::kLong));
    (setting.objective(setting.model.forward(part, {}), batch).total / 3).backward();
  }
  const at::Tensor& weight = whole.at("a.layers.0.weight");
  EXPECT_GT((setting.gradients().at("a.layers.0.weight") - weight).norm().item<double>(),
            1e-2 * weight.norm().item<double>());
}

TEST(GradientCache, PredictsWithoutDropoutInAnyParts) {
  CacheSetting setting;
  const at::Tensor whole = predict(setting.model, setting.clips, 0);
  EXPECT_FALSE(whole.requires_grad());
  EXPECT_EQ(whole.sizes(), at::IntArrayRef({37, 2}));
  EXPECT_TRUE(at::allclose(predict(setting.model, setting.clips, 5), whole, 1e-6, 1e-6));
}

}  // namespace
}  // namespace qamro::training
