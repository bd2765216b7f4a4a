#include "qamro/core/processor.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <string>

#include "qamro/core/error.h"

namespace qamro {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Processor, NamesAreReadAsTheyAreWritten) {
  for (const auto& [tier, name] : enum_names(Tier())) {
    EXPECT_EQ(value_named<Tier>(name_of(tier)), tier);
    for (const bool is_plain : {false, true}) {
      const Processor processor = {tier, is_plain};
      EXPECT_EQ(parse_processor(to_string(processor), Tier::amx_int8), processor);
    }
  }
  EXPECT_EQ(to_string({Tier::avx512_bf16, true}), "plain:avx512-bf16");
  EXPECT_EQ(value_named<Tier>("avx512_bf16"), std::nullopt);
}

TEST(Processor, StaysBelowItsOwnTier) {
  EXPECT_EQ(parse_processor("avx2", Tier::avx2).tier, Tier::avx2);
  EXPECT_EQ(parse_processor("portable", Tier::avx2).tier, Tier::portable);
  EXPECT_THAT([] { parse_processor("avx512", Tier::avx2); },
              ThrowsMessage<InvalidInput>(HasSubstr("expected at most avx2")));
  EXPECT_TRUE(parse_processor("plain:amx-int8", Tier::portable).is_plain);
}

TEST(Processor, RefusesOtherNames) {
  for (const char* text : {"sse2", "", "plain:", "plain:sse2", "AVX2", "avx2 "})
    EXPECT_THAT([&] { parse_processor(text, Tier::amx_int8); },
                ThrowsMessage<InvalidInput>(HasSubstr("avx512-vnni")))
        << text;
}

#if defined(__x86_64__)
// Compares with what the compiler's own functions say about the processor.
TEST(Processor, HighestTierIsTheProcessors) {
  __builtin_cpu_init();
  const Tier highest = highest_tier();
  EXPECT_EQ(highest >= Tier::avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
  EXPECT_EQ(highest >= Tier::avx512,
            __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"));
  EXPECT_EQ(highest >= Tier::avx512_vnni, __builtin_cpu_supports("avx512vnni") != 0);
  EXPECT_EQ(highest >= Tier::avx512_bf16, __builtin_cpu_supports("avx512bf16") != 0);
}
#endif

TEST(Processor, ObeysTheEnvironment) {
  const char* text = std::getenv("QAMRO_CPU");
  if (text == nullptr)
    EXPECT_EQ(processor(), (Processor{highest_tier(), false}));
  else
    EXPECT_EQ(to_string(processor()), text);
}

}  // namespace
}  // namespace qamro
