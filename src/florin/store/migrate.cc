#include "florin/store/migrate.h"

#include <algorithm>
#include <string>

#include "florin/crypto/sha256.h"

namespace florin::store {
namespace {

crypto::Sha256Digest ChecksumOf(const Migration& migration) {
  return crypto::HashSha256(base::AsBytes(std::string_view(migration.sql)));
}

Status Differs(const Database& database, int64_t number, const std::string& name) {
  return Status(Kind::kConflict, "STORE-MIGRATION",
                database.path() + ": its schema change " + std::to_string(number) + " \"" + name +
                    "\" is not this program's; use the program that made it, or restore a backup");
}

// How many of the migrations are applied.
Result<size_t> CountApplied(Database& database, Span<const Migration> migrations) {
  size_t applied = 0;
  Query query = database.Ask("SELECT number, name, checksum FROM migrations ORDER BY number");
  for (;; ++applied) {
    FLORIN_ASSIGN(const bool has_row, query.Step());
    if (!has_row) return applied;
    if (applied == migrations.size()) {
      return Status(Kind::kConflict, "STORE-NEWER",
                    database.path() + ": its schema change " + std::to_string(query.Int(0)) +
                        " \"" + query.Text(1) + "\" is newer than this program, which knows " +
                        std::to_string(migrations.size()) + "; use the newer program");
    }
    const Migration& known = migrations[applied];
    const ByteView checksum = query.Blob(2);
    if (query.Int(0) != known.number || query.Text(1) != known.name ||
        !std::ranges::equal(checksum, ChecksumOf(known))) {
      return Differs(database, query.Int(0), query.Text(1));
    }
  }
}

Status Apply(Database& database, const Migration& migration) {
  FLORIN_TRY(database.Execute(migration.sql));
  return database
      .Ask("INSERT INTO migrations (number, name, checksum) VALUES (?, ?, ?)", migration.number,
           migration.name, ChecksumOf(migration))
      .Run();
}

}  // namespace

Status CheckMigrations(Database& database, Span<const Migration> migrations) {
  return CountApplied(database, migrations).status();
}

Status Migrate(Database& database, Span<const Migration> migrations) {
  FLORIN_TRY(
      database.Execute("CREATE TABLE IF NOT EXISTS migrations ("
                       "number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
                       "checksum BLOB NOT NULL) STRICT;"));
  FLORIN_ASSIGN(const size_t applied, CountApplied(database, migrations));
  for (const Migration& migration : migrations.subspan(applied)) {
    FLORIN_TRY(database.Execute("BEGIN IMMEDIATE"));
    Status status = Apply(database, migration);
    if (status.ok()) status = database.Execute("COMMIT");
    if (status.ok()) continue;
    if (database.IsInTransaction()) static_cast<void>(database.Execute("ROLLBACK"));
    return status;
  }
  return {};
}

}  // namespace florin::store
