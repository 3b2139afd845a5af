#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "florin/store/sqlite_testing.h"

namespace florin::store {
namespace {

unsigned ModeOf(const std::string& path) {
  struct stat facts{};
  EXPECT_EQ(stat(path.c_str(), &facts), 0);
  return facts.st_mode & 0777U;
}

TEST(Directory, IsMadeForItsOwnerAlone) {
  const TempFolder folder;
  const auto directory = MustOpen(folder.At("a/b/data"));
  EXPECT_EQ(directory->path(), folder.At("a/b/data"));
  EXPECT_EQ(ModeOf(folder.At("a/b/data")), 0700U);
  for (const char* file : {"florin.db", "florin.db-wal", "lock"}) {
    EXPECT_EQ(ModeOf(folder.At("a/b/data/") + file), 0600U) << file;
  }
}

TEST(Directory, ReadableByOthersIsClosed) {
  const TempFolder folder;
  {
    MustOpen(folder.At("data"));
  }
  ASSERT_EQ(chmod(folder.At("data").c_str(), 0755), 0);
  const auto directory = MustOpen(folder.At("data"));
  EXPECT_EQ(ModeOf(folder.At("data")), 0700U);
}

TEST(Directory, FolderOfSomethingElseIsLeftAlone) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.At("home"));
  ASSERT_EQ(chmod(folder.At("home").c_str(), 0755), 0);
  std::ofstream(folder.At("home/letter.txt")) << "dear";
  const Status status = Directory::Open(folder.At("home")).status();
  EXPECT_EQ(status.code(), "STORE-DIRECTORY");
  EXPECT_NE(status.message().find("letter.txt"), std::string::npos) << status.ToString();
  EXPECT_EQ(ModeOf(folder.At("home")), 0755U);
  EXPECT_FALSE(std::filesystem::exists(folder.At("home/lock")));
  EXPECT_EQ(OpenCode(folder.At("home/letter.txt")), "STORE-DIRECTORY");
}

TEST(Directory, SecondOpenerIsRefusedByName) {
  const TempFolder folder;
  const auto directory = MustOpen(folder.At("data"));
  EXPECT_EQ(OpenCode(folder.At("data")), "STORE-LOCKED");
  const pid_t holder = getpid();
  const pid_t child = fork();
  if (child == 0) {
    const Status status = Directory::Open(folder.At("data")).status();
    const bool names_holder =
        status.message().find("process " + std::to_string(holder)) != std::string::npos;
    _exit(status.code() == "STORE-LOCKED" && names_holder ? 0 : 1);
  }
  int result = -1;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
}

TEST(Directory, LockGoesWithItsHolder) {
  const TempFolder folder;
  {
    MustOpen(folder.At("data"));
  }
  EXPECT_EQ(OpenCode(folder.At("data")), "");
}

TEST(Directory, OrphansAreSweptAtOpenAndNothingElse) {
  const TempFolder folder;
  const std::string blobs = folder.At("data/blobs/");
  const Bytes checkpoint = Pattern(size_t{300} << 10, 1);
  {
    const auto directory = MustOpen(folder.At("data"));
    round::Commit commit = CommitOf(1);
    commit.checkpoint = checkpoint;
    ASSERT_TRUE(SqliteStore(*directory).Save(JobId("job"), std::move(commit)).ok());
  }
  std::ofstream(blobs + "tmp-4711") << "half";
  std::ofstream(blobs + std::string(64, 'a')) << "of no row";
  std::ofstream(blobs + "README") << "not ours";
  const auto directory = MustOpen(folder.At("data"));
  EXPECT_EQ(BlobCount(folder.At("data")), 2U);
  EXPECT_TRUE(std::filesystem::exists(blobs + "README"));
  EXPECT_EQ(*SqliteStore(*directory).LoadCheckpoint(JobId("job")), checkpoint);
}

TEST(Directory, DamagedDatabaseIsNamed) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.At("data"));
  std::ofstream(folder.At("data/florin.db")) << std::string(5000, 'x');
  const Status status = Directory::Open(folder.At("data")).status();
  EXPECT_EQ(status.code(), "STORE-CORRUPT");
  EXPECT_NE(status.message().find("florin.db"), std::string::npos) << status.ToString();
}

TEST(Directory, BlobsWithoutTheirDatabaseAreNotSwept) {
  const TempFolder folder;
  {
    MustOpen(folder.At("data"));
  }
  const std::string blob = folder.At("data/blobs/") + std::string(64, 'a');
  std::ofstream(blob) << "a model";
  std::filesystem::remove(folder.At("data/florin.db"));
  EXPECT_EQ(OpenCode(folder.At("data")), "STORE-DIRECTORY");
  EXPECT_TRUE(std::filesystem::exists(blob));
}

TEST(Directory, UnitUndoneByAFaultTakesNothingMore) {
  const TempFolder folder;
  const auto directory = MustOpen(folder.At("data"));
  Unit unit = std::move(*Unit::Begin(*directory));
  ASSERT_TRUE(unit.Ask("ROLLBACK").Run().ok());  // as SQLite does by itself on a full disk
  EXPECT_EQ(unit.Ask("INSERT INTO log VALUES ('kind', 0, x'01')").Run().code(), "STORE-IO");
  EXPECT_EQ(unit.Commit().code(), "STORE-IO");
}

TEST(Directory, UnitDroppedUndoesItsRowsAndTheInnerOnes) {
  const TempFolder folder;
  const auto directory = MustOpen(folder.At("data"));
  const auto count = [&] {
    Unit unit = std::move(*Unit::Begin(*directory));
    Query query = unit.Ask("SELECT count(*) FROM log");
    EXPECT_TRUE(query.Step().ok());
    return query.Int(0);
  };
  const auto append = [](Unit& unit, int position) {
    return unit.Ask("INSERT INTO log VALUES ('kind', ?, x'01')", position).Run();
  };
  {
    Unit outer = std::move(*Unit::Begin(*directory));
    ASSERT_TRUE(append(outer, 0).ok());
    Unit inner = std::move(*Unit::Begin(*directory));
    ASSERT_TRUE(append(inner, 1).ok());
    ASSERT_TRUE(inner.Commit().ok());
  }
  EXPECT_EQ(count(), 0);
  {
    Unit outer = std::move(*Unit::Begin(*directory));
    ASSERT_TRUE(append(outer, 0).ok());
    {
      Unit inner = std::move(*Unit::Begin(*directory));
      ASSERT_TRUE(append(inner, 1).ok());
    }
    ASSERT_TRUE(outer.Commit().ok());
  }
  EXPECT_EQ(count(), 1);
}

}  // namespace
}  // namespace florin::store
