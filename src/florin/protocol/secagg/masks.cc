#include "florin/protocol/secagg/masks.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "florin/base/codec.h"
#include "florin/base/parallel.h"
#include "florin/crypto/hkdf.h"
#include "florin/num/ring.h"

namespace florin::protocol::secagg {
namespace {

using crypto::MaskSign;

constexpr size_t kBlock = 8192;      // narrow entries at a time: 32 KiB
constexpr size_t kRun = 8 * kBlock;  // entries that are worth a thread

Bytes Info(std::string_view label, PartyId first, PartyId second) {
  base::Writer writer;
  writer.Text(label).U32(first.index).U32(second.index);
  return std::move(writer).Take();
}

// Calls do_run(first, size) for runs of [0, size), each on some thread.
template <typename DoRun>
void ForEachRun(size_t size, const DoRun& do_run) {
  base::ParallelFor((size + kRun - 1) / kRun,
                    [&](size_t i, size_t) { do_run(i * kRun, std::min(kRun, size - i * kRun)); });
}

}  // namespace

void Masks::Add(const crypto::SecretBytes& secret, ByteView info, MaskSign sign) {
  static constexpr size_t kSize = crypto::Mask::kKeySize;
  const crypto::SecretBytes keys =
      crypto::Hkdf(crypto::HkdfHash::kSha256, setup_.context, secret.view(), info, 2 * kSize);
  if (setup_.narrow_size > 0) narrow_.emplace_back(keys.view().first(kSize), sign);
  wide_.emplace_back(keys.view().subspan(kSize), sign);
}

void Masks::AddSelf(const crypto::SecretBytes& seed, PartyId place, MaskSign sign) {
  Add(seed, Info("florin secagg self mask", place, place), sign);
}

void Masks::AddPair(const crypto::SecretBytes& agreed, PartyId place, PartyId other,
                    bool is_removed) {
  const bool is_added = (other > place) != is_removed;
  Add(agreed, Info("florin secagg pair mask", std::min(place, other), std::max(place, other)),
      is_added ? MaskSign::kAdd : MaskSign::kSubtract);
}

void Masks::Apply(Span<uint64_t> words) {
  FLORIN_CHECK(words.size() == setup_.vector_size);
  const Span<uint64_t> narrow = words.first(narrow_.empty() ? 0 : setup_.narrow_size);
  ForEachRun(narrow.size(), [&](size_t first, size_t size) {
    for (size_t at = first; at < first + size; at += kBlock) {
      ApplyNarrow(at, narrow.subspan(at, std::min(kBlock, first + size - at)));
    }
  });
  const Span<uint64_t> wide = words.subspan(setup_.narrow_size);
  ForEachRun(wide.size(), [&](size_t first, size_t size) {
    crypto::ApplyMasks(wide_, first, wide.subspan(first, size));
  });
  narrow_.clear();
  wide_.clear();
}

// As residues of 32 bits, of which the lowest narrow_bits count.
void Masks::ApplyNarrow(size_t first, Span<uint64_t> words) const {
  constexpr size_t kWidth = sizeof(uint32_t);
  std::array<uint32_t, kBlock> block{};
  const Span<uint8_t> bytes(reinterpret_cast<uint8_t*>(block.data()), words.size() * kWidth);
  num::PackRing(words, kWidth, bytes);
  crypto::ApplyMasks(narrow_, first, Span<uint32_t>(block).first(words.size()));
  if (const uint32_t spare = 32 - setup_.narrow_bits; spare > 0) {
    for (uint32_t& residue : block) {
      residue = static_cast<uint32_t>(static_cast<int32_t>(residue << spare) >> spare);
    }
  }
  num::UnpackRing(bytes, kWidth, words);
}

}  // namespace florin::protocol::secagg
