// Mask streams by OpenSSL, on processors without AES instructions that we use ourselves. A context
// of the thread's own takes a new key in a fraction of a microsecond, and keeps the last one until
// the next or the thread's end.
#include <array>
#include <cstring>

#include "florin/base/check.h"
#include "florin/crypto/backend/openssl_handles.h"
#include "florin/crypto/mask_kernels.h"

namespace florin::crypto::mask {
namespace {

const EVP_CIPHER* Aes128Ctr() {
  static const EVP_CIPHER* const kCipher = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
  FLORIN_CHECK(kCipher != nullptr);
  return kCipher;
}

std::array<uint8_t, kBlock> BigEndian(Counter counter) {
  std::array<uint8_t, kBlock> bytes;
  for (size_t i = 0; i < 8; ++i) {
    bytes[7 - i] = static_cast<uint8_t>(counter.high >> (8 * i));
    bytes[15 - i] = static_cast<uint8_t>(counter.low >> (8 * i));
  }
  return bytes;
}

template <typename Word>
void Combine(bool subtract, const uint8_t* stream, size_t size, uint8_t* values) {
  for (size_t at = 0; at < size; at += sizeof(Word)) {
    Word term;
    Word value;
    std::memcpy(&term, stream + at, sizeof(Word));
    std::memcpy(&value, values + at, sizeof(Word));
    value = subtract ? value - term : value + term;
    std::memcpy(values + at, &value, sizeof(Word));
  }
}

void Expand(const uint8_t* key, uint8_t* schedule) { std::memcpy(schedule, key, kBlock); }

void Apply(Operation operation, const uint8_t* schedule, Counter counter, size_t blocks,
           uint8_t* values) {
  thread_local const openssl::CipherContext context(EVP_CIPHER_CTX_new());
  const size_t size = blocks * kBlock;
  FLORIN_CHECK(context != nullptr && size <= kRunMax);
  alignas(64) std::array<uint8_t, kRunMax> stream;
  std::memset(stream.data(), 0, size);
  int made = 0;
  FLORIN_CHECK(EVP_EncryptInit_ex2(context.get(), Aes128Ctr(), schedule, BigEndian(counter).data(),
                                   nullptr) == 1);
  FLORIN_CHECK(EVP_EncryptUpdate(context.get(), stream.data(), &made, stream.data(),
                                 static_cast<int>(size)) == 1);
  switch (operation) {
    case Operation::kAdd32:
    case Operation::kSubtract32:
      Combine<uint32_t>(operation == Operation::kSubtract32, stream.data(), size, values);
      break;
    case Operation::kAdd64:
    case Operation::kSubtract64:
      Combine<uint64_t>(operation == Operation::kSubtract64, stream.data(), size, values);
      break;
  }
  OPENSSL_cleanse(stream.data(), size);
}

}  // namespace

constinit const Path kBaselinePath = {"baseline", Expand, Apply};

}  // namespace florin::crypto::mask
