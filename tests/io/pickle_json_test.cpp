#include "qamro/io/pickle_value.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;
using testing::message_of;

PickleValue str(const char* value) {
  return {std::string(value)};
}

TEST(PickleJson, KeepsPlainSettingsAndTheirOrder) {
  const PickleValue value = {
      PickleDict{{{str("z"), {std::int64_t{3}}},
                  {str("a"), {0.5}},
                  {str("flag"), {true}},
                  {str("none"), {std::monostate{}}},
                  {str("list"), {PickleList{{str("x"), {PickleTuple{{{std::int64_t{1}}, {2.0}}}}}}}},
                  {str("dict"), {PickleDict{{{str("k"), str("v")}}}}}}}};
  EXPECT_EQ(to_json(value, "f").dump(),
            R"({"z":3,"a":0.5,"flag":true,"none":null,"list":["x",[1,2.0]],"dict":{"k":"v"}})");
}

TEST(PickleJson, NamesWhatIsNoSetting) {
  const auto refusal = [](PickleValue value) {
    return message_of<CheckpointError>([&] { to_json({PickleList{{std::move(value)}}}, "m.pt: cfg"); });
  };
  EXPECT_EQ(refusal({at::zeros({1})}), "m.pt: cfg: expected plain settings, got tensor");
  EXPECT_THAT(refusal({PickleBytes{"x"}}), HasSubstr("got bytes"));
  EXPECT_THAT(refusal({PickleDict{{{{std::int64_t{1}}, str("v")}}}}),
              HasSubstr("keys that are str, got int"));
}

}  // namespace
}  // namespace qamro::io
