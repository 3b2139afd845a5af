#include "florin/crypto/mask.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "florin/base/check.h"
#include "florin/crypto/mask_kernels.h"
#include "florin/num/kernels.h"

namespace florin::crypto {
namespace {

template <typename Word>
mask::Operation OperationOf(MaskSign sign) {
  if constexpr (sizeof(Word) == 4) {
    return sign == MaskSign::kAdd ? mask::Operation::kAdd32 : mask::Operation::kSubtract32;
  } else {
    return sign == MaskSign::kAdd ? mask::Operation::kAdd64 : mask::Operation::kSubtract64;
  }
}

// Whole blocks of AES.
template <typename Word>
void ApplyBlocks(Span<const Mask> masks, uint64_t block, Word* values, size_t blocks) {
  for (const Mask& one : masks) {
    mask::Active().apply(OperationOf<Word>(one.sign()), one.schedule().data(), {0, block}, blocks,
                         reinterpret_cast<uint8_t*>(values));
  }
}

// Some words of one block, from `skip` on.
template <typename Word>
void ApplyEdge(Span<const Mask> masks, uint64_t block, size_t skip, Span<Word> values) {
  std::array<Word, mask::kBlock / sizeof(Word)> words{};
  std::copy(values.begin(), values.end(), words.begin() + static_cast<ptrdiff_t>(skip));
  ApplyBlocks(masks, block, words.data(), 1);
  std::copy_n(words.begin() + static_cast<ptrdiff_t>(skip), values.size(), values.begin());
}

template <typename Word>
void Apply(Span<const Mask> masks, uint64_t first, Span<Word> values) {
  FLORIN_CHECK(first <= Mask::kElementsMax<Word> &&
               values.size() <= Mask::kElementsMax<Word> - first);
  constexpr size_t kPerBlock = mask::kBlock / sizeof(Word);
  constexpr size_t kRun = mask::kRunMax / sizeof(Word);
  while (!values.empty()) {
    const size_t skip = first % kPerBlock;
    size_t count = std::min(values.size(), kRun) / kPerBlock * kPerBlock;
    if (skip != 0 || count == 0) {
      count = std::min(values.size(), kPerBlock - skip);
      ApplyEdge(masks, first / kPerBlock, skip, values.first(count));
    } else {
      ApplyBlocks(masks, first / kPerBlock, values.data(), count / kPerBlock);
    }
    first += count;
    values = values.subspan(count);
  }
}

}  // namespace

Mask::Mask(ByteView key, MaskSign sign)
    : schedule_(SecretBytes::Zeros(mask::kSchedule)), sign_(sign) {
  FLORIN_CHECK(key.size() == kKeySize);
  mask::Active().expand(key.data(), schedule_.span().data());
}

void ApplyMasks(Span<const Mask> masks, uint64_t first, Span<uint32_t> values) {
  Apply(masks, first, values);
}
void ApplyMasks(Span<const Mask> masks, uint64_t first, Span<uint64_t> values) {
  Apply(masks, first, values);
}

namespace mask {

const Path* Find(const char* name) {
  if (num::Find(name) == nullptr) return nullptr;
#if defined(__x86_64__)
  const std::string_view wanted = name;
  const bool has_aes = __builtin_cpu_supports("aes");  // the key schedule of both
  const bool has_vaes = has_aes && __builtin_cpu_supports("vaes");
  if (wanted == "avx512") return has_vaes ? &kAvx512Path : nullptr;
  if (wanted == "avx2") return has_aes ? &kAvx2Path : nullptr;
#endif
  return &kBaselinePath;
}

namespace {
// The path of the kernels, or the best one below it.
const Path& Choose() {
  const std::string_view kernels = num::Active().name;
  const Path* path = Find(num::Active().name);
  if (path == nullptr && kernels == "avx512") path = Find("avx2");
  return path == nullptr ? kBaselinePath : *path;
}
}  // namespace

const Path& Active() {
  static const Path& active = Choose();
  return active;
}

}  // namespace mask
}  // namespace florin::crypto
