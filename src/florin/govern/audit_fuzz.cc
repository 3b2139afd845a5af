// Any text is either a line of an audit file, written the same again, or refused; a check of any
// lines ends without a crash.
#include <string_view>
#include <vector>

#include "florin/base/check.h"
#include "florin/base/text.h"
#include "florin/govern/audit_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace florin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<govern::PublicKey> keys;  // of every head: the checks behind the key are reached
  for (const std::string_view line : base::Split(text, '\n')) {
    const auto parsed = govern::ParseLine(line);
    if (!parsed.ok()) continue;
    if (const auto* head = std::get_if<govern::Head>(&*parsed)) keys.push_back(head->key);
  }
  govern::ChainCheck check({.heads = {},
                            .keys = keys,
                            .verify = [](const auto&, ByteView, const auto&) { return true; },
                            .index = 0,
                            .hash = {}});
  for (const std::string_view line : base::Split(text, '\n')) {
    const auto parsed = govern::ParseLine(line);
    static_cast<void>(govern::TakeLine(check, line).ok());
    if (!parsed.ok()) continue;
    const bool is_same =
        std::visit([&](const auto& v) { return govern::ToLine(v) == line; }, *parsed);
    FLORIN_CHECK(is_same);
  }
  FLORIN_CHECK(check.Finish().ok() == (check.bad_index() == 0));
  return 0;
}
