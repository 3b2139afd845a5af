#include "florin/protocol/secagg/masks.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "florin/base/codec.h"
#include "florin/crypto/hkdf.h"

namespace florin::protocol::secagg {
namespace {

using crypto::MaskSign;

constexpr size_t kBlock = 8192;  // narrow entries at a time: 32 KiB

Bytes Info(std::string_view label, PartyId first, PartyId second) {
  base::Writer writer;
  writer.Text(label).U32(first.index).U32(second.index);
  return std::move(writer).Take();
}

uint64_t SignExtended(uint32_t residue, uint32_t bits) {
  const uint32_t shift = 32 - bits;
  return static_cast<uint64_t>(int64_t{static_cast<int32_t>(residue << shift) >> shift});
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
  std::array<uint32_t, kBlock> block;
  for (size_t first = 0; first < setup_.narrow_size && !narrow_.empty(); first += kBlock) {
    const size_t size = std::min(kBlock, setup_.narrow_size - first);
    const Span<uint64_t> part = words.subspan(first, size);
    for (size_t i = 0; i < size; ++i) block[i] = static_cast<uint32_t>(part[i]);
    crypto::ApplyMasks(narrow_, first, Span<uint32_t>(block).first(size));
    for (size_t i = 0; i < size; ++i) part[i] = SignExtended(block[i], setup_.narrow_bits);
  }
  crypto::ApplyMasks(wide_, 0, words.subspan(setup_.narrow_size));
  narrow_.clear();
  wide_.clear();
}

}  // namespace florin::protocol::secagg
