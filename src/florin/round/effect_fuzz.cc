// Any bytes as an outbox: Restore refuses them, or gives effects that save to the same bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "florin/base/check.h"
#include "florin/round/effect_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const florin::ByteView bytes(data, size);
  const auto outbox = florin::round::RestoreOutbox(bytes);
  if (!outbox.ok()) return 0;
  const florin::Bytes saved = florin::round::SaveOutbox(*outbox);
  FLORIN_CHECK(std::equal(bytes.begin(), bytes.end(), saved.begin(), saved.end()));
  return 0;
}
