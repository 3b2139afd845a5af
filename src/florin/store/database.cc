#include "florin/store/database.h"

#include <sqlite3.h>

#include <utility>

#include "florin/store/files.h"

namespace florin::store {
namespace {

constexpr int kBusyMs = 10'000;  // how long a statement waits for another process

std::string_view CodeOf(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOLFS:
      return "STORE-IO";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "STORE-BUSY";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "STORE-CORRUPT";
    default:
      return "STORE-SQL";
  }
}

std::string_view RemedyOf(std::string_view code) {
  if (code == "STORE-IO") return "; check the disk and its room, then start again";
  if (code == "STORE-BUSY") return "; another process works on it, stop that one";
  if (code == "STORE-CORRUPT") return "; restore the directory from a backup";
  return "";
}

Status FaultOf(const std::string& path, int result, const char* message) {
  const std::string_view code = CodeOf(result);
  return Status(Kind::kFailed, code,
                path + ": " + message + " (SQLite " + std::to_string(result) + ")" +
                    std::string(RemedyOf(code)));
}

}  // namespace

Query::Query(Database& database, std::string_view sql) : database_(&database), sql_(sql) {
  if (auto& idle = database.idle_[sql]; !idle.empty()) {
    statement_ = idle.back();
    idle.pop_back();
    return;
  }
  Check(sqlite3_prepare_v3(database.connection_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Query::Query(Query&& other) noexcept
    : database_(other.database_),
      sql_(other.sql_),
      statement_(std::exchange(other.statement_, nullptr)),
      bound_(other.bound_),
      fault_(std::move(other.fault_)) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  database_->idle_[sql_].push_back(statement_);
}

void Query::Check(int code) {
  if (code != SQLITE_OK && fault_.ok()) fault_ = database_->Fault(code);
}

void Query::Bind(int64_t value) {
  if (fault_.ok()) Check(sqlite3_bind_int64(statement_, ++bound_, value));
}

void Query::Bind(std::string_view text) {
  if (!fault_.ok()) return;
  Check(sqlite3_bind_text64(statement_, ++bound_, text.empty() ? "" : text.data(), text.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Query::Bind(ByteView bytes) {
  if (!fault_.ok()) return;
  Check(bytes.empty() ? sqlite3_bind_zeroblob(statement_, ++bound_, 0)
                      : sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(),
                                            SQLITE_TRANSIENT));
}

Result<bool> Query::Step() {
  if (!fault_.ok()) return fault_;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  Check(code);
  return fault_;
}

Status Query::Run() {
  for (;;) {
    FLORIN_ASSIGN(const bool has_row, Step());
    if (!has_row) return {};
  }
}

int64_t Query::Int(int column) const { return sqlite3_column_int64(statement_, column); }

bool Query::IsNull(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

ByteView Query::Blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {static_cast<const uint8_t*>(data), static_cast<size_t>(size)};
}

std::string Query::Text(int column) const {
  const ByteView bytes = Blob(column);
  return {bytes.begin(), bytes.end()};
}

Database::Database(sqlite3* connection, std::string path)
    : connection_(connection), path_(std::move(path)) {}

Database::Database(Database&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)),
      path_(std::move(other.path_)),
      idle_(std::move(other.idle_)) {}

Database::~Database() {
  CloseStatements();
  sqlite3_close(connection_);
}

Result<Database> Database::Open(const std::string& path, Mode mode) {
  sqlite3* connection = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                    (mode == Mode::kCreate ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  Database database(connection, path);
  if (code != SQLITE_OK) return database.Fault(code);
  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, kBusyMs);
  FLORIN_TRY(database.Execute("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"));
  return database;
}

Status Database::Fault(int code) const {
  const char* message = connection_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection_);
  return FaultOf(path_, code, message);
}

void Database::CloseStatements() {
  for (auto& [sql, statements] : idle_) {
    for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
  }
  idle_.clear();
}

Status Database::Execute(const std::string& script) {
  const int code = sqlite3_exec(connection_, script.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? Status() : Fault(code);
}

Status Database::CopyTo(Database& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.connection_, "main", connection_, "main");
  if (backup == nullptr) return to.Fault(sqlite3_errcode(to.connection_));
  const int stepped = sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return to.Fault(code);
  return stepped == SQLITE_DONE ? Status() : FaultOf(path_, stepped, sqlite3_errstr(stepped));
}

bool Database::IsInTransaction() const { return sqlite3_get_autocommit(connection_) == 0; }

}  // namespace florin::store
