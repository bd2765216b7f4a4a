#include "qamro/io/state_dict.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using ::testing::HasSubstr;
using testing::message_of;

TEST(ExpectTensor, NamesFileTensorAndShapes) {
  const StateDict state = {{"x.weight", at::zeros({64, 1, 3, 3})}};
  EXPECT_EQ(expect_tensor(state, "x.weight", {64, 1, 3, 3}, "m").numel(), 576);
  EXPECT_EQ(message_of<CheckpointError>([&] {
              expect_tensor(state, "x.weight", {64, 2, 3, 3}, "m.safetensors");
            }),
            "m.safetensors: tensor 'x.weight': expected [64, 2, 3, 3], got [64, 1, 3, 3]");
  EXPECT_EQ(message_of<CheckpointError>([&] { expect_tensor(state, "y", {}, "m.safetensors"); }),
            "m.safetensors: tensor 'y': expected [], got none of that name");
}

TEST(ExpectTensors, NamesAllFaultsAtOnce) {
  const StateDict state = {{"a", at::zeros({2})}, {"b", at::zeros({3})}, {"extra", at::zeros({1})}};
  EXPECT_NO_THROW(expect_tensors(state, {{"a", {2}}, {"b", {3}}, {"extra", {1}}}, "m"));
  EXPECT_EQ(
      message_of<CheckpointError>([&] {
        expect_tensors(state, {{"a", {2}}, {"b", {4}}, {"c", {5, 6}}}, "m.pt");
      }),
      "m.pt: missing tensors: 'c' [5, 6]. tensor 'b': expected [4], got [3]. unexpected tensors: 'extra' [1]");
}

TEST(ExpectTensors, ShortensLongLists) {
  TensorShapes many;
  for (int i = 0; i < 100; ++i) many["t" + std::to_string(i)] = {1};
  EXPECT_THAT(message_of<CheckpointError>([&] { expect_tensors({}, many, "m.pt"); }),
              HasSubstr("; and 92 more"));
}

TEST(TakePrefix, TakesAndShortensNames) {
  const StateDict state = {
      {"a", at::zeros({1})}, {"m.x", at::zeros({1})}, {"m.y.z", at::zeros({1})}, {"mm", at::zeros({1})}};
  const StateDict part = take_prefix(state, "m.");
  ASSERT_EQ(part.size(), 2U);
  EXPECT_TRUE(part.contains("x"));
  EXPECT_TRUE(part.contains("y.z"));
  EXPECT_EQ(take_prefix(state, "").size(), 4U);
}

}  // namespace
}  // namespace qamro::io
