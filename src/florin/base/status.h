// Status and Result<T>: how every fallible function of Florin answers.
//
// An error carries a kind (which decides the process exit code), a stable code such as "JOB-RANGE"
// that documentation and scripts may rely on, and one sentence: subject, expected, found, remedy.
// Nothing throws; third-party exceptions are caught at the adapter that can throw them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "florin/base/check.h"

namespace florin::base {

// The numbers are the exit codes of the `florin` program.
enum class Kind : int {
  kOk = 0,
  kFailed = 1,       // bad data, bad message, or a step that did not work out
  kUsage = 2,        // the command line is wrong
  kNotFound = 3,     // a named thing does not exist
  kConflict = 4,     // the state does not allow it
  kDenied = 5,       // not allowed for this identity
  kUnreachable = 6,  // a peer or address does not answer
  kTimeout = 7,      // a deadline passed
  kRefused = 8,      // policy, consent or budget says no
  kConfig = 78,      // a job, view or settings file is wrong
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(Kind kind, std::string_view code, std::string message);
  Status(const Status& other);
  Status& operator=(const Status& other);
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;
  ~Status() = default;

  bool ok() const { return error_ == nullptr; }
  Kind kind() const { return ok() ? Kind::kOk : error_->kind; }
  std::string_view code() const { return ok() ? std::string_view() : error_->code; }
  std::string_view message() const { return ok() ? std::string_view() : error_->message; }
  int exit_code() const { return static_cast<int>(kind()); }

  // "message [CODE]", or "ok".
  std::string ToString() const;
  // The same error with `subject: ` before its message: each layer may add where it happened.
  Status Prefixed(std::string_view subject) &&;

 private:
  struct Error {
    Kind kind;
    std::string code;
    std::string message;
  };
  std::unique_ptr<Error> error_;
};

// A value, or the reason there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that both `return value;` and `return error;` read as they should.
  Result(T value) : value_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Status error) : value_(std::move(error)) {  // NOLINT(google-explicit-constructor)
    FLORIN_CHECK(!std::get<Status>(value_).ok());
  }

  bool ok() const { return std::holds_alternative<T>(value_); }
  Status status() const& { return ok() ? Status() : std::get<Status>(value_); }
  Status status() && { return ok() ? Status() : std::move(std::get<Status>(value_)); }

  T& value() & { return Checked(); }
  const T& value() const& {
    FLORIN_CHECK(ok());
    return std::get<T>(value_);
  }
  T&& value() && { return std::move(Checked()); }
  T& operator*() & { return Checked(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(Checked()); }
  T* operator->() { return &Checked(); }
  const T* operator->() const { return &value(); }

 private:
  T& Checked() {
    FLORIN_CHECK(ok());
    return std::get<T>(value_);
  }
  std::variant<T, Status> value_;
};

}  // namespace florin::base

namespace florin {
using base::Kind;
using base::Result;
using base::Status;
}  // namespace florin

#define FLORIN_CONCAT_(a, b) a##b
#define FLORIN_CONCAT(a, b) FLORIN_CONCAT_(a, b)

// FLORIN_TRY(step()); returns from the enclosing function when step() failed.
#define FLORIN_TRY(expression)                            \
  do {                                                    \
    ::florin::base::Status florin_status_ = (expression); \
    if (!florin_status_.ok()) return florin_status_;      \
  } while (false)

// FLORIN_ASSIGN(auto rows, Read(path)); binds the value or returns the error.
#define FLORIN_ASSIGN(declaration, expression) \
  FLORIN_ASSIGN_(FLORIN_CONCAT(florin_result_, __LINE__), declaration, expression)
#define FLORIN_ASSIGN_(result, declaration, expression) \
  auto result = (expression);                           \
  if (!result.ok()) return std::move(result).status();  \
  declaration = std::move(result).value()
