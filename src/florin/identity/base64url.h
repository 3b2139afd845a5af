// base64url without padding (RFC 4648, section 5): bytes in a text that survives shells and URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "florin/base/bytes.h"

namespace florin::identity {

std::string Base64Url(ByteView bytes);

// Nothing for other characters, padding, an impossible length or spare bits that are not zero: one
// text for the same bytes.
std::optional<Bytes> FromBase64Url(std::string_view text);

}  // namespace florin::identity
