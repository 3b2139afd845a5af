// Everything this room restores: no bytes crash it, and what it accepts saves to the same bytes.
#include <algorithm>

#include "florin/base/check.h"
#include "florin/identity/enrolment.h"
#include "florin/identity/operators.h"

namespace {

template <typename T>
void CheckRecord(florin::ByteView bytes) {
  const auto value = T::Restore(bytes);
  if (!value.ok()) return;
  const florin::Bytes saved = value->Save();
  FLORIN_CHECK(std::equal(saved.begin(), saved.end(), bytes.begin(), bytes.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace identity = florin::identity;
  const florin::ByteView bytes(data, size);
  CheckRecord<identity::Authority>(bytes);
  CheckRecord<identity::EnrolmentRequest>(bytes);
  CheckRecord<identity::Operators>(bytes);
  CheckRecord<identity::RenewalRequest>(bytes);
  CheckRecord<identity::Roster>(bytes);
  CheckRecord<identity::SignedCommand>(bytes);
  CheckRecord<identity::TokenRecord>(bytes);
  CheckRecord<identity::Trust>(bytes);
  const auto change = identity::OperatorChange::FromCommand(bytes);
  if (change.ok()) {
    const florin::Bytes saved = change->ToCommand();
    FLORIN_CHECK(std::equal(saved.begin(), saved.end(), bytes.begin(), bytes.end()));
  }
  return 0;
}
