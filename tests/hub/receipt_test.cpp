#include "qamro/hub/fetch.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <tuple>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::hub {
namespace {

namespace fs = std::filesystem;
using qamro::testing::message_of;
using qamro::testing::read_bytes;
using qamro::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kHash(64, 'a');

FetchedFile fetched(const std::string& name, CheckedAgainst checked = CheckedAgainst::published) {
  return {name, "https://hub.example/" + name, "main", 7, kHash, checked};
}

auto fields(const FetchedFile& file) {
  return std::tuple(file.name, file.url, file.revision, file.bytes, file.sha256, file.checked_against);
}

std::string replaced(std::string text, const std::string& before, const std::string& after) {
  const auto at = text.find(before);
  EXPECT_NE(at, std::string::npos) << before;
  return at == std::string::npos ? text : text.replace(at, before.size(), after);
}

class ReceiptFile : public ::testing::Test {
 protected:
  void SetUp() override { write_receipt(folder_.path(), {"a-model", "MIT", {fetched("a.bin")}}); }
  std::string written() const { return read_bytes(path_); }
  std::string refusal(const std::string& content) const {
    folder_.write("fetched.json", content);
    return message_of<CheckpointError>([&] { read_receipt(folder_.path()); });
  }

  const TemporaryFolder folder_;
  const fs::path path_ = folder_.path() / "fetched.json";
};

TEST(Receipt, AFileIsFoundByItsNameAndReplacedByItsNextFetch) {
  Receipt receipt;
  EXPECT_EQ(receipt.find("a.bin"), nullptr);
  receipt.put(fetched("a.bin"));
  receipt.put(fetched("b.bin"));
  receipt.put(fetched("a.bin", CheckedAgainst::server));
  EXPECT_EQ(receipt.files.size(), 2U);
  ASSERT_NE(receipt.find("a.bin"), nullptr);
  EXPECT_EQ(receipt.find("a.bin")->checked_against, CheckedAgainst::server);
  EXPECT_EQ(receipt.find("b.bin")->checked_against, CheckedAgainst::published);
  EXPECT_EQ(receipt.find("a.bi"), nullptr);
}

TEST_F(ReceiptFile, IsReadAsItWasWritten) {
  Receipt receipt{"a-model", "CC BY 4.0; \"quoted\"\n\u00e9", {}};
  for (const auto checked :
       {CheckedAgainst::published, CheckedAgainst::server, CheckedAgainst::receipt, CheckedAgainst::nothing})
    receipt.put(fetched(std::string(name_of(checked)) + ".bin", checked));
  receipt.files.back().bytes = std::int64_t{1} << 40;
  write_receipt(folder_.path(), receipt);
  const auto read = read_receipt(folder_.path());
  EXPECT_EQ(read.model, receipt.model);
  EXPECT_EQ(read.licence, receipt.licence);
  ASSERT_EQ(read.files.size(), 4U);
  for (std::size_t i = 0; i < read.files.size(); ++i)
    EXPECT_EQ(fields(read.files[i]), fields(receipt.files[i]));
}

TEST_F(ReceiptFile, ThatIsMissingIsEmpty) {
  fs::remove(path_);
  const auto receipt = read_receipt(folder_.path());
  EXPECT_TRUE(receipt.model.empty() && receipt.files.empty());
}

// Otherwise the next fetch would trust whatever comes, and write over it.
TEST_F(ReceiptFile, ThatCannotBeOpenedIsNotEmpty) {
  fs::remove(path_);
  fs::create_symlink("fetched.json", path_);  // root, too, cannot open a loop of links
  EXPECT_THAT(message_of<FileError>([&] { read_receipt(folder_.path()); }), HasSubstr(path_.string()));
}

TEST_F(ReceiptFile, ThatIsCutIsRefusedWhereverItIsCut) {
  const std::string whole = written();
  for (std::size_t bytes = 0; bytes + 1 < whole.size();
       ++bytes)  // without its last newline it is still whole
    ASSERT_THAT(refusal(whole.substr(0, bytes)),
                AllOf(HasSubstr(path_.string()), HasSubstr("damaged"), HasSubstr("remove it")))
        << bytes << " of " << whole.size() << " bytes";
}

TEST_F(ReceiptFile, ThatIsDamagedIsRefusedWithThePlace) {
  const std::string whole = written();
  const auto refusal_of = [&](const std::string& before, const std::string& after) {
    return refusal(replaced(whole, before, after));
  };
  EXPECT_THAT(refusal_of("\"a-model\"", "3"), HasSubstr("the receipt: model: expected a string, got 3"));
  EXPECT_THAT(refusal_of("\"licence\"", "\"license\""), HasSubstr("key 'licence' is missing"));
  EXPECT_THAT(refusal_of("\"files\"", "\"file\""), HasSubstr("files: expected a list"));
  EXPECT_THAT(refusal_of("\"bytes\": 7", "\"bytes\": 7.5"), HasSubstr("file 1: bytes: expected a whole"));
  EXPECT_THAT(refusal_of("\"bytes\": 7", "\"bytes\": -7"),
              HasSubstr("file 1: bytes: expected a size from 0"));
  EXPECT_THAT(refusal_of(kHash, ""), HasSubstr("file 1: sha256: expected 64 lower-case hexadecimal digits"));
  EXPECT_THAT(refusal_of(kHash, kHash.substr(1)), HasSubstr("sha256: expected 64"));
  EXPECT_THAT(refusal_of(kHash, std::string(64, 'g')), HasSubstr("sha256: expected 64"));
  EXPECT_THAT(refusal_of("\"published\"", "\"trusted\""), HasSubstr("checked_against: expected published"));
  EXPECT_THAT(refusal_of("a-model", "a-\xff"), HasSubstr("UTF-8"));
}

TEST_F(ReceiptFile, ThatIsAnotherFileIsRefused) {
  EXPECT_THAT(refusal("[]"), HasSubstr("expected settings by name, got array"));
  EXPECT_THAT(refusal("null"), HasSubstr("got null"));
  EXPECT_THAT(refusal(R"({"architecture": "wavlm"})"), HasSubstr("key 'model' is missing"));
  EXPECT_THAT(refusal(R"({"model": "m", "licence": "l", "files": {}})"), HasSubstr("a list, got object"));
  EXPECT_THAT(refusal(R"({"model": "m", "licence": "l", "files": [[]]})"), HasSubstr("file 1: expected"));
  EXPECT_THAT(refusal(std::string("\x7f"
                                  "ELF\0\0",
                                  6)),
              HasSubstr("damaged"));
}

TEST_F(ReceiptFile, NeedsItsFolder) {
  EXPECT_THROW(write_receipt(folder_.path() / "none", {}), FileError);
}

// $HF_ENDPOINT may hold any bytes, and JSON only UTF-8.
TEST_F(ReceiptFile, StaysReadableWhateverTheAddressHolds) {
  Receipt receipt{"a-model", "MIT", {fetched("a.bin")}};
  receipt.files[0].url = "https://\xff.example/\"\n";
  write_receipt(folder_.path(), receipt);
  EXPECT_EQ(read_receipt(folder_.path()).files.at(0).url, "https://\xef\xbf\xbd.example/\"\n");
}

}  // namespace
}  // namespace qamro::hub
