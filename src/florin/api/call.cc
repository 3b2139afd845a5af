#include "florin/api/call.h"

#include <algorithm>
#include <string>

#include "florin/base/codec.h"

namespace florin::api {
namespace {

constexpr std::string_view kLabel = "florin operator call 1";

}  // namespace

Bytes CommandOf(std::string_view method, ByteView request) {
  base::Writer writer;
  writer.Text(kLabel).Text(method).Fixed(crypto::HashSha256(request));
  return std::move(writer).Take();
}

Status CheckCommand(ByteView command, std::string_view method, ByteView request) {
  const Bytes expected = CommandOf(method, request);
  if (std::equal(command.begin(), command.end(), expected.begin(), expected.end())) return {};
  return {Kind::kDenied, "CALL-COMMAND",
          std::string(method) +
              ": the signed command is of another call or another request; sign each call anew."};
}

}  // namespace florin::api
