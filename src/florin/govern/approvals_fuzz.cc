// Approvals::Restore: no bytes crash it, and what it accepts restores to the same from its own
// bytes.
#include "florin/base/check.h"
#include "florin/govern/approvals.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace florin;
  base::Reader reader(ByteView(data, size));
  const auto approvals = govern::Approvals::Restore(reader);
  if (!approvals.ok()) return 0;
  base::Writer writer;
  approvals->Save(writer);
  base::Reader again(writer.view());
  const auto restored = govern::Approvals::Restore(again);
  FLORIN_CHECK(restored.ok() && *restored == *approvals && again.Finish("approvals").ok());
  return 0;
}
