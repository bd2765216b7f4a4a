#include "qamro/nn/arithmetic.h"

#include <gtest/gtest.h>

namespace qamro::nn {
namespace {

Arithmetic on(Precision precision, Tier tier) {
  return {precision, Processor{tier, false}};
}

TEST(Arithmetic, Fp32IsFloat32Everywhere) {
  for (const auto& [tier, name] : enum_names(Tier())) {
    const Arithmetic arithmetic = on(Precision::fp32, tier);
    EXPECT_EQ(arithmetic.rows, at::kFloat);
    EXPECT_EQ(arithmetic.linear, ProductKind::fp32);
    EXPECT_EQ(arithmetic.convolution, ProductKind::fp32);
    EXPECT_EQ(arithmetic.other, ProductKind::fp32);
  }
}

TEST(Arithmetic, RowsAreBfloat16WhereTheProcessorMultipliesThem) {
  for (const Precision precision : {Precision::bf16, Precision::int8})
    for (const auto& [tier, name] : enum_names(Tier()))
      EXPECT_EQ(on(precision, tier).rows, tier >= Tier::avx512_bf16 ? at::kBFloat16 : at::kFloat);
}

TEST(Arithmetic, EachTierHasItsProducts) {
  EXPECT_EQ(on(Precision::bf16, Tier::portable).linear, ProductKind::fp32);
  EXPECT_EQ(on(Precision::bf16, Tier::avx2).linear, ProductKind::wide);
  EXPECT_EQ(on(Precision::bf16, Tier::avx2).other, ProductKind::fp32);
  EXPECT_EQ(on(Precision::bf16, Tier::avx512).linear, ProductKind::fp32);
  EXPECT_EQ(on(Precision::bf16, Tier::avx512_bf16).linear, ProductKind::bf16);
  EXPECT_EQ(on(Precision::int8, Tier::avx2), on(Precision::bf16, Tier::avx2));
  EXPECT_EQ(on(Precision::int8, Tier::avx512).linear, ProductKind::fp32);
  EXPECT_EQ(on(Precision::int8, Tier::avx512_vnni).linear, ProductKind::int8);
  EXPECT_EQ(on(Precision::int8, Tier::avx512_vnni).convolution, ProductKind::fp32);
  EXPECT_EQ(on(Precision::int8, Tier::amx_int8).linear, ProductKind::int8);
  EXPECT_EQ(on(Precision::int8, Tier::amx_int8).convolution, ProductKind::bf16);
}

}  // namespace
}  // namespace qamro::nn
