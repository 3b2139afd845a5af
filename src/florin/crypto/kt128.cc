#include "florin/crypto/kt128.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "florin/base/check.h"
#include "florin/crypto/keccak.h"
#include "florin/num/kernels.h"

namespace florin::crypto {
namespace {

constexpr uint8_t kRootDomain = 0x06;     // of a tree
constexpr uint8_t kAloneDomain = 0x07;    // of one chunk
constexpr uint8_t kTreeMark[8] = {0x03};  // between the first chunk and the chaining values

// RFC 9861, section 3.3: big-endian without zeros in front, then how many bytes that was.
struct LengthCode {
  std::array<uint8_t, 9> bytes{};
  size_t size = 0;
  ByteView view() const { return ByteView(bytes).first(size); }
};
LengthCode EncodeLength(uint64_t value) {
  LengthCode code;
  for (int shift = 56; shift >= 0; shift -= 8) {
    if (value >> shift != 0) code.bytes[code.size++] = static_cast<uint8_t>(value >> shift);
  }
  code.bytes[code.size] = static_cast<uint8_t>(code.size);
  ++code.size;
  return code;
}

void Xor(uint8_t* into, ByteView bytes) {
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= bytes.size(); i += sizeof(uint64_t)) {
    uint64_t a;
    uint64_t b;
    std::memcpy(&a, into + i, sizeof(a));
    std::memcpy(&b, bytes.data() + i, sizeof(b));
    a ^= b;
    std::memcpy(into + i, &a, sizeof(a));
  }
  for (; i < bytes.size(); ++i) into[i] ^= bytes[i];
}

}  // namespace

Kt128::Kt128(ByteView customisation) : customisation_(customisation.begin(), customisation.end()) {}

Kt128& Kt128::Update(ByteView bytes) {
  FLORIN_CHECK(!finished_);
  constexpr size_t kChunk = keccak::kChunk;
  while (!bytes.empty()) {
    const size_t at = taken_ % kChunk;
    // A first chunk by itself gains nothing from the lanes.
    const size_t whole_from = taken_ == 0 ? 2 * kChunk : kChunk;
    size_t count = std::min(bytes.size(), kChunk - at);
    if (at == 0 && bytes.size() >= whole_from) {
      count = TakeChunks(bytes);
    } else {
      TakePart(bytes.first(count));
    }
    taken_ += count;
    bytes = bytes.subspan(count);
  }
  return *this;
}

void Kt128::TakePart(ByteView part) {
  if (taken_ < keccak::kChunk) return root_.Absorb(part);
  if (taken_ == keccak::kChunk) root_.Absorb(kTreeMark);
  leaf_.Absorb(part);
  if ((taken_ + part.size()) % keccak::kChunk == 0) CloseLeaf();
}

void Kt128::CloseLeaf() {
  std::array<uint8_t, keccak::kChainingValue> value;
  leaf_.Close(keccak::kLeafDomain);
  leaf_.Squeeze(value);
  root_.Absorb(value);
  leaf_ = Sponge();
}

size_t Kt128::TakeChunks(ByteView bytes) {
  constexpr size_t kRun = 64;  // chunks between two visits to the root
  std::array<uint8_t, kRun * keccak::kChainingValue> values;
  const size_t count = std::min(bytes.size() / keccak::kChunk, kRun);
  const keccak::Path& path = count == 1 ? keccak::kBaselinePath : keccak::Active();
  ByteView leaves = Span<uint8_t>(values).first(count * keccak::kChainingValue);
  if (taken_ == 0) {
    path.hash_chunks(bytes.data(), count, values.data(), root_.words.data());
    root_.at = keccak::kChunk % keccak::kRate;
    leaves = leaves.subspan(keccak::kChainingValue);
  } else {
    path.hash_chunks(bytes.data(), count, values.data(), nullptr);
  }
  if (taken_ <= keccak::kChunk) root_.Absorb(kTreeMark);
  root_.Absorb(leaves);
  return count * keccak::kChunk;
}

void Kt128::Finish(Span<uint8_t> output) && {
  Update(customisation_).Update(EncodeLength(customisation_.size()).view());
  if (taken_ <= keccak::kChunk) {
    root_.Close(kAloneDomain);
  } else {
    if (taken_ % keccak::kChunk != 0) CloseLeaf();
    root_.Absorb(EncodeLength((taken_ - 1) / keccak::kChunk).view());
    root_.Absorb(std::array<uint8_t, 2>{0xFF, 0xFF});
    root_.Close(kRootDomain);
  }
  root_.Squeeze(output);
  finished_ = true;
}

Kt128Digest Kt128::Finish() && {
  Kt128Digest digest;
  std::move(*this).Finish(Span<uint8_t>(digest));
  return digest;
}

Kt128Digest HashKt128(ByteView bytes, ByteView customisation) {
  Kt128 hash(customisation);
  hash.Update(bytes);
  return std::move(hash).Finish();
}

void Kt128::Sponge::Absorb(ByteView bytes) {
  auto* state = reinterpret_cast<uint8_t*>(words.data());
  while (!bytes.empty()) {
    const size_t count = std::min(bytes.size(), keccak::kRate - at);
    Xor(state + at, bytes.first(count));
    at += count;
    bytes = bytes.subspan(count);
    if (at == keccak::kRate) {
      keccak::Permute(words.data());
      at = 0;
    }
  }
}

void Kt128::Sponge::Close(uint8_t domain) {
  auto* state = reinterpret_cast<uint8_t*>(words.data());
  state[at] ^= domain;
  state[keccak::kRate - 1] ^= 0x80;
  keccak::Permute(words.data());
}

void Kt128::Sponge::Squeeze(Span<uint8_t> output) const {
  std::array<uint64_t, keccak::kWords> state = words;
  while (!output.empty()) {
    const size_t count = std::min(output.size(), keccak::kRate);
    std::memcpy(output.data(), state.data(), count);
    output = output.subspan(count);
    if (!output.empty()) keccak::Permute(state.data());
  }
}

namespace keccak {

const Path* Find(const char* name) {
  if (num::Find(name) == nullptr) return nullptr;
#if defined(__x86_64__)
  for (const Path* path : {&kAvx512Path, &kAvx2Path}) {
    if (std::strcmp(name, path->name) == 0) return path;
  }
#endif
  return &kBaselinePath;
}

const Path& Active() {
  static const Path& active = *Find(num::Active().name);
  return active;
}

}  // namespace keccak
}  // namespace florin::crypto
