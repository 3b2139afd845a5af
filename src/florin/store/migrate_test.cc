#include "florin/store/migrate.h"

#include "florin/store/sqlite_testing.h"

namespace florin::store {
namespace {

constexpr Migration kFirst{1, "0001_first", "CREATE TABLE a (x INTEGER) STRICT;"};
constexpr Migration kSecond{2, "0002_second",
                            "ALTER TABLE a ADD COLUMN y INTEGER; INSERT INTO a VALUES (1, 2);"};

class MigrateTest : public testing::Test {
 protected:
  std::string Code(std::vector<Migration> migrations) {
    return std::string(Migrate(database_, migrations).code());
  }
  int64_t Count(std::string_view sql) {
    Query query = database_.Ask(sql);
    const auto row = query.Step();
    return row.ok() && *row ? query.Int(0) : -1;
  }

  const TempFolder folder_;
  Database database_ = std::move(*Database::Open(folder_.At("a.db"), Database::Mode::kCreate));
};

TEST_F(MigrateTest, AppliesWhatIsMissingOnce) {
  EXPECT_EQ(Code({kFirst}), "");
  EXPECT_EQ(Code({kFirst, kSecond}), "");
  EXPECT_EQ(Code({kFirst, kSecond}), "");
  EXPECT_EQ(Count("SELECT count(*) FROM a"), 1);
  EXPECT_EQ(Count("SELECT count(*) FROM migrations"), 2);
}

TEST_F(MigrateTest, NewerSchemaIsRefusedAndLeftAlone) {
  EXPECT_EQ(Code({kFirst, kSecond}), "");
  const Status status = Migrate(database_, std::vector<Migration>{kFirst});
  EXPECT_EQ(status.code(), "STORE-NEWER");
  EXPECT_NE(status.message().find("0002_second"), std::string::npos) << status.ToString();
  EXPECT_EQ(Code({kFirst, kSecond}), "");
}

TEST_F(MigrateTest, ChangedMigrationIsRefused) {
  EXPECT_EQ(Code({kFirst, kSecond}), "");
  Migration changed = kFirst;
  changed.sql = "CREATE TABLE a (x INTEGER, z TEXT) STRICT;";
  EXPECT_EQ(Code({changed, kSecond}), "STORE-MIGRATION");
  Migration renamed = kSecond;
  renamed.name = "0002_other";
  EXPECT_EQ(Code({kFirst, renamed}), "STORE-MIGRATION");
}

TEST_F(MigrateTest, FailingMigrationLeavesNothingBehind) {
  EXPECT_EQ(Code({kFirst}), "");
  const Migration broken{2, "0002_broken", "ALTER TABLE a ADD COLUMN y INTEGER; SELECT nonsense;"};
  EXPECT_EQ(Code({kFirst, broken}), "STORE-SQL");
  EXPECT_EQ(Count("SELECT count(*) FROM migrations"), 1);
  EXPECT_EQ(Count("SELECT count(*) FROM pragma_table_info('a')"), 1);
  EXPECT_EQ(Code({kFirst, kSecond}), "");
}

TEST(Migrations, AreNumberedWithoutAGap) {
  int number = 0;
  for (const Migration& migration : Migrations()) {
    EXPECT_EQ(migration.number, ++number);
    EXPECT_EQ(std::string(migration.name).substr(0, 4),
              std::string("000") + std::to_string(number));
  }
  EXPECT_GE(number, 1);
}

// What a program of before 0003 had written, one version with its lineage and one without: both are
// there, listed and current, and lose their models as any other.
TEST(Migrations, VersionsOfBeforeAreKeptWhole) {
  const TempFolder folder;
  const JobId job("job");
  const std::vector made{VersionOf(0, 1), VersionOf(1, 1)};
  ASSERT_TRUE(std::filesystem::create_directory(folder.At("data")));
  {
    auto database = Database::Open(folder.At("data/florin.db"), Database::Mode::kCreate);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(Migrate(*database, Migrations().first(2)).ok());
    const auto run = [&](std::string_view sql, const auto&... values) {
      const Status status = database->Ask(sql, values...).Run();
      ASSERT_TRUE(status.ok()) << status.ToString();
    };
    run("INSERT INTO jobs (job, state, outbox) VALUES ('job', x'', x'')");
    for (const job::Version& version : made) {
      const Bytes file = job::SaveVersion(version);
      const BlobHash hash = crypto::HashKt128(file);
      run("INSERT INTO blobs VALUES (?, ?, ?)", hash, file.size(), file);
      run("INSERT INTO versions VALUES (?, 'job', ?, nullif(?, x''))", version.id.bytes, hash,
          version.round.number == 0 ? Bytes() : job::SaveLineage(version));
      run("INSERT INTO published VALUES ('job', ?, ?)", version.round.number, version.id.bytes);
    }
  }
  const auto directory = MustOpen(folder.At("data"));
  SqliteStore store(*directory, 1);
  for (const job::Version& version : made) {
    const auto found = store.FindVersion(version.id);
    ASSERT_TRUE(found.ok() && found->has_value()) << found.status().ToString();
    EXPECT_EQ(job::SaveVersion(**found), job::SaveVersion(version));
  }
  round::Commit commit = CommitOf(2);
  commit.published = made[1].id;
  const Status status = store.Save(job, std::move(commit));
  ASSERT_TRUE(status.ok()) << status.ToString();
  const auto versions = *store.Versions(job);
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_FALSE(versions[0].has_model);
  EXPECT_EQ(job::SaveLineage(versions[0]), job::SaveLineage(made[0])) << "read from its file";
  EXPECT_TRUE(versions[1].has_model);
}

TEST(Migrations, DirectoryOfANewerProgramIsRefused) {
  const TempFolder folder;
  {
    MustOpen(folder.At("data"));
  }
  {
    auto database = Database::Open(folder.At("data/florin.db"), Database::Mode::kExisting);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(
        database->Execute("INSERT INTO migrations VALUES (9999, '9999_future', x'00')").ok());
  }
  EXPECT_EQ(OpenCode(folder.At("data")), "STORE-NEWER");
}

TEST(Migrations, DirectoryWithAChangedMigrationIsRefused) {
  const TempFolder folder;
  {
    MustOpen(folder.At("data"));
  }
  {
    auto database = Database::Open(folder.At("data/florin.db"), Database::Mode::kExisting);
    ASSERT_TRUE(database.ok());
    ASSERT_TRUE(database->Execute("UPDATE migrations SET checksum = zeroblob(32)").ok());
  }
  EXPECT_EQ(OpenCode(folder.At("data")), "STORE-MIGRATION");
}

}  // namespace
}  // namespace florin::store
