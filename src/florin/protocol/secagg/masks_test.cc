#include "florin/protocol/secagg/masks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "florin/base/codec.h"
#include "florin/base/parallel.h"
#include "florin/crypto/hkdf.h"
#include "florin/protocol/cohort_testing.h"

namespace florin::protocol::secagg {
namespace {

constexpr uint32_t kBits = 20;
constexpr size_t kNarrow = 140'001;  // more than two runs, and no whole number of blocks
constexpr size_t kAll = kNarrow + 70'003;

ProtocolSetup Narrow() {
  ProtocolSetup setup = SetupOf(9, kAll);
  setup.narrow_size = kNarrow;
  setup.narrow_bits = kBits;
  return setup;
}

const crypto::SecretBytes& Agreed() {
  static const crypto::SecretBytes secret(Bytes(32, 0x17));
  return secret;
}

std::vector<uint64_t> Masked(size_t threads, uint32_t place, uint32_t other, bool is_removed,
                             std::vector<uint64_t> words) {
  const size_t before = base::ThreadCount();
  base::SetThreadCount(threads);
  const ProtocolSetup setup = Narrow();
  Masks masks(setup);
  masks.AddPair(Agreed(), {place}, {other}, is_removed);
  masks.Apply(words);
  base::SetThreadCount(before);
  return words;
}

std::vector<uint64_t> Words() {
  std::vector<uint64_t> words(kAll);
  for (size_t i = 0; i < kAll; ++i) words[i] = i % 1000 - 500;
  return words;
}

// docs/spec/protocols.md, section 5: both streams of the pair, each from its first word on.
TEST(SecaggMasks, APairsMaskIsThatOfThePage) {
  base::Writer info;
  info.Text("florin secagg pair mask").U32(3).U32(8);
  const crypto::SecretBytes keys =
      crypto::Hkdf(crypto::HkdfHash::kSha256, Narrow().context, Agreed().view(), info.view(), 32);
  const crypto::Mask narrow(keys.view().first(16), crypto::MaskSign::kAdd);
  const crypto::Mask wide(keys.view().subspan(16), crypto::MaskSign::kAdd);
  std::vector<uint32_t> low(kNarrow);
  std::vector<uint64_t> expected = Words();
  for (size_t i = 0; i < kNarrow; ++i) low[i] = static_cast<uint32_t>(expected[i]);
  crypto::ApplyMasks({&narrow, 1}, 0, Span<uint32_t>(low));
  for (size_t i = 0; i < kNarrow; ++i) {
    const auto residue = static_cast<int64_t>(low[i] % (1U << kBits));
    const bool is_negative = residue >= int64_t{1} << (kBits - 1);
    expected[i] = static_cast<uint64_t>(is_negative ? residue - (int64_t{1} << kBits) : residue);
  }
  crypto::ApplyMasks({&wide, 1}, 0, Span<uint64_t>(expected).subspan(kNarrow));
  for (const size_t threads : {1U, 3U}) {
    EXPECT_TRUE(Masked(threads, 3, 8, false, Words()) == expected) << threads;
  }
}

TEST(SecaggMasks, BothEndsAndTakingOffCancel) {
  const std::vector<uint64_t> masked = Masked(2, 3, 8, false, Words());
  EXPECT_FALSE(masked == Words());
  EXPECT_TRUE(Masked(2, 8, 3, false, masked) == Words());
  EXPECT_TRUE(Masked(2, 3, 8, true, masked) == Words());
}

}  // namespace
}  // namespace florin::protocol::secagg
