// Any bytes as an envelope: each Restore refuses them, or gives what is saved as the same bytes. A
// contribution's header and bulk are cut at every place the first byte can name.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "florin/base/check.h"
#include "florin/job/exchange_codec.h"

namespace {

void ExpectSame(florin::ByteView a, florin::ByteView b) {
  FLORIN_CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

void TryContribution(florin::ByteView header, florin::ByteView bulk) {
  const auto restored =
      florin::job::RestoreContribution(header, florin::Bytes(bulk.begin(), bulk.end()), 1 << 12);
  if (!restored.ok()) return;
  const auto parts = florin::job::SaveContribution(*restored);
  ExpectSame(parts.head, header);
  ExpectSame(parts.bulk, bulk);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace job = florin::job;
  const florin::ByteView bytes(data, size);
  if (const auto refusal = job::RestoreRefusal(bytes); refusal.ok()) {
    ExpectSame(job::SaveRefusal(*refusal), bytes);
  }
  if (const auto receipt = job::RestoreReceipt(bytes); receipt.ok()) {
    ExpectSame(job::SaveReceipt(*receipt), bytes);
  }
  if (auto envelope = job::RestoreOffer(bytes); envelope.ok()) {
    auto plan = std::make_shared<job::Plan>();
    plan->hash = envelope->plan_hash;
    envelope->offer.plan = std::move(plan);
    ExpectSame(job::SaveOffer(envelope->offer), bytes);
  }
  if (size > 300) return 0;  // every cut of a longer input only takes time
  for (size_t cut = 0; cut <= size; ++cut) TryContribution(bytes.first(cut), bytes.subspan(cut));
  return 0;
}
