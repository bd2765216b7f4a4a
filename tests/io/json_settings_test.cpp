#include "qamro/io/json_reader.h"

#include <gmock/gmock.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using Json = nlohmann::ordered_json;
using testing::message_of;

const Json kJson = Json::parse(R"({"flag": true, "count": -3, "rate": 0.5, "name": "x", "none": null,
    "large": 18446744073709551615, "part": {"inner": 1}, "list": [1]})");

TEST(JsonSettings, GivesValuesOfTheirType) {
  const JsonSettings settings(kJson, "f");
  EXPECT_TRUE(settings.required<bool>("flag"));
  EXPECT_EQ(settings.required<std::int64_t>("count"), -3);
  EXPECT_EQ(settings.required<double>("rate"), 0.5);
  EXPECT_EQ(settings.required<double>("count"), -3.0);
  EXPECT_EQ(settings.required<std::string>("name"), "x");
  EXPECT_EQ(settings.optional<std::int64_t>("absent", 7), 7);
  EXPECT_EQ(settings.optional<std::int64_t>("count", 7), -3);
  EXPECT_EQ(settings.part("part").required<std::int64_t>("inner"), 1);
}

TEST(JsonSettings, NamesKeyAndValueThatDoNotFit) {
  const JsonSettings settings(kJson, "f.json");
  const auto refusal = [](const auto& action) { return message_of<CheckpointError>(action); };
  EXPECT_EQ(refusal([&] { settings.required<bool>("count"); }),
            "f.json: count: expected true or false, got -3");
  EXPECT_EQ(refusal([&] { settings.required<std::int64_t>("rate"); }),
            "f.json: rate: expected a whole number, got 0.5");
  EXPECT_EQ(refusal([&] { settings.required<std::int64_t>("large"); }),
            "f.json: large: expected a whole number, got 18446744073709551615");
  EXPECT_EQ(refusal([&] { settings.required<std::int64_t>("flag"); }),
            "f.json: flag: expected a whole number, got true");
  EXPECT_EQ(refusal([&] { settings.required<double>("name"); }),
            "f.json: name: expected a finite number, got \"x\"");
  EXPECT_EQ(refusal([&] { settings.required<std::string>("none"); }),
            "f.json: none: expected a string, got null");
  EXPECT_EQ(refusal([&] { settings.optional<std::string>("list", ""); }),
            "f.json: list: expected a string, got [1]");
  EXPECT_EQ(refusal([&] { settings.required<bool>("absent"); }), "f.json: key 'absent' is missing");
  EXPECT_EQ(refusal([&] { settings.part("part").required<bool>("inner"); }),
            "f.json: part: inner: expected true or false, got 1");
  EXPECT_EQ(refusal([&] { settings.part("list"); }), "f.json: list: expected settings by name, got array");
  const Json infinite = {{"rate", std::numeric_limits<double>::infinity()}};
  EXPECT_NE(refusal([&] { JsonSettings(infinite, "f").required<double>("rate"); }), "no exception");
}

}  // namespace
}  // namespace qamro::io
