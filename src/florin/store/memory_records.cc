#include "florin/store/memory_records.h"

#include <algorithm>
#include <iterator>

namespace florin::store {
namespace {

Status OutOfBounds(const std::string& what) {
  return Status(Kind::kFailed, "STORE-RECORD", "record: " + what);
}

bool IsKind(std::string_view kind) {
  return !kind.empty() && kind.size() <= 64 && std::ranges::all_of(kind, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

}  // namespace

Status CheckLogEntry(std::string_view kind, size_t size) {
  if (!IsKind(kind)) {
    return OutOfBounds("expected a kind of 1 to 64 characters of a-z, 0-9, '-' and '.', found \"" +
                       std::string(kind) + "\"");
  }
  if (size <= Transaction::kBytesMax) return {};
  return OutOfBounds("expected at most " + std::to_string(Transaction::kBytesMax) +
                     " bytes, found " + std::to_string(size));
}

Status CheckRecord(std::string_view kind, std::string_view key, size_t size) {
  FLORIN_TRY(CheckLogEntry(kind, size));
  if (!key.empty() && key.size() <= Transaction::kKeyMax) return {};
  return OutOfBounds("expected a key of 1 to " + std::to_string(Transaction::kKeyMax) +
                     " bytes, found " + std::to_string(key.size()));
}

// Changes are kept apart until they are committed: nothing is there to undo.
class MemoryTransaction final : public Transaction {
 public:
  explicit MemoryTransaction(MemoryRecords& records) : records_(records), lock_(records.mutex_) {
    records_.is_begun_ = true;
  }
  ~MemoryTransaction() override { records_.is_begun_ = false; }

  Status Put(std::string_view kind, std::string_view key, ByteView bytes) override {
    FLORIN_TRY(CheckRecord(kind, key, bytes.size()));
    changes_[{std::string(kind), std::string(key)}] = Bytes(bytes.begin(), bytes.end());
    return {};
  }

  Result<std::optional<Bytes>> Get(std::string_view kind, std::string_view key) override {
    const std::pair<std::string, std::string> name(kind, key);
    if (const auto changed = changes_.find(name); changed != changes_.end()) {
      return changed->second;
    }
    const auto found = records_.records_.find(name);
    if (found == records_.records_.end()) return std::optional<Bytes>();
    return std::optional(found->second);
  }

  Result<std::vector<Record>> List(std::string_view kind) override {
    std::map<std::string, Bytes> seen;
    for (const auto& [name, bytes] : records_.records_) {
      if (name.first == kind) seen[name.second] = bytes;
    }
    for (const auto& [name, bytes] : changes_) {
      if (name.first != kind) continue;
      seen.erase(name.second);
      if (bytes) seen[name.second] = *bytes;
    }
    std::vector<Record> records;
    for (auto& [key, bytes] : seen) records.push_back({key, std::move(bytes)});
    return records;
  }

  Result<bool> Delete(std::string_view kind, std::string_view key) override {
    FLORIN_ASSIGN(const auto found, Get(kind, key));
    changes_[{std::string(kind), std::string(key)}] = std::nullopt;
    return found.has_value();
  }

  Result<uint64_t> Append(std::string_view kind, ByteView bytes) override {
    FLORIN_TRY(CheckLogEntry(kind, bytes.size()));
    FLORIN_ASSIGN(const uint64_t index, LogSize(kind));
    appended_[std::string(kind)].emplace_back(bytes.begin(), bytes.end());
    return index;
  }

  Result<uint64_t> LogSize(std::string_view kind) override {
    return Saved(kind).size() + Appended(kind).size();
  }

  Result<std::vector<Bytes>> ReadLog(std::string_view kind, uint64_t first,
                                     size_t count_max) override {
    const Span<const Bytes> saved = Saved(kind);
    const Span<const Bytes> appended = Appended(kind);
    std::vector<Bytes> entries;
    const size_t size = saved.size() + appended.size();
    for (uint64_t i = first; i < size && entries.size() < count_max; ++i) {
      entries.push_back(i < saved.size() ? saved[i] : appended[i - saved.size()]);
    }
    return entries;
  }

  Status Commit() override {
    for (auto& [name, bytes] : changes_) {
      if (bytes) {
        records_.records_[name] = std::move(*bytes);
      } else {
        records_.records_.erase(name);
      }
    }
    for (auto& [kind, entries] : appended_) {
      std::ranges::move(entries, std::back_inserter(records_.logs_[kind]));
    }
    changes_.clear();
    appended_.clear();
    return {};
  }

 private:
  using Logs = std::map<std::string, std::vector<Bytes>>;
  static Span<const Bytes> Of(const Logs& logs, std::string_view kind) {
    const auto found = logs.find(std::string(kind));
    return found == logs.end() ? Span<const Bytes>() : Span<const Bytes>(found->second);
  }
  Span<const Bytes> Saved(std::string_view kind) const { return Of(records_.logs_, kind); }
  Span<const Bytes> Appended(std::string_view kind) const { return Of(appended_, kind); }

  MemoryRecords& records_;
  std::unique_lock<std::recursive_mutex> lock_;
  std::map<std::pair<std::string, std::string>, std::optional<Bytes>> changes_;  // null: deleted
  Logs appended_;
};

Result<std::unique_ptr<Transaction>> MemoryRecords::Begin() {
  const std::unique_lock lock(mutex_);
  if (is_begun_) {
    return Status(Kind::kConflict, "STORE-NESTED", "this thread has a transaction open already");
  }
  return std::unique_ptr<Transaction>(std::make_unique<MemoryTransaction>(*this));
}

}  // namespace florin::store
