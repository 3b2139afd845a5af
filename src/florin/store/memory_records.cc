#include "florin/store/memory_records.h"

#include <algorithm>
#include <iterator>
#include <set>

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

// Changes are kept apart until they are committed, then given to the outer transaction or the
// records: nothing is there to undo.
class MemoryTransaction final : public Transaction {
 public:
  explicit MemoryTransaction(MemoryRecords& records)
      : records_(records), lock_(records.mutex_), outer_(std::exchange(records.open_, this)) {}
  ~MemoryTransaction() override {
    FLORIN_CHECK(records_.open_ == this);  // inner ones end first
    records_.open_ = outer_;
  }

  Status Put(std::string_view kind, std::string_view key, ByteView bytes) override {
    FLORIN_TRY(CheckRecord(kind, key, bytes.size()));
    changes_[{std::string(kind), std::string(key)}] = Bytes(bytes.begin(), bytes.end());
    return {};
  }

  Result<std::optional<Bytes>> Get(std::string_view kind, std::string_view key) override {
    const Name name(kind, key);
    for (const MemoryTransaction* at = this; at != nullptr; at = at->outer_) {
      const auto changed = at->changes_.find(name);
      if (changed != at->changes_.end()) return changed->second;
    }
    const auto found = records_.records_.find(name);
    if (found == records_.records_.end()) return std::optional<Bytes>();
    return std::optional(found->second);
  }

  Result<std::vector<Record>> List(std::string_view kind) override {
    std::vector<Record> records;
    for (const std::string& key : Keys(kind)) {
      FLORIN_ASSIGN(auto bytes, Get(kind, key));
      if (bytes) records.push_back({key, std::move(*bytes)});
    }
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
    uint64_t size = 0;
    for (const Span<const Bytes> part : Log(kind)) size += part.size();
    return size;
  }

  Result<std::vector<Bytes>> ReadLog(std::string_view kind, uint64_t first,
                                     size_t count_max) override {
    std::vector<Bytes> entries;
    for (const Span<const Bytes> part : Log(kind)) {
      for (; first < part.size() && entries.size() < count_max; ++first) {
        entries.push_back(part[first]);
      }
      first -= std::min<uint64_t>(first, part.size());
    }
    return entries;
  }

  Status Commit() override {
    FLORIN_CHECK(records_.open_ == this);
    for (auto& [name, bytes] : std::exchange(changes_, {})) {
      if (outer_ != nullptr) {
        outer_->changes_[name] = std::move(bytes);
      } else if (bytes) {
        records_.records_[name] = std::move(*bytes);
      } else {
        records_.records_.erase(name);
      }
    }
    Logs& logs = outer_ != nullptr ? outer_->appended_ : records_.logs_;
    for (auto& [kind, entries] : std::exchange(appended_, {})) {
      std::ranges::move(entries, std::back_inserter(logs[kind]));
    }
    return {};
  }

 private:
  using Name = std::pair<std::string, std::string>;
  using Logs = std::map<std::string, std::vector<Bytes>>;

  // Every key of the kind that the records or an open transaction speak of.
  std::set<std::string> Keys(std::string_view kind) const {
    std::set<std::string> keys;
    const auto collect = [&](const auto& named) {
      for (const auto& [name, bytes] : named) {
        if (name.first == kind) keys.insert(name.second);
      }
    };
    collect(records_.records_);
    for (const MemoryTransaction* at = this; at != nullptr; at = at->outer_) collect(at->changes_);
    return keys;
  }

  // The kind's log in parts: what is saved, then what open transactions added, outer ones first.
  std::vector<Span<const Bytes>> Log(std::string_view kind) const {
    std::vector<Span<const Bytes>> parts;
    const auto collect = [&](const Logs& logs) {
      const auto found = logs.find(std::string(kind));
      if (found != logs.end()) parts.emplace_back(found->second);
    };
    for (const MemoryTransaction* at = this; at != nullptr; at = at->outer_) collect(at->appended_);
    collect(records_.logs_);
    std::ranges::reverse(parts);
    return parts;
  }

  MemoryRecords& records_;
  std::unique_lock<std::recursive_mutex> lock_;
  MemoryTransaction* const outer_;                // nullptr: none
  std::map<Name, std::optional<Bytes>> changes_;  // null: deleted
  Logs appended_;
};

Result<std::unique_ptr<Transaction>> MemoryRecords::Begin() {
  return std::unique_ptr<Transaction>(std::make_unique<MemoryTransaction>(*this));
}

}  // namespace florin::store
