#include <gmock/gmock.h>

#include "io/pickle_builder.h"
#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/io/torch_checkpoint.h"

namespace qamro::io {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::ZipBuilder;
using namespace testing::pickle;  // NOLINT(google-build-using-namespace): names of the pickles' parts

class HostileZip : public ::testing::Test {
 protected:
  std::string refusal(const std::string& file) {
    const auto path = folder_.write("m.pt", file);
    return message_of<CheckpointError>([&] { load_torch_checkpoint(path); });
  }
  // Expects that a good checkpoint which `bend` has altered is refused, as zip and as zip64.
  void expect_refused(const std::function<void(ZipBuilder&)>& bend, const std::string& message) {
    for (const bool zip64 : {false, true}) {
      ZipBuilder zip = checkpoint(tensor(storage("FloatStorage", "0", 6), 0, {6}, {1}), {six_floats()});
      zip.zip64 = zip64;
      bend(zip);
      EXPECT_THAT(refusal(zip.build()), HasSubstr(message)) << (zip64 ? "zip64" : "zip");
    }
  }

  testing::TemporaryFolder folder_;
};

TEST_F(HostileZip, WrongNumbersAreRefused) {
  expect_refused([](ZipBuilder& zip) { zip.offset_error = 1; }, "expected its header at byte");
  expect_refused([](ZipBuilder& zip) { zip.offset_error = 1 << 20; }, "expected its header at byte");
  expect_refused([](ZipBuilder& zip) { zip.size_error = 1 << 20; }, "reach beyond the file's");
  expect_refused([](ZipBuilder& zip) { zip.size_error = 200; }, "overlap");
  expect_refused([](ZipBuilder& zip) { zip.count_error = 1; }, "expected an entry of the zip directory");
  expect_refused([](ZipBuilder& zip) { zip.directory_error = 1; }, "expected an entry of the zip directory");
  expect_refused([](ZipBuilder& zip) { zip.directory_error = 1 << 30; }, "its directory needs");
  expect_refused([](ZipBuilder& zip) { zip.local_name_suffix = "x"; }, "gives another name");
}

TEST_F(HostileZip, CompressedAndEncryptedRecordsAreRefused) {
  expect_refused([](ZipBuilder& zip) { zip.method = 8; }, "compressed or encrypted");
  expect_refused([](ZipBuilder& zip) { zip.flags = 1; }, "compressed or encrypted");
}

TEST_F(HostileZip, MissingAndDoubledRecordsAreRefused) {
  expect_refused([](ZipBuilder& zip) { zip.records.erase(zip.records.begin()); },
                 "expected one record NAME/data.pkl");
  expect_refused([](ZipBuilder& zip) { zip.records.emplace_back("other/data.pkl", "N."); }, "got 2");
  expect_refused([](ZipBuilder& zip) { zip.records.push_back(zip.records[2]); },
                 "'model/data/0' appears twice");
  expect_refused([](ZipBuilder& zip) { zip.records.erase(zip.records.begin() + 2); },
                 "'model/data/0' is missing");
}

TEST_F(HostileZip, OtherByteOrderIsRefused) {
  expect_refused([](ZipBuilder& zip) { zip.records[1].second = "big"; },
                 "byteorder: expected little, got 'big'");
}

TEST_F(HostileZip, TorchScriptIsRefused) {
  expect_refused([](ZipBuilder& zip) { zip.records.emplace_back("model/constants.pkl", "N."); },
                 "a TorchScript program");
  expect_refused([](ZipBuilder& zip) { zip.records.emplace_back("model/code/__torch__.py", ""); },
                 "a TorchScript program");
}

TEST_F(HostileZip, OlderAndOtherFormatsAreRefusedWithAdvice) {
  EXPECT_THAT(refusal(std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80", 16)),
              HasSubstr("before PyTorch 1.6: load it once in Python and save it again"));
  std::string tar(512, '\0');
  tar.replace(257, 5, "ustar");
  EXPECT_THAT(refusal(tar), HasSubstr("a tar file of PyTorch before"));
  EXPECT_THAT(refusal("\x80\x04N."), HasSubstr("a bare pickle"));
  EXPECT_THAT(refusal(""), HasSubstr("an empty file"));
  EXPECT_THAT(refusal("RIFF....WAVE"), HasSubstr("expected a file written by torch.save (a zip archive)"));
  EXPECT_THAT(refusal("PK\x03\x04"), HasSubstr("cut short or damaged"));
}

TEST_F(HostileZip, CutShortAnywhere) {
  const std::string whole =
      checkpoint(tensor(storage("FloatStorage", "0", 6), 0, {6}, {1}), {six_floats()}).build();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(refusal(whole.substr(0, size)), HasSubstr("m.pt: ")) << size;
}

TEST_F(HostileZip, FilesThatCannotBeOpened) {
  EXPECT_THAT(message_of<FileError>([&] { load_torch_checkpoint(folder_.path() / "none.pt"); }),
              HasSubstr("No such file"));
  EXPECT_THAT(message_of<FileError>([&] { load_torch_checkpoint(folder_.path()); }),
              HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace qamro::io
