#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <limits>
#include <random>

#include "io/pickle_builder.h"
#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/io/torch_checkpoint.h"

namespace qamro::io {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using ::testing::StartsWith;
using namespace testing::pickle;  // NOLINT(google-build-using-namespace): names of the pickles' parts

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

struct Hostile {
  const char* name;
  std::string body;
  const char* message;
};

std::string call(const std::string& module, const std::string& name, const std::string& argument) {
  return global(module, name) + tuple({argument}) + "R";
}
std::string six() {
  return storage("FloatStorage", "0", 6);
}

std::vector<Hostile> calls() {
  return {
      {"os.system", call("os", "system", text("touch /tmp/owned")), "refused global 'os.system' at byte 2"},
      {"posix.system", call("posix", "system", text("id")), "refused global 'posix.system'"},
      {"eval", call("builtins", "eval", text("1")), "refused global 'builtins.eval'"},
      {"eval of Python 2", call("__builtin__", "eval", text("1")), "refused global '__builtin__.eval'"},
      {"stack global", text("os") + text("system") + "\x93" + tuple({text("id")}) + "R",
       "refused global 'os.system'"},
      {"torch.load", call("torch", "load", text("x")), "refused global 'torch.load'"},
      {"name with a dot", global("torch", "_utils._rebuild_tensor_v2.x"), "refused global"},
      {"a module of Python", call("argparse", "Namespace", "N"), "refused global 'argparse.Namespace'"},
      {"a set", "\x8f", "refused opcode EMPTY_SET"},
      {"inst", "(ios\nsystem\n", "refused opcode INST"},
      {"obj", "(" + global("torch", "Size") + "o", "refused opcode OBJ"},
      {"newobj", global("torch", "Size") + ")\x81", "refused opcode NEWOBJ"},
      {"extension", "\x82\x01", "refused opcode EXT1"},
      {"no opcode", "\xFE", "refused opcode 0xfe"},
      {"call of a list", "])R", "expected a function, got a list"},
      {"call of a dict", "})R", "expected a function, got a dict"},
      {"call without a tuple", global("torch", "Size") + "]R", "expected a tuple of arguments, got a list"},
      {"call of a type", global("torch", "FloatStorage") + ")R", "refused to call 'torch.FloatStorage'"},
      {"build on a dict", "}}b", "BUILD on a dict"},
      {"build on a list", "]}b", "expected a OrderedDict, got a list"},
      {"a function as a value", global("torch", "Size"), "got a global 'torch.Size'"},
      {"size of a number", global("torch", "Size") + tuple({integer(3)}) + "R", "cannot be a int"},
      {"ordered dict of numbers",
       global("collections", "OrderedDict") + tuple({"](" + integer(1) + "e"}) + "R", "list of pairs"},
  };
}

std::vector<Hostile> damaged_pickles() {
  return {
      {"empty stack", "", "stack is empty"},
      {"no mark", "t", "no mark"},
      {"pop below the mark", "N(\x85", "stack is empty"},
      {"append to nothing", integer(1) + "a", "stack is empty"},
      {"append to a dict", "}" + integer(1) + "a", "expected a list, got a dict"},
      {"set item of a list", "]" + integer(1) + integer(2) + "s", "expected a dict, got a list"},
      {"odd items", "}(" + integer(1) + "u", "in pairs"},
      {"memo miss", "h\x05", "memo has no 5"},
      {"long memo miss", "j" + testing::little_endian(0xFFFFFFFF, 4), "memo has no 4294967295"},
      {"memo of nothing", std::string("q\x00", 2), "stack is empty"},
      {"text beyond the end", "X" + testing::little_endian(1000, 4) + "abc", "cut short"},
      {"text of 2^64 - 1 bytes", "\x8d" + std::string(8, '\xFF') + "abc", "cut short"},
      {"global without a line end", "cos", "expected a line end"},
      {"huge integer", "\x8a\x09" + std::string(9, '\x7F'), "at most 8 bytes"},
      {"protocol 200", "\x80\xC8", "protocol up to 5, got 200"},
      {"key twice", dict({text("a"), "N", text("a"), "N"}), "'a' twice"},
      {"list as a key", dict({"]", "N"}), "plain key"},
  };
}

std::vector<Hostile> tensors() {
  const auto id = [](const std::vector<std::string>& items) { return tuple(items) + "Q"; };
  const std::string type = global("torch", "FloatStorage");
  return {
      {"storage too small", tensor(storage("FloatStorage", "0", 7), 0, {7}, {1}),
       "record 'model/data/0': expected 28 bytes, got 24"},
      {"double of floats", tensor(storage("DoubleStorage", "0", 6), 0, {6}, {1}),
       "expected 48 bytes, got 24"},
      {"tensor too large", tensor(six(), 0, {7}, {1}), "needs 7 elements, its storage has 6"},
      {"offset too large", tensor(six(), 1, {6}, {1}), "needs 7 elements"},
      {"stride too large", tensor(six(), 0, {2, 2}, {5, 1}), "needs 7 elements"},
      {"negative size", tensor(six(), 0, {-1}, {1}), "whole numbers from 0, got -1"},
      {"negative stride", tensor(six(), 5, {6}, {-1}), "stride of whole numbers from 0, got -1"},
      {"negative offset", tensor(six(), -1, {2}, {1}), "offset >= 0"},
      {"more sizes than strides", tensor(six(), 0, {2, 3}, {1}), "one stride per dimension"},
      {"sizes overflow", tensor(six(), 0, {kHuge, kHuge}, {1, 1}), "too large"},
      {"sizes overflow beside 0", tensor(six(), 0, {0, kHuge, kHuge}, {1, 1, 1}), "too large"},
      {"strides overflow", tensor(six(), 0, {3, 3}, {kHuge, kHuge}), "too large"},
      {"offset overflows", tensor(six(), kHuge, {1}, {1}), "too large"},
      {"offset and strides overflow", tensor(six(), kHuge, {2}, {1}), "too large"},
      {"one element a billion times", tensor(six(), 0, {1'000'000'000}, {0}), "too often"},
      {"65 dimensions", tensor(six(), 0, std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1)),
       "at most 64"},
      {"size of text",
       global("torch._utils", "_rebuild_tensor_v2") +
           tuple({six(), integer(0), tuple({text("1")}), integers({1}), "\x89", ordered_dict()}) + "R",
       "got str"},
      {"too few arguments", global("torch._utils", "_rebuild_tensor_v2") + tuple({six()}) + "R",
       "at least 2 arguments"},
      {"hooks",
       global("torch._utils", "_rebuild_tensor_v2") +
           tuple({six(), integer(0), integers({6}), integers({1}), "\x89", dict({text("a"), "N"})}) + "R",
       "expected no hooks"},
      {"conjugate view",
       global("torch._utils", "_rebuild_tensor_v2") +
           tuple({six(), integer(0), integers({6}), integers({1}), "\x89", ordered_dict(),
                  dict({text("neg"), "\x88"})}) +
           "R",
       "no metadata"},
      {"parameter of a list",
       global("torch._utils", "_rebuild_parameter") + tuple({"]", "\x88", ordered_dict()}) + "R",
       "cannot be a list"},
      {"storage as a value", six(), "got a storage"},
      {"missing record", storage("FloatStorage", "9", 6), "record 'model/data/9' is missing"},
      {"record outside of data", storage("FloatStorage", "../version", 0), "is missing"},
      {"negative count", storage("FloatStorage", "0", -1), "possible number of elements, got -1"},
      {"huge count", storage("FloatStorage", "0", kHuge), "possible number of elements"},
      {"two types of one storage", tuple({storage("FloatStorage", "0", 6), storage("IntStorage", "0", 6)}),
       "one type"},
      {"complex storage", storage("ComplexFloatStorage", "0", 3),
       "refused global 'torch.ComplexFloatStorage'"},
      {"bool of 64", storage("BoolStorage", "0", 24), "bytes 0 and 1"},
      {"id of another kind", id({text("module"), type, text("0"), text("cpu"), integer(6)}), "persistent id"},
      {"id too short", id({text("storage"), type}), "persistent id"},
      {"id of nothing", ")Q", "persistent id: expected at least 1"},
      {"id is no tuple", text("0") + "Q", "expected a persistent id in a tuple"},
      {"id with a function as type",
       id({text("storage"), global("torch", "Size"), text("0"), text("cpu"), integer(6)}),
       "expected a storage type, got 'torch.Size'"},
  };
}

class HostileCheckpoint : public ::testing::Test {
 protected:
  std::string refusal(const std::string& file) {
    const auto path = folder_.write("m.pt", file);
    return message_of<CheckpointError>([&] { load_torch_checkpoint(path); });
  }
  void expect_refused(const std::vector<Hostile>& files) {
    for (const Hostile& hostile : files) {
      const std::string message = refusal(checkpoint(hostile.body, {six_floats()}).build());
      EXPECT_THAT(message, HasSubstr(hostile.message)) << hostile.name;
      EXPECT_THAT(message, HasSubstr("m.pt: ")) << hostile.name;
      EXPECT_THAT(message, HasSubstr(" at byte ")) << hostile.name;
    }
  }

  testing::TemporaryFolder folder_;
};

TEST_F(HostileCheckpoint, CallsAreRefusedByName) {
  expect_refused(calls());
  EXPECT_FALSE(std::filesystem::exists("/tmp/owned"));
}

TEST_F(HostileCheckpoint, DamagedPicklesAreRefused) {
  expect_refused(damaged_pickles());
}

TEST_F(HostileCheckpoint, ImpossibleTensorsAreRefused) {
  expect_refused(tensors());
}

TEST_F(HostileCheckpoint, TheMessageSaysWhatIsRead) {
  EXPECT_THAT(
      refusal(checkpoint(call("os", "system", text("id"))).build()),
      HasSubstr("m.pt: refused global 'os.system' at byte 2 (only tensors and plain containers are read)"));
}

TEST_F(HostileCheckpoint, DeepNestingIsRefused) {
  const int depth = 100'000;
  std::string nested;
  for (int i = 0; i < depth; ++i) nested += "]";
  for (int i = 1; i < depth; ++i) nested += "a";
  EXPECT_THAT(refusal(checkpoint(nested).build()), HasSubstr("containers at most 100 deep"));
  std::string tuples = "N";
  for (int i = 0; i < depth; ++i) tuples += "\x85";
  EXPECT_THAT(refusal(checkpoint(tuples).build()), HasSubstr("containers at most 100 deep"));
  EXPECT_THAT(refusal(checkpoint(std::string(depth, '(')).build()), HasSubstr("stack is empty"));
}

TEST_F(HostileCheckpoint, CyclesAreRefused) {
  EXPECT_THAT(refusal(checkpoint(std::string("]q\x00h\x00"
                                             "a",
                                             6))
                          .build()),
              HasSubstr("contains itself"));
  EXPECT_THAT(refusal(checkpoint("}q\x01" + text("k") + "h\x01s").build()), HasSubstr("contains itself"));
}

// 60 lists, each of which holds the previous one twice: 2^60 items if written out.
TEST_F(HostileCheckpoint, SharedValuesCannotGrowWithoutLimit) {
  std::string body = "]q\x01";
  for (char i = 1; i < 60; ++i) body += std::string("](h") + i + "h" + i + "eq" + static_cast<char>(i + 1);
  EXPECT_THAT(refusal(checkpoint(body).build()), HasSubstr("items after expanding shared ones"));
  std::string texts = text(std::string(1 << 20, 'x')) + "q\x01](";
  for (int i = 0; i < 1000; ++i) texts += "h\x01";
  EXPECT_THAT(refusal(checkpoint(texts + "e").build()), HasSubstr("items after expanding shared ones"));
}

// A large list is memoised once and copied again and again by calls.
TEST_F(HostileCheckpoint, CopiesOfArgumentsAreCounted) {
  std::string body = "(";
  for (int i = 0; i < 20'000; ++i) body += "K\x01";
  body += "tq\x01";
  const std::string size = global("torch", "Size") + "q\x02h\x01\x85R";
  body += size;
  for (int i = 0; i < 20'000; ++i) body += "h\x02h\x01\x85R";
  EXPECT_THAT(refusal(checkpoint(body).build()), HasSubstr("at most 67108864 bytes of memory"));
}

// Whichever one to four bytes change, and wherever the file is cut, it is either read or refused with one of
// our errors.
TEST_F(HostileCheckpoint, DamageIsReadOrRefused) {
  const std::string weight = tensor(storage("FloatStorage", "0", 6), 0, {2, 3}, {3, 1});
  const std::string flags = tensor(storage("BoolStorage", "1", 3), 0, {3}, {1});
  auto zip =
      checkpoint(dict({text("model"), ordered_dict() + "(" + text("w") + weight + text("b") + flags + "u",
                       text("step"), integer(5)}),
                 {six_floats(), std::string("\1\0\1", 3)});
  std::mt19937 random(5);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    zip.zip64 = i % 2 == 0;
    std::string damaged = zip.build();
    for (unsigned change = 0; change < 1 + random() % 4; ++change)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    if (i % 7 == 0) damaged.resize(random() % damaged.size());
    const auto path = folder_.write("m.pt", damaged);
    try {
      for (const auto& [name, tensor] : flatten_tensors(load_torch_checkpoint(path)))
        tensor.to(at::kDouble).sum();
    } catch (const CheckpointError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace qamro::io
