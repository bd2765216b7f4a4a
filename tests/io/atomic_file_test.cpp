#include "qamro/io/atomic_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::io {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::message_of;
using testing::read_bytes;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicFile, AppearsOnlyWhenCommitted) {
  const testing::TemporaryFolder folder;
  const auto path = folder.write("out.txt", "before");
  {
    AtomicFile file(path);
    file.stream() << "after" << std::flush;
    EXPECT_EQ(read_bytes(path), "before");
    file.commit();
    file.commit();
    EXPECT_EQ(read_bytes(path), "after");
  }
  EXPECT_EQ(read_bytes(path), "after");
  EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  const testing::TemporaryFolder folder;
  { AtomicFile(folder.path() / "a.txt").stream() << std::string(1 << 20, 'x'); }
  EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST(AtomicFile, SweepsWhatKilledProcessesLeftOfIt) {
  const testing::TemporaryFolder folder;
  folder.write(".out.txt.4711-0.tmp", "left");
  folder.write(".out.txt.99-12.tmp", "left");
  for (const char* other :
       {".out.txt.notes.tmp", ".other.txt.4711-0.tmp", "out.txt.4711-0.tmp", ".out.txt.4711-0"})
    folder.write(other, "of somebody else");
  const auto held = folder.write(".out.txt.4712-0.tmp", "of a process that goes on");
  const int descriptor = ::open(held.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
  write_result(folder.path() / "out.txt", [](std::ostream& stream) { stream << "x"; });
  ::close(descriptor);
  EXPECT_FALSE(fs::exists(folder.path() / ".out.txt.4711-0.tmp"));
  EXPECT_FALSE(fs::exists(folder.path() / ".out.txt.99-12.tmp"));
  EXPECT_EQ(files_in(folder.path()), 6U);
}

TEST(AtomicFile, WritesLargeAndSmallPiecesInOrder) {
  const testing::TemporaryFolder folder;
  AtomicFile file(folder.path() / "a.bin");
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string piece(static_cast<std::size_t>(i) * 997 % 70'000, static_cast<char>('a' + i % 26));
    expected += piece + '|';
    file.stream() << piece;
    file.stream().put('|');
  }
  file.commit();
  EXPECT_TRUE(read_bytes(folder.path() / "a.bin") == expected);
}

TEST(AtomicFile, KeepsPermissionsAndFollowsLinks) {
  const testing::TemporaryFolder folder;
  const auto target = folder.write("real/target.txt", "before");
  fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("real/target.txt", folder.path() / "link.txt");
  AtomicFile file(folder.path() / "link.txt");
  file.stream() << "after";
  file.commit();
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link.txt"));
  EXPECT_EQ(read_bytes(target), "after");
  EXPECT_EQ(fs::status(target).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(AtomicFile, WritesDevicesAndPipesInPlace) {
  AtomicFile null("/dev/null");
  null.stream() << "gone";
  null.commit();
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  AtomicFile full("/dev/full");
  full.stream() << "x";
  EXPECT_THAT(message_of<FileError>([&] { full.commit(); }), HasSubstr("/dev/full: No space left"));
}

TEST(AtomicFile, SaysWhyItCannotWrite) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT(message_of<FileError>([&] { AtomicFile(folder.path() / "none/a.txt"); }),
              HasSubstr("No such file"));
  EXPECT_THAT(message_of<FileError>([&] { AtomicFile{folder.path()}; }), HasSubstr("Is a directory"));
  EXPECT_THROW(AtomicFile{""}, FileError);
  EXPECT_THROW(AtomicFile{folder.path() / "x" / ""}, FileError);
  EXPECT_THROW(AtomicFile{folder.path() / std::string(300, 'n')}.commit(),
               FileError);  // the name is too long
  EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST(AtomicFile, ManyAtOnceDoNotMeet) {
  const testing::TemporaryFolder folder;
  AtomicFile one(folder.path() / "a.txt");
  AtomicFile two(folder.path() / "a.txt");
  one.stream() << "one";
  two.stream() << "two";
  two.commit();
  AtomicFile moved = std::move(one);
  moved.commit();
  EXPECT_EQ(read_bytes(folder.path() / "a.txt"), "one");
}

}  // namespace
}  // namespace qamro::io
