#include "florin/base/status.h"

#include <cstdio>
#include <cstdlib>

namespace florin::base {

Status::Status(Kind kind, std::string_view code, std::string message)
    : error_(std::make_unique<Error>(Error{kind, std::string(code), std::move(message)})) {
  FLORIN_CHECK(kind != Kind::kOk);
}

Status::Status(const Status& other)
    : error_(other.error_ ? std::make_unique<Error>(*other.error_) : nullptr) {}

Status& Status::operator=(const Status& other) {
  if (this != &other) error_ = other.error_ ? std::make_unique<Error>(*other.error_) : nullptr;
  return *this;
}

std::string Status::ToString() const {
  if (ok()) return "ok";
  return error_->message + " [" + error_->code + "]";
}

Status Status::Prefixed(std::string_view subject) && {
  if (!ok()) error_->message = std::string(subject) + ": " + error_->message;
  return std::move(*this);
}

void CheckFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s [BUG]\n", file, line, expression);
  std::abort();
}

}  // namespace florin::base
