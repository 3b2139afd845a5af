// Any bytes as a sealed file: no crash, and nothing opens. Then the bytes as changes to a true
// file: it opens only where they change nothing.
#include "florin/crypto/sealing.h"

#include "florin/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace crypto = florin::crypto;
  using florin::Bytes;
  const Bytes key(crypto::kSealingKeySize, 1);
  static const Bytes kSealed = crypto::SealBytes(key, {}, Bytes(40, 2));
  const Bytes bytes(data, data + size);
  FLORIN_CHECK(crypto::OpenBytes(key, {}, bytes).ok() == (bytes == kSealed));
  Bytes changed = kSealed;
  for (size_t i = 0; i < size; ++i) changed[i % changed.size()] ^= data[i];
  FLORIN_CHECK(crypto::OpenBytes(key, {}, changed).ok() == (changed == kSealed));
  return 0;
}
