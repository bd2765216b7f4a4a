#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <random>

#include "io/safetensors_builder.h"
#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/io/safetensors.h"

namespace qamro::io {
namespace {

using ::testing::HasSubstr;
using testing::make_safetensors;
using testing::message_of;

struct HostileSafetensors {
  const char* name;
  std::string file;
  const char* message;
};

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}
std::string one(const std::string& description) {
  return "{\"x\":" + description + "}";
}

const std::string kFour(4, '\0');
const std::string kEight(8, '\0');

std::vector<HostileSafetensors> hostile_files() {
  const std::string good = one(entry("F32", "[2]", "[0,8]"));
  const std::string f4 = entry("F32", "[1]", "[0,4]");
  return {
      {"empty", "", "at least 8 bytes, got 0"},
      {"seven bytes", "1234567", "at least 8 bytes, got 7"},
      {"text", "this is not a tensor file at all", "not a safetensors file?"},
      {"header beyond the file", make_safetensors(good, "").substr(0, 20), "cut short: the header needs"},
      {"huge header", std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF") + good, "at most 100000000 bytes"},
      {"no header", make_safetensors("", kFour), "expected a JSON object"},
      {"header is a list", make_safetensors("[]", ""), "expected a JSON object"},
      {"broken JSON", make_safetensors("{\"x\":", ""), "expected JSON"},
      {"no UTF-8", make_safetensors("{\"\xFF\":1}", ""), "expected JSON"},
      {"deep JSON", make_safetensors("{\"x\":" + std::string(1'000'000, '['), ""), "nested deeper"},
      {"deep in a shape", make_safetensors(one(entry("F32", "[[1]]", "[0,4]")), kFour), "nested deeper"},
      {"one name twice", make_safetensors("{\"x\":" + f4 + ",\"x\":" + f4 + "}", kFour), "'x' appears twice"},
      {"a key twice",
       make_safetensors(R"({"x":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", kFour),
       "'dtype' appears twice"},
      {"no dtype", make_safetensors(R"({"x":{"shape":[1],"data_offsets":[0,4]}})", kFour),
       "tensor 'x': expected exactly"},
      {"one key more",
       make_safetensors(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"y":1}})", kFour),
       "expected exactly"},
      {"entry is a number", make_safetensors("{\"x\":1}", ""), "expected exactly"},
      {"float8", make_safetensors(one(entry("F8_E4M3", "[4]", "[0,4]")), kFour), "got \"F8_E4M3\""},
      {"unknown dtype", make_safetensors(one(entry("F33", "[1]", "[0,4]")), kFour), "got \"F33\""},
      {"negative size", make_safetensors(one(entry("F32", "[-1]", "[0,4]")), kFour),
       "shape: expected a list of whole"},
      {"fraction", make_safetensors(one(entry("F32", "[1.0]", "[0,4]")), kFour),
       "shape: expected a list of whole"},
      {"shape is text", make_safetensors(one(entry("F32", "\"1\"", "[0,4]")), kFour),
       "shape: expected a list"},
      {"size too large", make_safetensors(one(entry("F32", "[18446744073709551615]", "[0,4]")), kFour),
       "too large"},
      {"sizes overflow", make_safetensors(one(entry("F32", "[4294967296,4294967296,4]", "[0,0]")), ""),
       "too large"},
      {"sizes overflow beside 0",
       make_safetensors(one(entry("F32", "[0,4294967296,4294967296]", "[0,0]")), ""), "too large"},
      {"bytes overflow", make_safetensors(one(entry("F64", "[2305843009213693952]", "[0,0]")), ""),
       "too large"},
      {"end before begin", make_safetensors(one(entry("F32", "[1]", "[4,0]")), kFour),
       "expected begin <= end"},
      {"three offsets", make_safetensors(one(entry("F32", "[1]", "[0,4,8]")), kFour), "expected two, got 3"},
      {"too few bytes", make_safetensors(one(entry("F32", "[2]", "[0,4]")), kFour), "needs 8 bytes"},
      {"too many bytes", make_safetensors(one(entry("F32", "[1]", "[0,8]")), kEight), "needs 4 bytes"},
      {"offset past the end", make_safetensors(good, kFour), "cut short: its tensors need"},
      {"bytes left over", make_safetensors(good, kEight + kFour), "bytes for its tensors"},
      {"overlap", make_safetensors("{\"x\":" + f4 + ",\"y\":" + entry("F32", "[1]", "[0,4]") + "}", kFour),
       "begin at offset 4"},
      {"hole",
       make_safetensors("{\"x\":" + f4 + ",\"y\":" + entry("F32", "[1]", "[8,12]") + "}", kEight + kFour),
       "tensor 'y': expected its data to begin at offset 4"},
      {"does not begin at 0", make_safetensors(one(entry("F32", "[1]", "[4,8]")), kEight),
       "begin at offset 0"},
      {"bool of 2", make_safetensors(one(entry("BOOL", "[4]", "[0,4]")), std::string(4, '\2')),
       "bytes 0 and 1"},
  };
}

