// Records: small named byte strings and append-only logs, for what has no port of its own: rosters,
// tokens, budgets, the audit chain. They lie in the same directory as the engines' state and change
// together or not at all.
//
//   FLORIN_ASSIGN(auto change, records.Begin());
//   FLORIN_TRY(change->Delete("token", token));
//   FLORIN_TRY(change->Put("member", site.text(), bytes));
//   FLORIN_TRY(change->Commit());
//
// Reading is done in a transaction too, which sees its own changes and is then dropped. A kind is a
// word of the caller's: 1-64 characters of a-z, 0-9, '-' and '.'.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/status.h"

namespace florin::store {

struct Record {
  std::string key;
  Bytes bytes;
  bool operator==(const Record&) const = default;
};

// For the thread that began it. What was not committed is undone when it goes away. After an error
// other than [STORE-RECORD] it can only be dropped.
class Transaction {
 public:
  static constexpr size_t kKeyMax = 256;                 // bytes, at least 1
  static constexpr size_t kBytesMax = size_t{16} << 20;  // of a record or a log entry
  virtual ~Transaction() = default;

  // Replaces what the key had. [STORE-RECORD] a kind, key or size outside its bounds
  virtual Status Put(std::string_view kind, std::string_view key, ByteView bytes) = 0;
  virtual Result<std::optional<Bytes>> Get(std::string_view kind, std::string_view key) = 0;
  // By key, ascending, as bytes.
  virtual Result<std::vector<Record>> List(std::string_view kind) = 0;
  // Was it there?
  virtual Result<bool> Delete(std::string_view kind, std::string_view key) = 0;

  // Adds an entry at the end of the kind's log and answers its index, counted from 0. An entry is
  // never changed or removed. [STORE-RECORD]
  virtual Result<uint64_t> Append(std::string_view kind, ByteView bytes) = 0;
  virtual Result<uint64_t> LogSize(std::string_view kind) = 0;
  // Entries `first`, `first` + 1 ..., at most count_max, fewer at the end.
  virtual Result<std::vector<Bytes>> ReadLog(std::string_view kind, uint64_t first,
                                             size_t count_max) = 0;

  // Durable when it returns Ok, or with the outer transaction; undone when it does not. Once.
  virtual Status Commit() = 0;
};

class Records {
 public:
  virtual ~Records() = default;
  // Waits for transactions of other threads. One that a thread begins while it has one open is a
  // part of it: it sees what the outer one did, can be dropped alone, and what it commits becomes
  // durable with the outer one. It ends before the outer one does (FLORIN_CHECK).
  virtual Result<std::unique_ptr<Transaction>> Begin() = 0;
};

// The bounds above, for implementations. [STORE-RECORD]
Status CheckRecord(std::string_view kind, std::string_view key, size_t size);
Status CheckLogEntry(std::string_view kind, size_t size);

}  // namespace florin::store
