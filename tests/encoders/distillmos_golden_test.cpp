// tests/golden/distillmos.json pins the distillmos package's scores on synthetic audio; changing one changes
// what every user sees.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "encoders/synthetic_audio.h"
#include "qamro/encoders/distillmos/module.h"
#include "qamro/encoders/distillmos/packed.h"
#include "qamro/io/torch_checkpoint.h"

namespace qamro::encoders::distillmos {
namespace {

std::filesystem::path weights_path() {
  const char* models = std::getenv("QAMRO_MODELS");
  const std::filesystem::path folder = models ? models : QAMRO_SOURCE_DIR "/models";
  return folder / "distill-mos" / "distill_mos_v7.pt";
}

using ::qamro::testing::synthetic_audio;

class DistillMosGolden : public ::testing::Test {
 protected:
  using Forward = std::function<DistillMosOutput(const at::Tensor&)>;

  void SetUp() override {
    if (!std::filesystem::exists(weights_path()))
      GTEST_SKIP() << "no weights at " << weights_path() << " (make setup fetches them)";
    module_ = module_from_state_dict(io::load_state_dict(weights_path()), weights_path().string());
  }

  static void compare(const Forward& forward, double mos_tolerance, double pooled_tolerance) {
    const at::NoGradGuard no_grad;
    std::ifstream file(QAMRO_TEST_DIR "/golden/distillmos.json");
    const nlohmann::json golden = nlohmann::json::parse(file);
    ASSERT_EQ(golden.at("cases").size(), 5U);
    for (const nlohmann::json& expected : golden.at("cases")) {
      const auto samples = expected.at("samples").get<std::int64_t>();
      const DistillMosOutput found = forward(pad_to_window(synthetic_audio(samples)));
      EXPECT_NEAR(found.mos.item<double>(), expected.at("mos").get<double>(), mos_tolerance) << samples;
      const auto pooled = expected.at("pooled").get<std::vector<double>>();
      ASSERT_EQ(found.pooled.sizes(), at::IntArrayRef({1, static_cast<std::int64_t>(pooled.size())}));
      for (std::size_t i = 0; i < pooled.size(); ++i)
        EXPECT_NEAR(found.pooled[0][static_cast<std::int64_t>(i)].item<double>(), pooled[i], pooled_tolerance)
            << samples << ' ' << i;
    }
  }

  std::shared_ptr<DistillMosModule> module_;
};

TEST_F(DistillMosGolden, Module) {
  compare([&](const at::Tensor& window) { return module_->forward(window); }, 1e-5, 3e-5);
}

TEST_F(DistillMosGolden, Packed) {
  const PackedDistillMos packed(*module_);
  compare([&](const at::Tensor& window) { return packed.forward(window); }, 1e-5, 3e-5);
}

TEST_F(DistillMosGolden, PackedBfloat16) {
  const PackedDistillMos packed(*module_, nn::Precision::bf16);
  compare([&](const at::Tensor& window) { return packed.forward(window); }, 0.03, 0.1);
}

}  // namespace
}  // namespace qamro::encoders::distillmos
