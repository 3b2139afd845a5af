// Token::Parse: no text crashes it, and what it accepts is written as the text it was read from.
#include <string>
#include <utility>

#include "florin/base/check.h"
#include "florin/identity/base64url.h"
#include "florin/identity/token.h"

namespace {

void CheckText(const std::string& text) {
  const auto token = florin::identity::Token::Parse(text);
  if (!token.ok()) return;
  const std::string written = token->ToText();
  FLORIN_CHECK(text.find(written) != std::string::npos);
  FLORIN_CHECK(florin::identity::Token::Parse(written).value() == *token);
}

}  // namespace

// The bytes as a text, and as a payload under a checksum that fits: few mutations would find one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace crypto = florin::crypto;
  const florin::ByteView bytes(data, size);
  const std::string text(bytes.begin(), bytes.end());
  CheckText(text);
  crypto::Sha256 hash;
  hash.Update(florin::base::AsBytes("florin1.")).Update(bytes);
  const crypto::Sha256Digest digest = std::move(hash).Finish();
  florin::Bytes payload(bytes.begin(), bytes.end());
  payload.insert(payload.end(), digest.begin(), digest.begin() + 4);
  CheckText("florin1." + florin::identity::Base64Url(payload));
  const auto decoded = florin::identity::FromBase64Url(text);
  if (decoded) FLORIN_CHECK(florin::identity::Base64Url(*decoded) == text);
  return 0;
}