TEST(HostileSafetensors, EachIsRefusedByName) {
  const testing::TemporaryFolder folder;
  for (const HostileSafetensors& hostile : hostile_files()) {
    const auto path = folder.write("x.safetensors", hostile.file);
    const std::string message = message_of<CheckpointError>([&] { load_safetensors(path); });
    EXPECT_THAT(message, HasSubstr(hostile.message)) << hostile.name;
    EXPECT_THAT(message, HasSubstr("x.safetensors: ")) << hostile.name;
    EXPECT_THROW(read_safetensors_metadata(path), CheckpointError) << hostile.name;
  }
}

TEST(HostileSafetensors, CutShortNamesExpectedAndFoundSize) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "x.safetensors";
  save_safetensors(path, {{"weight", at::zeros({1000})}});
  const auto whole = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, whole - 100);
  const std::string message = message_of<CheckpointError>([&] { load_safetensors(path); });
  EXPECT_THAT(message, HasSubstr("need " + std::to_string(whole) + " bytes, the file has " +
                                 std::to_string(whole - 100)));
  EXPECT_THAT(message, HasSubstr("'weight'"));
}

TEST(HostileSafetensors, MetadataThatIsNoText) {
  const testing::TemporaryFolder folder;
  const auto number = folder.write("a", make_safetensors(R"({"__metadata__":{"a":1}})", ""));
  EXPECT_THAT(message_of<CheckpointError>([&] { read_safetensors_metadata(number); }),
              HasSubstr("expected a string"));
  const auto list = folder.write("b", make_safetensors(R"({"__metadata__":[]})", ""));
  EXPECT_THROW(read_safetensors_metadata(list), CheckpointError);
}

TEST(HostileSafetensors, OtherThanFiles) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>([&] { load_safetensors(folder.path()); }), HasSubstr("Is a directory"));
  EXPECT_THAT(message_of<FileError>([&] { load_safetensors(folder.path() / "x"); }),
              HasSubstr("No such file"));
  EXPECT_THAT(message_of<FileError>([] { load_safetensors("/dev/null"); }), HasSubstr("regular file"));
}

// Whichever one to four bytes change, and wherever the file is cut, it is either read or refused with one of
// our errors.
TEST(HostileSafetensors, DamageIsReadOrRefused) {
  const testing::TemporaryFolder folder;
  save_safetensors(
      folder.path() / "good",
      {{"a", at::arange(6, at::kFloat).view({2, 3})}, {"b", at::ones({3}, at::kBool)}, {"c", at::arange(2)}},
      {{"format", "pt"}});
  const std::string good = testing::read_bytes(folder.path() / "good");
  std::mt19937 random(3);
  int refused = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string damaged = good;
    for (unsigned change = 0; change < 1 + random() % 4; ++change)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    if (i % 5 == 0) damaged.resize(random() % damaged.size());
    const auto path = folder.write("damaged", damaged);
    try {
      for (const auto& [name, tensor] : load_safetensors(path)) tensor.to(at::kDouble).sum();
    } catch (const CheckpointError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 700);
}

}  // namespace
}  // namespace qamro::io
