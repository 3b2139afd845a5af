// Any text is either a view or a list of faults.
#include "florin/base/check.h"
#include "florin/job/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace florin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = job::ParseView(text, "x.view.yaml");
  FLORIN_CHECK(parsed.ok() != !parsed.ToStatus().ok());
  if (parsed.ok()) FLORIN_CHECK(!parsed.value.name.empty() && !parsed.value.csv.path.empty());
  return 0;
}
