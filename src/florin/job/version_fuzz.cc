// Any bytes are either a model file or an error. The checksum is made right before reading, so that
// the parser behind it is reached; a job spec is tried on the same bytes.
#include <algorithm>

#include "florin/base/check.h"
#include "florin/crypto/sha256.h"
#include "florin/job/spec.h"
#include "florin/job/version.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace florin;
  base::Reader reader(ByteView(data, size));
  static_cast<void>(job::JobSpec::Restore(reader).ok());

  static_cast<void>(job::RestoreVersion(ByteView(data, size)).ok());
  if (size < 32) return 0;
  Bytes bytes(data, data + size);
  const auto digest = crypto::HashSha256(ByteView(bytes).first(size - 32));
  std::copy(digest.begin(), digest.end(), bytes.end() - 32);
  const auto version = job::RestoreVersion(bytes);
  if (version.ok()) FLORIN_CHECK(job::SaveVersion(*version) == bytes);
  return 0;
}
