// Every protocol's restore_aggregator, threshold_he's too: no bytes crash it, and what it accepts
// saves the same bytes and can go on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "florin/protocol/party.h"
#include "florin/protocol/threshold_he/committee_testing.h"
#include "florin/protocol/threshold_he/threshold_he.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace protocol = florin::protocol;
  const florin::ByteView bytes(data, size);
  protocol::ProtocolSetup setup;
  setup.vector_size = 3;
  setup.contributors_max = 70;
  setup.contributors_min = 2;
  setup.cohort.resize(setup.contributors_max);
  setup.committee = protocol::threshold_he::ThreeDecryptors().committee;
  std::vector<protocol::ProtocolKind> kinds(protocol::ProtocolKinds().begin(),
                                            protocol::ProtocolKinds().end());
  kinds.push_back(protocol::threshold_he::Kind());
  for (const protocol::ProtocolKind& kind : kinds) {
    auto party = kind.restore_aggregator(setup, bytes);
    if (!party.ok()) continue;
    const florin::Bytes saved = protocol::SavedBytes(**party);
    FLORIN_CHECK(std::equal(saved.begin(), saved.end(), bytes.begin(), bytes.end()));
    (void)(*party)->Receive({.from = {5}, .to = {0}, .header = {}, .bulk = {{1, 2, 3}}}).ok();
    if ((*party)->phase() != protocol::PartyPhase::kWaiting) continue;
    (void)(*party)->Ask({5}).ok();
    if (!(*party)->Proceed({}).ok() || (*party)->phase() != protocol::PartyPhase::kReady) continue;
    FLORIN_CHECK(std::move(**party).TakeResult()->size() == 3);
  }
  return 0;
}
