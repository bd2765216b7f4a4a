#include "qamro/io/torch_checkpoint.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "io/pickle_builder.h"
#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::io {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using namespace testing::pickle;  // NOLINT(google-build-using-namespace): names of the pickles' parts

class TorchCheckpoint : public ::testing::Test {
 protected:
  PickleValue load(const testing::ZipBuilder& zip) { return load_torch_checkpoint(write(zip)); }
  std::filesystem::path write(const testing::ZipBuilder& zip) { return folder_.write("m.pt", zip.build()); }

  testing::TemporaryFolder folder_;
};

TEST_F(TorchCheckpoint, ReadsEveryPlainValue) {
  const std::string body =
      tuple({"N", "\x88", "\x89", integer(-5), integer(std::int64_t{1} << 40), std::string("K\x07"),
             std::string("M\x00\x02", 3), std::string("\x8a\x00", 2), std::string("\x8a\x01\xFF"),
             real(-0.25), text("caf\xC3\xA9"), std::string("C\x02\x00\xFF", 4), "](" + integer(1) + "e", ")",
             dict({text("k"), integer(2)})});
  const PickleValue value = load(checkpoint(body));
  const auto& items = value.get_if<PickleTuple>()->items;
  ASSERT_EQ(items.size(), 15U);
  EXPECT_STREQ(items[0].type_name(), "None");
  EXPECT_TRUE(*items[1].get_if<bool>());
  EXPECT_FALSE(*items[2].get_if<bool>());
  EXPECT_EQ(*items[3].get_if<std::int64_t>(), -5);
  EXPECT_EQ(*items[4].get_if<std::int64_t>(), std::int64_t{1} << 40);
  EXPECT_EQ(*items[5].get_if<std::int64_t>(), 7);
  EXPECT_EQ(*items[6].get_if<std::int64_t>(), 512);
  EXPECT_EQ(*items[7].get_if<std::int64_t>(), 0);
  EXPECT_EQ(*items[8].get_if<std::int64_t>(), -1);
  EXPECT_EQ(*items[9].get_if<double>(), -0.25);
  EXPECT_EQ(*items[10].get_if<std::string>(), "caf\xC3\xA9");
  EXPECT_EQ(items[11].get_if<PickleBytes>()->data, std::string("\x00\xFF", 2));
  EXPECT_EQ(*items[12].get_if<PickleList>()->items.at(0).get_if<std::int64_t>(), 1);
  EXPECT_TRUE(items[13].get_if<PickleTuple>()->items.empty());
  EXPECT_EQ(*items[14].get_if<PickleDict>()->find("k")->get_if<std::int64_t>(), 2);
  EXPECT_EQ(items[14].get_if<PickleDict>()->find("none"), nullptr);
}

TEST_F(TorchCheckpoint, ReadsNewerProtocols) {
  // Protocol 4: frames, memoised short strings, STACK_GLOBAL.
  const std::string body = std::string("\x95\x00\x00\x00\x00\x00\x00\x00\x00", 9) +
                           "\x8c\x0b"
                           "collections\x94\x8c\x0bOrderedDict\x94\x93\x94)R\x94(\x8c\x01k\x94h\x01u";
  const PickleValue value = load(checkpoint(body));
  EXPECT_EQ(*value.get_if<PickleDict>()->find("k")->get_if<std::string>(), "OrderedDict");
}

TEST_F(TorchCheckpoint, ReadsBytesOfProtocol2) {
  const auto encode = [](const std::string& encoding) {
    return global("_codecs", "encode") + tuple({text("a\xC3\xBF\xC2\x80"), text(encoding)}) + "R";
  };
  EXPECT_EQ(load(checkpoint(encode("latin1"))).get_if<PickleBytes>()->data, "a\xFF\x80");
  EXPECT_THROW(load(checkpoint(encode("rot13"))), CheckpointError);
}

TEST_F(TorchCheckpoint, ReadsViewsOfOneStorage) {
  const std::string same = storage("FloatStorage", "0", 6);
  const StateDict tensors = flatten_tensors(load(
      checkpoint(dict({text("whole"), tensor(same, 0, {2, 3}, {3, 1}), text("transposed"),
                       tensor(same, 0, {3, 2}, {1, 3}), text("tail"), tensor(same, 4, {2}, {1}),
                       text("scalar"), tensor(same, 5, {}, {}), text("none"), tensor(same, 6, {0, 4}, {4, 1}),
                       text("expanded"), tensor(same, 1, {4, 1}, {0, 1})}),
                 {six_floats()})));
  const at::Tensor expected = at::arange(6, at::kFloat).view({2, 3});
  EXPECT_TRUE(tensors.at("whole").equal(expected));
  EXPECT_TRUE(tensors.at("transposed").equal(expected.t()));
  EXPECT_TRUE(tensors.at("tail").equal(at::tensor({4.F, 5.F})));
  EXPECT_EQ(tensors.at("scalar").item<float>(), 5);
  EXPECT_EQ(tensors.at("none").sizes(), at::IntArrayRef({0, 4}));
  EXPECT_TRUE(tensors.at("expanded").equal(at::ones({4, 1})));
  tensors.at("tail").fill_(9);  // shared, as in the file
  EXPECT_EQ(tensors.at("whole")[1][2].item<float>(), 9);
}

