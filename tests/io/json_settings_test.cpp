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

TEST(JsonSettings, GivesNumbersOfARange) {
  const Json json = Json::parse(R"({"n": 5, "x": 0.5, "one": 1, "five": 5.0, "yes": true, 
      "large": 18446744073709551615, "sizes": [1, 2], "half": [1, 0.5], "scale": [1, 5.5], "object": {}})");
  const JsonSettings settings(json, "f");
  const auto refusal = [](const auto& action) { return message_of<CheckpointError>(action); };
  EXPECT_EQ(settings.required_in_range("n", 5, 5), 5);
  EXPECT_EQ(settings.optional_in_range("none", 5, 6, 7), 7);
  EXPECT_EQ(refusal([&] { settings.required_in_range("n", 1, 4); }),
            "f: n: expected a whole number from 1 to 4, got 5");
  EXPECT_EQ(refusal([&] { settings.optional_in_range("n", 6, 9, 7); }),
            "f: n: expected a whole number from 6 to 9, got 5");
  for (const char* key : {"x", "five", "yes", "large", "sizes", "object", "absent"})
    EXPECT_NE(refusal([&] { settings.required_in_range(key, INT64_MIN, INT64_MAX); }), "no exception") << key;
  const NumberRange rate{0, 1, false, true};
  EXPECT_EQ(settings.required_in_range("x", rate), 0.5);
  EXPECT_EQ(settings.required_in_range("one", {0, 1}), 1.0);
  EXPECT_EQ(refusal([&] { settings.required_in_range("one", rate); }),
            "f: one: expected a number in [0, 1), got 1");
  EXPECT_EQ(refusal([&] {
              settings.required_in_range("x", {0.5, 1, true});
            }),
            "f: x: expected a number in (0.5, 1], got 0.5");
  EXPECT_NE(refusal([&] { settings.required_in_range("yes", rate); }), "no exception");
  EXPECT_EQ(settings.required_list("sizes", 2, 1, 2), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(refusal([&] { settings.required_list("sizes", 3, 1, 2); }),
            "f: sizes: expected a list of 3 whole numbers from 1 to 2, got [1,2]");
  EXPECT_NE(refusal([&] { settings.required_list("sizes", 2, 1, 1); }), "no exception");
  EXPECT_NE(refusal([&] { settings.required_list("half", 2, 0, 2); }), "no exception");
  EXPECT_EQ(settings.required_interval("scale", 10, 1e-6), (std::array{1.0, 5.5}));
  EXPECT_EQ(refusal([&] { settings.required_interval("half", 10, 1e-6); }),
            "f: half: expected [low, high] from -10 to 10, 1e-06 or more apart, got [1,0.5]");
  EXPECT_NE(refusal([&] { settings.required_interval("scale", 5, 1e-6); }), "no exception");
  EXPECT_NE(refusal([&] { settings.required_interval("scale", 10, 5); }), "no exception");
}

TEST(JsonSettings, NamesTheEntriesOfAList) {
  const Json json = Json::parse(R"({"axes": [{"n": 1}, {"n": 2}], "wrong": [{}, 3], "object": {}})");
  const JsonSettings settings(json, "f");
  ASSERT_EQ(settings.entries("axes").size(), 2U);
  EXPECT_EQ(settings.entries("axes")[1].required<std::int64_t>("n"), 2);
  EXPECT_EQ(message_of<CheckpointError>([&] { settings.entries("axes")[1].required<bool>("n"); }),
            "f: axes[1]: n: expected true or false, got 2");
  EXPECT_EQ(message_of<CheckpointError>([&] { settings.entries("wrong"); }),
            "f: wrong[1]: expected settings by name, got number");
  EXPECT_EQ(message_of<CheckpointError>([&] { settings.entries("object"); }),
            "f: object: expected a list, got {}");
}

}  // namespace
}  // namespace qamro::io
