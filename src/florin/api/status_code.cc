#include "florin/api/status_code.h"

#include <string>
#include <string_view>

namespace florin::api {
namespace {

constexpr size_t kMessageMax = 2000;  // bytes; gRPC's headers hold 8 KiB, and escapes take three

struct Row {
  Kind kind;
  grpc::StatusCode code;
};
constexpr Row kRows[] = {
    {Kind::kOk, grpc::StatusCode::OK},
    {Kind::kFailed, grpc::StatusCode::ABORTED},
    {Kind::kUsage, grpc::StatusCode::OUT_OF_RANGE},
    {Kind::kNotFound, grpc::StatusCode::NOT_FOUND},
    {Kind::kConflict, grpc::StatusCode::FAILED_PRECONDITION},
    {Kind::kDenied, grpc::StatusCode::PERMISSION_DENIED},
    {Kind::kUnreachable, grpc::StatusCode::UNAVAILABLE},
    {Kind::kTimeout, grpc::StatusCode::DEADLINE_EXCEEDED},
    {Kind::kRefused, grpc::StatusCode::RESOURCE_EXHAUSTED},
    {Kind::kConfig, grpc::StatusCode::INVALID_ARGUMENT},
};

bool IsCode(std::string_view text) {
  const auto is_fit = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (text.empty() || !is_fit(text.front())) return false;
  return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == std::string_view::npos;
}

// Whole lines from the start, and the last one.
std::string Shortened(std::string_view text) {
  if (text.size() <= kMessageMax) return std::string(text);
  const size_t last = text.rfind('\n');
  if (last == std::string_view::npos || text.size() - last > kMessageMax / 2) {
    return std::string(text.substr(0, kMessageMax)) + "...";
  }
  const size_t first = text.rfind('\n', kMessageMax / 2);
  const std::string_view head = first == std::string_view::npos ? "" : text.substr(0, first);
  return std::string(head) + "\n..." + std::string(text.substr(last));
}

}  // namespace

grpc::Status ToGrpc(const Status& status) {
  if (status.ok()) return grpc::Status::OK;
  for (const Row& row : kRows) {
    if (row.kind != status.kind()) continue;
    return {row.code, Shortened(status.message()) + " [" + std::string(status.code()) + "]"};
  }
  return {grpc::StatusCode::INTERNAL, status.ToString()};
}

std::optional<Status> FromGrpc(const grpc::Status& status) {
  if (status.ok()) return Status();
  const std::string text = status.error_message();
  const size_t open = text.rfind(" [");
  if (open == std::string::npos || !text.ends_with(']')) return std::nullopt;
  const std::string_view code = std::string_view(text).substr(open + 2, text.size() - open - 3);
  if (!IsCode(code)) return std::nullopt;
  for (const Row& row : kRows) {
    if (row.code == status.error_code()) return Status(row.kind, code, text.substr(0, open));
  }
  return std::nullopt;
}

}  // namespace florin::api
