#include "florin/store/backup.h"

#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "florin/store/sqlite_testing.h"

namespace florin::store {
namespace {

constexpr size_t kLarge = size_t{20} << 20;  // two pieces

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    round::Commit commit = CommitOf(7);
    commit.audit = {"a"};
    commit.checkpoint = Pattern(kLarge, 1);
    EXPECT_TRUE(SqliteStore(*directory_).Save(JobId("job"), std::move(commit)).ok());
    const auto change = std::move(*SqliteRecords(*directory_).Begin());
    EXPECT_TRUE(change->Put("member", "acme", Bytes{1, 2}).ok());
    EXPECT_TRUE(change->Append("audit", Bytes{3}).ok());
    EXPECT_TRUE(change->Commit().ok());
  }
  std::string Code(const Status& status) { return std::string(status.code()); }
  void MustBackUp() {
    const Status status = Backup(folder_.At("data"), file_);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }

  const TempFolder folder_;
  const std::string file_ = folder_.At("backup.florin");
  std::unique_ptr<Directory> directory_ = MustOpen(folder_.At("data"));
};

TEST_F(BackupTest, RestoredHasAllThatWasThere) {
  MustBackUp();  // while the directory is in use
  struct stat facts{};
  ASSERT_EQ(stat(file_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_TRUE(CheckBackup(file_).ok());
  const Status status = Restore(file_, folder_.At("again"));
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(stat(folder_.At("again").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0700U);
  EXPECT_EQ(stat(folder_.At("again/florin.db").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);

  const auto directory = MustOpen(folder_.At("again"));
  SqliteStore store(*directory);
  EXPECT_EQ(LoadedRound(store), 7U);
  EXPECT_EQ(*store.LoadCheckpoint(JobId("job")), Pattern(kLarge, 1));
  EXPECT_EQ(store.AuditTrail(JobId("job"))->size(), 1U);
  const auto read = std::move(*SqliteRecords(*directory).Begin());
  EXPECT_EQ(*read->Get("member", "acme"), (Bytes{1, 2}));
  EXPECT_EQ(*read->LogSize("audit"), 1U);
  EXPECT_LT(std::filesystem::file_size(folder_.At("again/florin.db")), 1U << 20)
      << "what was packed is not left in the database";
}

// A party that has given a share once must not come back to the point where it had not.
TEST_F(BackupTest, NoPartyOfASealedRoundComesBack) {
  job::Contribution contribution;
  contribution.job = JobId("job");
  contribution.round = {3};
  contribution.site = SiteId("eu");
  contribution.message = {{1}, protocol::kAggregator, {7}, {}};
  contribution.id.bytes.fill(9);
  const site::SavedParty party{.step = 2, .bytes = Pattern(100, 3)};
  ASSERT_TRUE(SqliteSiteStore(*directory_).KeepContribution(contribution, nullptr, &party).ok());
  MustBackUp();
  ASSERT_TRUE(Restore(file_, folder_.At("again")).ok());
  const auto directory = MustOpen(folder_.At("again"));
  SqliteSiteStore store(*directory);
  EXPECT_FALSE(store.FindParty(JobId("job"), {3}, job::Work::kUpdate)->has_value());
  EXPECT_TRUE(store.FindContribution(contribution.id)->has_value());
  SqliteSiteStore here(*directory_);
  EXPECT_EQ(*here.FindParty(JobId("job"), {3}, job::Work::kUpdate), party);
}

TEST_F(BackupTest, CompanionsAreKeptAndLeaveNoTrace) {
  const std::vector<Companion> companions = {{"agent.yaml", Bytes{7}},
                                             {"tls/current/key.pem", Pattern(100'000, 2)}};
  ASSERT_TRUE(Backup(folder_.At("data"), file_, companions).ok());
  EXPECT_EQ(*ReadCompanions(file_), companions);
  ASSERT_TRUE(Restore(file_, folder_.At("again")).ok());
  auto database = Database::Open(folder_.At("again/florin.db"), Database::Mode::kExisting);
  ASSERT_TRUE(database.ok());
  EXPECT_FALSE(database->Execute("SELECT * FROM backup_files").ok());
}

TEST_F(BackupTest, DamagedCompanionIsRefused) {
  ASSERT_TRUE(Backup(folder_.At("data"), file_, {{"agent.yaml", Bytes{7}}}).ok());
  {
    auto database = Database::Open(file_, Database::Mode::kExisting);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->Execute("UPDATE backup_files SET bytes = x'08'").ok());
  }
  EXPECT_EQ(Code(ReadCompanions(file_).status()), "STORE-BACKUP");
  EXPECT_EQ(Code(Restore(file_, folder_.At("again"))), "STORE-BACKUP");
}

// A coordinator that saves as fast as it can: whichever moment the backup is of, it is whole.
TEST_F(BackupTest, TakenWhileTheStoreIsWrittenItIsOfOneMoment) {
  SqliteStore saved(*directory_, 2);
  const auto save = [&](uint32_t round) {
    round::Commit commit = PublishedAs(VersionOf(round, size_t{25} << 10));
    commit.checkpoint = Pattern(size_t{100} << 10, static_cast<uint8_t>(round));
    EXPECT_TRUE(saved.Save(JobId("job"), std::move(commit)).ok());
  };
  save(1);
  const std::jthread coordinator([&](const std::stop_token& is_over) {
    for (uint32_t round = 2; !is_over.stop_requested(); ++round) save(round);
  });
  uint32_t before = 0;
  for (int i = 0; i < 5; ++i) {
    const std::string name = std::to_string(i);
    const Status status = Backup(folder_.At("data"), folder_.At(name));
    ASSERT_TRUE(status.ok()) << status.ToString();
    ASSERT_TRUE(Restore(folder_.At(name), folder_.At("again" + name)).ok());
    const auto directory = MustOpen(folder_.At("again" + name));
    SqliteStore store(*directory);
    const uint32_t round = LoadedRound(store);
    EXPECT_EQ(*store.LoadCheckpoint(JobId("job")),
              Pattern(size_t{100} << 10, static_cast<uint8_t>(round)));
    const auto versions = *store.Versions(JobId("job"));
    for (const round::PublishedVersion& version : versions) {
      EXPECT_EQ(store.FindVersion(version.id)->has_value(), version.has_model);
    }
    EXPECT_EQ(versions.back().round.number, round);
    EXPECT_GE(round, before);
    before = round;
  }
  EXPECT_GT(before, 1U);
}

TEST_F(BackupTest, NothingIsOverwritten) {
  MustBackUp();
  EXPECT_EQ(Code(Backup(folder_.At("data"), file_)), "STORE-BACKUP");
  EXPECT_EQ(Code(Restore(file_, folder_.At("data"))), "STORE-BACKUP");
  EXPECT_EQ(LoadedRound(*std::make_unique<SqliteStore>(*directory_)), 7U);
  std::filesystem::create_directory(folder_.At("empty"));
  EXPECT_EQ(Code(Restore(file_, folder_.At("empty"))), "");
}

TEST_F(BackupTest, WhatIsNotThereOrNoBackupIsSaid) {
  EXPECT_EQ(Code(Backup(folder_.At("nothing"), file_)), "STORE-BACKUP");
  EXPECT_EQ(Code(Restore(folder_.At("nothing"), folder_.At("again"))), "STORE-BACKUP");
  std::ofstream(folder_.At("letter")) << std::string(10'000, 'x');
  EXPECT_EQ(Code(Restore(folder_.At("letter"), folder_.At("again"))), "STORE-BACKUP");
  std::filesystem::copy_file(folder_.At("data/florin.db"), folder_.At("copy.db"));
  EXPECT_EQ(Code(Restore(folder_.At("copy.db"), folder_.At("again"))), "STORE-BACKUP");
  EXPECT_FALSE(std::filesystem::exists(folder_.At("again")));
}

TEST_F(BackupTest, DamagedBlobIsNotBackedUp) {
  std::fstream(OnlyBlob(folder_.At("data")), std::ios::in | std::ios::out | std::ios::binary)
      .seekp(5000)
      .put('!');
  EXPECT_EQ(Code(Backup(folder_.At("data"), file_)), "STORE-BLOB");
  std::filesystem::remove(OnlyBlob(folder_.At("data")));
  EXPECT_EQ(Code(Backup(folder_.At("data"), file_)), "STORE-BLOB");
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_FALSE(std::filesystem::exists(file_ + ".part"));
}

TEST_F(BackupTest, DamagedBackupIsRefused) {
  MustBackUp();
  const auto size = static_cast<std::streamoff>(std::filesystem::file_size(file_));
  std::fstream(file_, std::ios::in | std::ios::out | std::ios::binary).seekp(size / 2).put('!');
  EXPECT_EQ(Code(Restore(file_, folder_.At("again"))), "STORE-BACKUP");
  std::filesystem::resize_file(file_, 100'000);
  EXPECT_EQ(Code(Restore(file_, folder_.At("again"))), "STORE-BACKUP");
  EXPECT_FALSE(std::filesystem::exists(folder_.At("again")));
}

TEST_F(BackupTest, BackupOfANewerProgramIsRefused) {
  MustBackUp();
  {
    auto database = Database::Open(file_, Database::Mode::kExisting);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(
        database->Execute("INSERT INTO migrations VALUES (9999, '9999_future', x'00')").ok());
  }
  EXPECT_EQ(Code(Restore(file_, folder_.At("again"))), "STORE-NEWER");
  EXPECT_FALSE(std::filesystem::exists(folder_.At("again")));
}

TEST_F(BackupTest, RestoreCutShortIsNotOpened) {
  std::filesystem::create_directory(folder_.At("again"));
  std::ofstream(folder_.At("again/florin.db.restore")) << "half";
  EXPECT_EQ(OpenCode(folder_.At("again")), "STORE-DIRECTORY");
}

}  // namespace
}  // namespace florin::store
