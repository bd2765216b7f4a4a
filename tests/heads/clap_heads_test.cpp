#include "qamro/heads/clap_heads.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "qamro/core/error.h"

namespace qamro::heads {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Heads whose output can be computed by hand: MI = act(2 a₀) ..., TA = act(3 t₀) ....
io::StateDict known_tensors() {
  io::StateDict state;
  const auto add = [&](const std::string& head, std::int64_t inputs, std::int64_t column, double factor) {
    state[head + "1.weight"] = at::zeros({2, inputs});
    state[head + "1.weight"][0][column] = factor;
    state[head + "1.bias"] = at::zeros({2});
    state[head + "2.weight"] = at::ones({3, 2});
    state[head + "2.bias"] = at::tensor({0.0F, 1.0F, -1.0F});
    state[head + "3.weight"] = at::ones({1, 3});
    state[head + "3.bias"] = at::tensor({0.5F});
  };
  add("overall_mlp_layer", 4, 0, 2.0);
  add("textual_mlp_layer", 8, 4, 3.0);
  return state;
}

at::Tensor row(float first) {
  return at::tensor({first, 0.0F, 0.0F, 0.0F}).unsqueeze(0);
}

TEST(ClapHeads, ReadTheAudioAndTheAudioWithItsText) {
  const ClapHeads linear(Activation::kNone, known_tensors(), "file");
  // h = 2a; (h) + (h + 1) + (h - 1) + 0.5
  const auto scores = linear.forward(row(-1), row(2));
  EXPECT_DOUBLE_EQ(scores[0][0].item<double>(), 3 * -2 + 0.5);
  EXPECT_DOUBLE_EQ(scores[0][1].item<double>(), 3 * 6 + 0.5);
  const ClapHeads relu(Activation::kRelu, known_tensors(), "file");
  const auto clipped = relu.forward(row(-1), row(0.1F));
  EXPECT_DOUBLE_EQ(clipped[0][0].item<double>(), 0 + 1 + 0 + 0.5);
  EXPECT_NEAR(clipped[0][1].item<double>(), 0.3 + 1.3 + 0 + 0.5, 1e-6);
  EXPECT_EQ(linear.options().embedding_dim, 4);
  EXPECT_EQ(linear.options().hidden, (std::array<std::int64_t, 2>{2, 3}));
}

TEST(ClapHeads, WithoutTextSayNothingOfAlignment) {
  const ClapHeads heads(Activation::kRelu, known_tensors(), "file");
  const auto scores = heads.forward(row(1), at::Tensor());
  EXPECT_EQ(scores[0][0].item<double>(), heads.forward(row(1), row(3))[0][0].item<double>());
  EXPECT_TRUE(std::isnan(scores[0][1].item<double>()));
}

TEST(ClapHeads, RefuseOtherShapes) {
  const ClapHeads heads(Activation::kRelu, known_tensors(), "file");
  EXPECT_THROW(heads.forward(at::zeros({1, 5}), row(1)), InvalidInput);
  EXPECT_THROW(heads.forward(row(1), at::zeros({1, 5})), InvalidInput);
  EXPECT_THROW(heads.forward(row(1), at::zeros({2, 4})), InvalidInput);
  EXPECT_THROW(heads.forward(at::zeros({4}), row(1)), InvalidInput);
}

TEST(ClapHeads, NameTheTensorThatDoesNotFit) {
  for (const auto& [name, tensor] : known_tensors()) {
    auto state = known_tensors();
    state.erase(name);
    EXPECT_THAT([&] { ClapHeads(Activation::kRelu, state, "p.pt"); },
                ThrowsMessage<CheckpointError>(::testing::AllOf(HasSubstr("p.pt"), HasSubstr(name))));
    state.emplace(name, tensor.to(at::kDouble));
    EXPECT_THAT([&] { ClapHeads(Activation::kRelu, state, "p.pt"); },
                ThrowsMessage<CheckpointError>(HasSubstr(name)));
  }
  auto state = known_tensors();
  state["textual_mlp_layer1.weight"] = at::zeros({2, 4});  // no text
  EXPECT_THAT([&] { ClapHeads(Activation::kRelu, state, "p.pt"); },
              ThrowsMessage<CheckpointError>(HasSubstr("textual_mlp_layer1.weight")));
}

TEST(ClapHeads, StartFromTheSeedAndDrawTheirMasks) {
  const ClapHeadsOptions options{.embedding_dim = 6, .hidden = {5, 4}, .dropout = 0.5};
  const ClapHeads one(options, 3), same(options, 3), other(options, 4);
  ASSERT_EQ(one.named_parameters().size(), 12U);
  for (const auto& [name, tensor] : one.named_parameters())
    EXPECT_TRUE(at::equal(tensor, same.named_parameters().at(name))) << name;
  EXPECT_FALSE(at::equal(one.named_parameters().at("textual_mlp_layer2.weight"),
                         other.named_parameters().at("textual_mlp_layer2.weight")));
  Random random(1);
  const auto masks = one.draw_dropout(7, random);
  const auto audio = at::rand({7, 6}), text = at::rand({7, 6});
  EXPECT_FALSE(at::equal(one.forward(audio, text, masks), one.forward(audio, text)));
  EXPECT_THROW((ClapHeads({.embedding_dim = 0}, 1)), InvalidInput);
  EXPECT_THROW((ClapHeads({.dropout = 1.0}, 1)), InvalidInput);
}

}  // namespace
}  // namespace qamro::heads
