#include "florin/base/ids.h"

#include <algorithm>

#include "florin/base/bytes.h"

namespace florin::base {

Status CheckName(std::string_view what, std::string_view text) {
  const auto lower_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  const auto allowed = [&](char c) { return lower_or_digit(c) || c == '-'; };
  if (!text.empty() && text.size() <= 64 && lower_or_digit(text[0]) &&
      std::all_of(text.begin(), text.end(), allowed)) {
    return {};
  }
  return Status(Kind::kConfig, "NAME",
                std::string(what) + " name: expected 1 to 64 characters of a-z, 0-9 and '-', " +
                    "starting with a letter or digit, found \"" + std::string(text) + "\"");
}

std::string HexDigest(const std::array<uint8_t, 32>& bytes) { return base::Hex(ByteView(bytes)); }

}  // namespace florin::base
