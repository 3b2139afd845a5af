// SQLite, as much of it as the store needs: a connection, statements, errors as Status. The only
// file that knows the library is database.cc.
//
// Errors: [STORE-IO] the disk is full or broken; [STORE-BUSY] another process holds the database;
// [STORE-CORRUPT] the file is damaged or no database; [STORE-SQL] a statement that cannot be right,
// or a constraint that holds: a bug. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "florin/base/bytes.h"
#include "florin/base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace florin::store {

class Database;

// One run of a prepared statement with its values; given back when it goes away. A fault of its
// preparation is answered by the first Step. Must go before its database, and before a Commit.
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  Result<bool> Step();  // true: there is a row, and the columns are of it
  Status Run();         // to the end; rows are passed over

  int64_t Int(int column) const;
  bool IsNull(int column) const;
  ByteView Blob(int column) const;  // until the next Step
  std::string Text(int column) const;

 private:
  friend class Database;
  friend class Unit;  // a query that is refused before it is asked
  Query(Database& database, std::string_view sql);
  Query(Database& database, Status fault) : database_(&database), fault_(std::move(fault)) {}
  void Bind(int64_t value);
  void Bind(uint32_t value) { Bind(static_cast<int64_t>(value)); }
  void Bind(uint64_t value) { Bind(static_cast<int64_t>(value)); }
  void Bind(int value) { Bind(static_cast<int64_t>(value)); }
  void Bind(std::string_view text);
  void Bind(const std::string& text) { Bind(std::string_view(text)); }
  void Bind(const char* text) { Bind(std::string_view(text)); }
  void Bind(ByteView bytes);
  void Bind(const Bytes& bytes) { Bind(ByteView(bytes)); }
  template <size_t kSize>
  void Bind(const std::array<uint8_t, kSize>& bytes) {
    Bind(ByteView(bytes));
  }
  void Check(int code);

  Database* database_;
  std::string_view sql_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  Status fault_;
};

class Database {
 public:
  enum class Mode { kCreate, kExisting };
  static Result<Database> Open(const std::string& path, Mode mode);
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;
  ~Database();

  // Values are bound to ?1, ?2 ... in order, and copied. `sql` is a literal: statements are kept by
  // its text for the life of the connection.
  template <typename... Values>
  Query Ask(std::string_view sql, const Values&... values) {
    Query query(*this, sql);
    (query.Bind(values), ...);
    return query;
  }
  Status Execute(const std::string& script);  // statements without values or answers
  // Copies everything over what `to` holds, as of one moment: SQLite's online backup.
  Status CopyTo(Database& to);
  // False once a fault has ended the transaction that was begun.
  bool IsInTransaction() const;
  const std::string& path() const { return path_; }

 private:
  friend class Query;
  Database(sqlite3* connection, std::string path);
  Status Fault(int code) const;
  void CloseStatements();

  sqlite3* connection_;
  std::string path_;
  std::map<std::string_view, std::vector<sqlite3_stmt*>> idle_;
};

}  // namespace florin::store
