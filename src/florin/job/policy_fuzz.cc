// Any text is either a policy or a list of faults; a policy answers any passage.
#include "florin/base/check.h"
#include "florin/job/parse_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace florin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = job::ParsePolicy(text, "x.policy.yaml");
  FLORIN_CHECK(parsed.ok() != !parsed.ToStatus().ok());
  if (!parsed.ok()) return 0;
  FLORIN_CHECK(!parsed.value.name.empty());
  const govern::Verdict verdict = govern::Check(parsed.value, {});
  FLORIN_CHECK(verdict.passes() == verdict.why.empty());
  return 0;
}
