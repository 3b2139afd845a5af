// Any text is either a job or a list of faults; a job's bytes restore to the same bytes.
#include "florin/base/check.h"
#include "florin/job/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace florin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = [](const std::string&) -> Result<std::string> {
    return std::string("id\na\n");
  };
  const auto parsed = job::ParseJob(text, "job.yaml", read);
  if (!parsed.ok()) {
    FLORIN_CHECK(!parsed.ToStatus().ok());
    return 0;
  }
  base::Writer first;
  parsed.value.Save(first);
  base::Reader reader(first.view());
  const auto restored = job::JobSpec::Restore(reader);
  FLORIN_CHECK(restored.ok() && reader.Finish("job").ok());
  base::Writer second;
  restored->Save(second);
  const Bytes one = std::move(first).Take();
  const Bytes two = std::move(second).Take();
  FLORIN_CHECK(one == two);
  return 0;
}
