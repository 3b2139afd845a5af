#include "florin/store/sqlite_records.h"

#include <algorithm>
#include <utility>

namespace florin::store {
namespace {

class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(Unit unit) : unit_(std::move(unit)) {}

  Status Put(std::string_view kind, std::string_view key, ByteView bytes) override {
    FLORIN_TRY(CheckRecord(kind, key, bytes.size()));
    return unit_
        .Ask(
            "INSERT INTO records (kind, key, bytes) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET bytes = excluded.bytes",
            kind, key, bytes)
        .Run();
  }

  Result<std::optional<Bytes>> Get(std::string_view kind, std::string_view key) override {
    Query query = unit_.Ask("SELECT bytes FROM records WHERE kind = ? AND key = ?", kind, key);
    FLORIN_ASSIGN(const bool is_there, query.Step());
    if (!is_there) return std::optional<Bytes>();
    return std::optional(Copy(query.Blob(0)));
  }

  Result<std::vector<Record>> List(std::string_view kind) override {
    Query query = unit_.Ask("SELECT key, bytes FROM records WHERE kind = ? ORDER BY key", kind);
    std::vector<Record> records;
    for (;;) {
      FLORIN_ASSIGN(const bool has_row, query.Step());
      if (!has_row) return records;
      records.push_back({query.Text(0), Copy(query.Blob(1))});
    }
  }

  Result<bool> Delete(std::string_view kind, std::string_view key) override {
    Query query =
        unit_.Ask("DELETE FROM records WHERE kind = ? AND key = ? RETURNING 1", kind, key);
    FLORIN_ASSIGN(const bool was_there, query.Step());
    FLORIN_TRY(was_there ? query.Run() : Status());
    return was_there;
  }

  Result<uint64_t> Append(std::string_view kind, ByteView bytes) override {
    FLORIN_TRY(CheckLogEntry(kind, bytes.size()));
    FLORIN_ASSIGN(const uint64_t index, LogSize(kind));
    FLORIN_TRY(
        unit_.Ask("INSERT INTO log (kind, position, bytes) VALUES (?, ?, ?)", kind, index, bytes)
            .Run());
    return index;
  }

  Result<uint64_t> LogSize(std::string_view kind) override {
    Query query = unit_.Ask("SELECT coalesce(max(position) + 1, 0) FROM log WHERE kind = ?", kind);
    FLORIN_TRY(query.Step().status());
    return static_cast<uint64_t>(query.Int(0));
  }

  Result<std::vector<Bytes>> ReadLog(std::string_view kind, uint64_t first,
                                     size_t count_max) override {
    constexpr uint64_t kMost = INT64_MAX;
    Query query = unit_.Ask(
        "SELECT bytes FROM log WHERE kind = ? AND position >= ? ORDER BY position LIMIT ?", kind,
        std::min(first, kMost), std::min<uint64_t>(count_max, kMost));
    std::vector<Bytes> entries;
    for (;;) {
      FLORIN_ASSIGN(const bool has_row, query.Step());
      if (!has_row) return entries;
      entries.push_back(Copy(query.Blob(0)));
    }
  }

  Status Commit() override { return unit_.Commit(); }

 private:
  static Bytes Copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }
  Unit unit_;
};

}  // namespace

Result<std::unique_ptr<Transaction>> SqliteRecords::Begin() {
  FLORIN_ASSIGN(Unit unit, Unit::Begin(directory_));
  return std::unique_ptr<Transaction>(std::make_unique<SqliteTransaction>(std::move(unit)));
}

}  // namespace florin::store
