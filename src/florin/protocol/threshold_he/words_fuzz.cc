// What threshold_he parses: no bytes crash it, and what is accepted is written as the same bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "florin/protocol/threshold_he/committee_testing.h"
#include "florin/protocol/threshold_he/threshold_he.h"
#include "florin/protocol/threshold_he/words.h"

namespace {

namespace he = florin::protocol::threshold_he;
using florin::Bytes;
using florin::ByteView;

template <typename Word>
void CheckSame(const florin::Result<Word>& word, ByteView bytes) {
  if (!word.ok()) return;
  const Bytes written = he::Write(*word);
  FLORIN_CHECK(std::equal(written.begin(), written.end(), bytes.begin(), bytes.end()));
}

// Fixed sizes that no fuzzer reaches by itself: the bytes again and again.
Bytes Repeated(ByteView bytes, size_t size) {
  Bytes longer(size);
  for (size_t i = 0; i < size && !bytes.empty(); ++i) longer[i] = bytes[i % bytes.size()];
  return longer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, size);
  CheckSame(he::ReadOpenAsked(bytes), bytes);
  CheckSame(he::ReadRecoverAsked(bytes), bytes);
  CheckSame(he::ReadRecovered(bytes), bytes);
  CheckSame(he::ReadCommittee(bytes), bytes);
  (void)he::ReadPledge(bytes).ok();
  (void)he::ReadReveal(bytes, 3).ok();
  (void)he::ReadSecret(bytes, 3).ok();
  if (size % 16 != 0) return 0;  // what follows takes a thousand times as long

  const Bytes opening = Repeated(bytes, he::kAnswerAt + he::kOpeningSize);
  CheckSame(he::ReadOpening(opening), opening);
  const Bytes contribution = Repeated(bytes, he::kAnswerAt + he::kSealedKeySize);
  CheckSame(he::ReadContribution(contribution), contribution);

  // A decryptor's own key, then what the bytes say it has done.
  const he::TestCommittee& made = he::ThreeDecryptors();
  florin::protocol::ProtocolSetup setup;
  setup.vector_size = 1;
  setup.contributors_max = 5;
  setup.committee = made.committee;
  florin::base::Writer saved;
  saved.U8(1).Blob(made.keys[0].view()).Fixed(bytes);
  const auto party = he::RestoreDecryptor(
      setup, {.place = he::PlaceOf(0), .identity = he::DecryptorIdentity(0)}, saved.view());
  if (party.ok()) {
    const Bytes again = florin::protocol::SavedBytes(**party);
    const ByteView first = saved.view();
    FLORIN_CHECK(std::equal(again.begin(), again.end(), first.begin(), first.end()));
  }
  return 0;
}
