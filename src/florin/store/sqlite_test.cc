#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "florin/store/failpoint.h"
#include "florin/store/sqlite_testing.h"

namespace florin::store {
namespace {

constexpr size_t kLarge = size_t{300} << 10;  // a blob of its own

TEST(SqliteStore, ReopenedHasAllThatWasSaved) {
  const TempFolder folder;
  const job::Version version = VersionOf(1, 100'000);
  {
    const auto directory = MustOpen(folder.At("data"));
    SqliteStore store(*directory);
    round::Commit commit = CommitOf(1);
    commit.outbox = {round::SendOffer{job::Work::kUpdate, 3}};
    commit.audit = {"a", "b"};
    commit.checkpoint = Pattern(kLarge, 1);
    commit.version = version;
    commit.published = version.id;
    ASSERT_TRUE(store.Save(JobId("job"), std::move(commit)).ok());
    EXPECT_EQ(BlobCount(folder.At("data")), 2U);
  }
  const auto directory = MustOpen(folder.At("data"));
  SqliteStore store(*directory);
  EXPECT_EQ(LoadedRound(store), 1U);
  EXPECT_EQ(*store.LoadCheckpoint(JobId("job")), Pattern(kLarge, 1));
  EXPECT_EQ(std::get<round::SendOffer>(store.Outbox(JobId("job"))->at(0)).member, 3U);
  EXPECT_EQ(*store.AuditTrail(JobId("job")), (std::vector<std::string>{"a", "b"}));
  ASSERT_EQ(store.Versions(JobId("job"))->size(), 1U);
  EXPECT_EQ(store.FindVersion(version.id)->value_or(job::Version()).state->parameters,
            version.state->parameters);
}

// A list of versions reads no model: it stays whole when the model's file is damaged. A row of
// before lineages were kept is read from its file, and a lineage that was changed is named.
TEST(SqliteStore, VersionsAreListedFromTheirLineages) {
  const TempFolder folder;
  const std::string data = folder.At("data");
  const job::Version version = VersionOf(1, 100'000);
  const auto listed = [&]() -> Result<std::vector<round::PublishedVersion>> {
    const auto directory = MustOpen(data);
    return SqliteStore(*directory).Versions(JobId("job"));
  };
  const auto execute = [&](const std::string& sql) {
    auto database = Database::Open(data + "/florin.db", Database::Mode::kExisting);
    ASSERT_TRUE(database.ok() && database->Execute(sql).ok()) << sql;
  };
  {
    const auto directory = MustOpen(data);
    round::Commit commit = CommitOf(1);
    commit.version = version;
    commit.published = version.id;
    ASSERT_TRUE(SqliteStore(*directory).Save(JobId("job"), std::move(commit)).ok());
  }
  execute("UPDATE versions SET lineage = NULL");
  EXPECT_EQ(job::SaveLineage(listed()->at(0)), job::SaveLineage(version));
  const std::string lineage = base::Hex(job::SaveLineage(version));
  for (const auto& blob : std::filesystem::directory_iterator(data + "/blobs")) {
    std::ofstream(blob.path()) << "damaged";
  }
  EXPECT_FALSE(listed().ok());
  execute("UPDATE versions SET lineage = x'" + lineage + "'");
  EXPECT_EQ(job::SaveLineage(listed()->at(0)), job::SaveLineage(version));
  std::string changed = lineage;
  char& digit = changed[size_t{2} * 70];
  digit = digit == '0' ? '1' : '0';
  execute("UPDATE versions SET lineage = x'" + changed + "'");
  EXPECT_EQ(listed().status().code(), "MODEL-HASH");
}

TEST(SqliteStore, ReplacedCheckpointIsRemovedFromTheDisk) {
  const TempFolder folder;
  const auto directory = MustOpen(folder.At("data"));
  SqliteStore store(*directory);
  for (uint32_t i = 1; i <= 4; ++i) {
    round::Commit commit = CommitOf(i);
    commit.checkpoint = Pattern(kLarge, static_cast<uint8_t>(i % 2));
    ASSERT_TRUE(store.Save(JobId("job"), std::move(commit)).ok());
    EXPECT_EQ(BlobCount(folder.At("data")), 1U);
    EXPECT_EQ(*store.LoadCheckpoint(JobId("job")), Pattern(kLarge, static_cast<uint8_t>(i % 2)));
  }
  round::Commit commit = CommitOf(5);
  commit.checkpoint = Bytes{};
  ASSERT_TRUE(store.Save(JobId("job"), std::move(commit)).ok());
  EXPECT_EQ(BlobCount(folder.At("data")), 0U);
}

TEST(SqliteStore, ReplacedCandidateIsRemovedFromTheDisk) {
  const TempFolder folder;
  const auto directory = MustOpen(folder.At("data"));
  SqliteStore store(*directory);
  for (uint32_t i = 1; i <= 3; ++i) {
    round::Commit commit = CommitOf(i);
    commit.version = VersionOf(i, 100'000);
    ASSERT_TRUE(store.Save(JobId("job"), std::move(commit)).ok());
    EXPECT_EQ(BlobCount(folder.At("data")), 1U);
  }
}

TEST(SqliteStore, DroppedModelsAreRemovedFromTheDisk) {
  const TempFolder folder;
  const std::string data = folder.At("data");
  {
    const auto directory = MustOpen(data);
    SqliteStore store(*directory);
    for (uint32_t i = 0; i < 6; ++i) {
      ASSERT_TRUE(store.Save(JobId("job"), PublishedAs(VersionOf(i, 100'000))).ok());
    }
    EXPECT_EQ(BlobCount(data), 6U);
  }
  // Fewer from now on: the next that is published drops them.
  const auto directory = MustOpen(data);
  SqliteStore store(*directory, 2);
  EXPECT_EQ(BlobCount(data), 6U);
  for (uint32_t i = 6; i < 9; ++i) {
    ASSERT_TRUE(store.Save(JobId("job"), PublishedAs(VersionOf(i, 100'000))).ok());
    EXPECT_EQ(BlobCount(data), 2U);
  }
  EXPECT_EQ(store.Versions(JobId("job"))->size(), 9U);
}

TEST(SqliteStore, CandidateMadeAgainMayHaveAnotherTime) {
  Temp<SqliteStore> store;
  job::Version version = VersionOf(1, 100'000);
  for (const int64_t micros : {1, 2}) {
    version.created = {micros};
    round::Commit commit = CommitOf(1);
    commit.version = version;
    ASSERT_TRUE(store.Save(JobId("job"), std::move(commit)).ok());
  }
  EXPECT_EQ(store.FindVersion(version.id)->value_or(job::Version()).created.micros, 2);
}

// A flipped bit, a missing file, a short file: named, never a crash, and the rest goes on.
TEST(SqliteStore, DamagedBlobIsNamed) {
  const TempFolder folder;
  const auto directory = MustOpen(folder.At("data"));
  SqliteStore store(*directory);
  round::Commit commit = CommitOf(1);
  commit.checkpoint = Pattern(kLarge, 1);
  ASSERT_TRUE(store.Save(JobId("job"), std::move(commit)).ok());
  const std::string path = OnlyBlob(folder.At("data"));
  const auto expect_damaged = [&](const char* why) {
    const Status status = store.LoadCheckpoint(JobId("job")).status();
    EXPECT_EQ(status.code(), "STORE-BLOB");
    EXPECT_NE(status.message().find(path), std::string::npos) << status.ToString();
    EXPECT_NE(status.message().find(why), std::string::npos) << status.ToString();
    EXPECT_NE(status.message().find("restore"), std::string::npos) << status.ToString();
  };
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(5000).put('!');
  expect_damaged("hash");
  std::filesystem::resize_file(path, 1000);
  expect_damaged("found 1000");
  std::filesystem::remove(path);
  expect_damaged("missing");
  EXPECT_EQ(LoadedRound(store), 1U);
}

TEST(SqliteSiteStore, ReopenedHasTheLargeContribution) {
  const TempFolder folder;
  job::Contribution contribution;
  contribution.job = JobId("job");
  contribution.round = {3};
  contribution.site = SiteId("acme");
  contribution.id.bytes.fill(7);
  contribution.message = {{4}, protocol::kAggregator, {1}, {}};
  contribution.message.bulk.words.assign(kLarge / 8, uint64_t{1} << 62);
  model::PrivateState own;
  const std::vector<float> prior(kLarge / 4, 0.5F);
  own.values.emplace("prior", num::Values::Of(Span<const float>(prior)));
  {
    const auto directory = MustOpen(folder.At("data"));
    ASSERT_TRUE(SqliteSiteStore(*directory).KeepContribution(contribution, &own, nullptr).ok());
  }
  const auto directory = MustOpen(folder.At("data"));
  SqliteSiteStore store(*directory);
  EXPECT_EQ(store.FindContribution(contribution.id)->value_or(job::Contribution()).message,
            contribution.message);
  EXPECT_EQ(store.LoadPrivate(JobId("job"))->values.at("prior"), own.values.at("prior"));
  EXPECT_EQ(BlobCount(folder.At("data")), 2U);
  ASSERT_TRUE(store.ForgetContributions(JobId("job"), {3}, job::Work::kUpdate).ok());
  EXPECT_EQ(BlobCount(folder.At("data")), 1U);
}

TEST(SqliteRecords, SaveOfTheSameThreadJoinsTheTransaction) {
  const TempFolder folder;
  const auto directory = MustOpen(folder.At("data"));
  SqliteStore store(*directory);
  SqliteRecords records(*directory);
  for (const bool is_kept : {false, true}) {
    const auto transaction = std::move(*records.Begin());
    ASSERT_TRUE(transaction->Append("ledger", Bytes{1}).ok());
    ASSERT_TRUE(store.Save(JobId("job"), CommitOf(1)).ok());
    if (is_kept) {
      ASSERT_TRUE(transaction->Commit().ok());
    }
    EXPECT_EQ(LoadedRound(store), 1U);
  }
  EXPECT_EQ(*(*records.Begin())->LogSize("ledger"), 1U) << "the first was dropped";
}

TEST(SqliteRecords, LogCannotBeRewritten) {
  const TempFolder folder;
  {
    MustOpen(folder.At("data"));
  }
  auto database = Database::Open(folder.At("data/florin.db"), Database::Mode::kExisting);
  ASSERT_TRUE(database.ok());
  ASSERT_TRUE(database->Execute("INSERT INTO log VALUES ('audit', 0, x'01')").ok());
  EXPECT_EQ(database->Execute("UPDATE log SET bytes = x'02'").code(), "STORE-SQL");
  EXPECT_EQ(database->Execute("DELETE FROM log").code(), "STORE-SQL");
}

// -- a full disk

// Every place where a blob is written may find the disk full; what was saved before stays.
TEST(FullDisk, PreviousStateStaysReadable) {
  for (const char* place : {"blob.write", "blob.sync", "blob.rename", "blob.folder"}) {
    SCOPED_TRACE(place);
    const TempFolder folder;
    const auto directory = MustOpen(folder.At("data"));
    SqliteStore store(*directory);
    for (const uint32_t round : {1U, 2U}) {
      round::Commit commit = CommitOf(round);
      commit.checkpoint = Pattern(kLarge, static_cast<uint8_t>(round));
      commit.audit = {"entry"};
      SetFailpoint(round == 2 ? std::string(place) + ":1:full" : "");
      const Status status = store.Save(JobId("job"), std::move(commit));
      SetFailpoint("");
      EXPECT_EQ(status.code(), round == 1 ? "" : "STORE-IO") << status.ToString();
    }
    EXPECT_EQ(LoadedRound(store), 1U);
    EXPECT_EQ(*store.LoadCheckpoint(JobId("job")), Pattern(kLarge, 1));
    EXPECT_EQ(store.AuditTrail(JobId("job"))->size(), 1U);
    ASSERT_TRUE(store.Save(JobId("job"), CommitOf(3)).ok()) << "goes on when there is room";
  }
}

// No file may grow over a size, by the system's own limit: writes that really fail.
class TightDisk {
 public:
  explicit TightDisk(size_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit tight{bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  }
  TightDisk(const TightDisk&) = delete;
  TightDisk& operator=(const TightDisk&) = delete;
  ~TightDisk() {
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &before_), 0);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

// The log of the database cannot grow, or, at 4.5 MB, the database its log is copied to.
TEST(FullDisk, DatabaseThatCannotGrowKeepsWhatItHas) {
  for (const size_t limit : {size_t{150} << 10, size_t{1} << 20, size_t{4500} << 10}) {
    SCOPED_TRACE(limit);
    const TempFolder folder;
    uint32_t saved = 0;
    {
      const auto directory = MustOpen(folder.At("data"));
      SqliteStore store(*directory);
      const TightDisk disk(limit);
      Status status;
      while (status.ok() && saved < 2000) {
        round::Commit commit = CommitOf(saved + 1);
        commit.audit = {std::string(20'000, 'x')};
        status = store.Save(JobId("job"), std::move(commit));
        saved += status.ok();
      }
      EXPECT_EQ(status.code(), "STORE-IO") << status.ToString();
      EXPECT_EQ(LoadedRound(store), saved) << "the last one that was answered Ok";
    }
    const auto directory = MustOpen(folder.At("data"));
    SqliteStore store(*directory);
    EXPECT_EQ(LoadedRound(store), saved);
    EXPECT_EQ(store.AuditTrail(JobId("job"))->size(), saved);
    EXPECT_TRUE(store.Save(JobId("job"), CommitOf(9999)).ok()) << "goes on when there is room";
  }
}

}  // namespace
}  // namespace florin::store
