#include "qamro/io/safetensors.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "io/safetensors_builder.h"
#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using ::testing::HasSubstr;
using testing::make_safetensors;
using testing::message_of;
using testing::read_bytes;

StateDict every_type() {
  const at::Tensor numbers = at::arange(-3, 9, at::kDouble).view({3, 4}) * 0.75;
  return {{"double", numbers},
          {"float", numbers.to(at::kFloat)},
          {"half", numbers.to(at::kHalf)},
          {"bfloat16", numbers.to(at::kBFloat16)},
          {"long", at::arange(5) - (std::int64_t{1} << 40)},
          {"int", at::arange(5, at::kInt) - 3},
          {"short", at::arange(5, at::kShort) - 3},
          {"char", at::arange(5, at::kChar) - 3},
          {"byte", at::arange(251, 256, at::kByte)},
          {"bool", numbers > 1},
          {"scalar", at::scalar_tensor(2.5)},
          {"empty", at::empty({0, 3})},
          {"caf\xC3\xA9 \"quoted\"", at::ones({1, 1, 1, 1, 1})}};
}

void expect_same(const StateDict& got, const StateDict& want) {
  ASSERT_EQ(got.size(), want.size());
  for (const auto& [name, tensor] : want) {
    ASSERT_TRUE(got.contains(name)) << name;
    EXPECT_EQ(got.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(got.at(name).equal(tensor)) << name;
  }
}

TEST(Safetensors, EveryTypeComesBack) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  const Metadata metadata = {{"format", "pt"}, {"note", "caf\xC3\xA9\n"}};
  save_safetensors(path, every_type(), metadata);
  expect_same(load_safetensors(path), every_type());
  EXPECT_EQ(read_safetensors_metadata(path), metadata);
}

TEST(Safetensors, WritesContiguousCopiesOfViews) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  const at::Tensor base = at::arange(24, at::kFloat).view({4, 6});
  const StateDict views = {
      {"transposed", base.t()}, {"row", base[2]}, {"repeated", base.slice(1, 0, 1).expand({4, 3})}};
  save_safetensors(path, views);
  expect_same(load_safetensors(path), views);
  save_safetensors(path, {{"gradient", base.clone().set_requires_grad(true)}});
  EXPECT_FALSE(load_safetensors(path).at("gradient").requires_grad());
}

TEST(Safetensors, EmptyFileOfTensors) {
  const testing::TemporaryFolder folder;
  save_safetensors(folder.path() / "a.safetensors", {});
  EXPECT_TRUE(load_safetensors(folder.path() / "a.safetensors").empty());
  EXPECT_TRUE(read_safetensors_metadata(folder.path() / "a.safetensors").empty());
}

TEST(Safetensors, BytesAreDeterministicSortedAndAligned) {
  const testing::TemporaryFolder folder;
  save_safetensors(folder.path() / "a",
                   {{"c", at::zeros({2}, at::kByte)}, {"b", at::zeros({1})}, {"a", at::zeros({1})}});
  const std::string bytes = read_bytes(folder.path() / "a");
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
      R"("c":{"dtype":"U8","shape":[2],"data_offsets":[8,10]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(bytes, make_safetensors(padded, std::string(10, '\0')));
}

TEST(Safetensors, WritingToATensorLeavesTheFile) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  save_safetensors(path, every_type());
  const std::string before = read_bytes(path);
  {
    StateDict tensors = load_safetensors(path);
    const at::Tensor kept = tensors.at("float");
    tensors.clear();
    kept.fill_(7);  // the remaining tensor keeps the mapping alive
    EXPECT_EQ(kept.sum().item<float>(), 84);
  }
  EXPECT_TRUE(read_bytes(path) == before);
}

TEST(Safetensors, ReadsTensorsThatAreNotAligned) {
  const testing::TemporaryFolder folder;
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("b":{"dtype":"F64","shape":[1],"data_offsets":[1,9]}})";
  const auto path = folder.write(
      "a", make_safetensors(header, std::string("\x05") + std::string("\0\0\0\0\0\0\xF0\x3F", 8)));
  const StateDict tensors = load_safetensors(path);
  EXPECT_EQ(tensors.at("a").item<int>(), 5);
  EXPECT_EQ(tensors.at("b").item<double>(), 1.0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensors.at("b").const_data_ptr()) % 8, 0U);
}

TEST(Safetensors, RefusesToWriteWhatItCouldNotRead) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "a.safetensors";
  EXPECT_THAT(
      message_of<InvalidInput>([&] {
        save_safetensors(path, {{"x", at::zeros({1}, at::kComplexFloat)}});
      }),
      HasSubstr("tensor 'x': expected a type of F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL, got ComplexFloat"));
  EXPECT_THROW(save_safetensors(path, {{"x", at::Tensor()}}), InvalidInput);
  EXPECT_THROW(save_safetensors(path, {{"__metadata__", at::zeros({1})}}), InvalidInput);
  EXPECT_THROW(save_safetensors(path, {{"\xFF", at::zeros({1})}}), InvalidInput);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_THROW(save_safetensors(folder.path() / "none" / "a", {}), FileError);
}

}  // namespace
}  // namespace qamro::io