TEST_F(TorchCheckpoint, WritingToATensorLeavesTheFile) {
  const auto path = write(checkpoint(tensor(storage("FloatStorage", "0", 6), 0, {6}, {1}), {six_floats()}));
  const std::string before = testing::read_bytes(path);
  const PickleValue loaded = load_torch_checkpoint(path);
  loaded.get_if<at::Tensor>()->zero_();
  EXPECT_TRUE(testing::read_bytes(path) == before);
}

TEST_F(TorchCheckpoint, ReadsParametersSizesAndMetadata) {
  const std::string parameter =
      global("torch._utils", "_rebuild_parameter") +
      tuple({tensor(storage("FloatStorage", "0", 6), 0, {6}, {1}), "\x88", ordered_dict()}) + "R";
  const std::string size = global("torch", "Size") + tuple({integers({2, 3})}) + "R";
  const std::string state = ordered_dict() + "(" + text("p") + parameter + text("s") + size + "u" +
                            dict({text("_metadata"), ordered_dict()}) + "b";
  const PickleValue value = load(checkpoint(state, {six_floats()}));
  EXPECT_EQ(value.get_if<PickleDict>()->items.size(), 2U);
  EXPECT_EQ(value.get_if<PickleDict>()->find("p")->get_if<at::Tensor>()->numel(), 6);
  EXPECT_EQ(value.get_if<PickleDict>()->find("s")->get_if<PickleTuple>()->items.size(), 2U);
}

TEST_F(TorchCheckpoint, FlattensNamesByDots) {
  const std::string one = tensor(storage("FloatStorage", "0", 6), 0, {6}, {1});
  const std::string body = dict(
      {text("a"), dict({text("b"), one, integer(3), one}), text("l"), "](" + one + integer(1) + one + "e"});
  const StateDict tensors = flatten_tensors(load(checkpoint(body, {six_floats()})), "p");
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"p.a.3", "p.a.b", "p.l.0", "p.l.2"}));
  const std::string clash = dict({text("a.b"), one, text("a"), dict({text("b"), one})});
  EXPECT_THAT(message_of<CheckpointError>([&] { flatten_tensors(load(checkpoint(clash, {six_floats()}))); }),
              HasSubstr("'a.b' twice"));
}

TEST_F(TorchCheckpoint, FindsTheModel) {
  const std::string one = tensor(storage("FloatStorage", "0", 6), 0, {6}, {1});
  const std::string inner = dict({text("w"), one});
  const auto names = [&](const std::string& body, const std::string& key = "") {
    std::string all;
    for (const auto& [name, tensor] : load_state_dict(write(checkpoint(body, {six_floats()})), key))
      all += name + " ";
    return all;
  };
  EXPECT_EQ(names(inner), "w ");
  EXPECT_EQ(names(dict({text("model"), inner, text("step"), integer(3)})), "w ");
  EXPECT_EQ(names(dict({text("epoch"), integer(3), text("state_dict"), inner, text("optimizer"), inner})),
            "w ");
  EXPECT_EQ(names(dict({text("ema"), inner, text("model"), inner}), "ema"), "w ");
  EXPECT_EQ(names(dict({text("model"), one})), "model ");  // a tensor of that name, not a dict
  const std::string both = dict({text("model"), inner, text("state_dict"), inner});
  EXPECT_THAT(message_of<CheckpointError>([&] { names(both); }), HasSubstr("name one: 'model' (dict)"));
  EXPECT_EQ(names(both, "model"), "w ");
  EXPECT_THAT(message_of<CheckpointError>([&] { names(inner, "ema"); }),
              HasSubstr("expected a key 'ema', got 'w' (tensor)"));
  EXPECT_THAT(message_of<CheckpointError>([&] {
                names(dict({text("a"), integer(1)}));
              }),
              HasSubstr("expected tensors"));
  EXPECT_THAT(message_of<CheckpointError>([&] { names(integer(1)); }),
              HasSubstr("expected a dict of tensors, got a int"));
}

TEST_F(TorchCheckpoint, ReadsZip64AndComments) {
  auto zip = checkpoint(tensor(storage("FloatStorage", "0", 6), 0, {6}, {1}), {six_floats()});
  zip.zip64 = true;
  EXPECT_EQ(load(zip).get_if<at::Tensor>()->sum().item<float>(), 15);
  zip.comment = "made by hand";
  EXPECT_EQ(load(zip).get_if<at::Tensor>()->sum().item<float>(), 15);
  zip.zip64 = false;
  EXPECT_EQ(load(zip).get_if<at::Tensor>()->sum().item<float>(), 15);
}

}  // namespace
}  // namespace qamro::io
