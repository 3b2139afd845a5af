// Any bytes as a layout and values: no crash, and what is accepted is written back as it was read.
#include "florin/base/check.h"
#include "florin/num/layout.h"
#include "florin/num/values.h"

namespace florin::num {
namespace {

void ReadLayout(ByteView bytes) {
  base::Reader reader(bytes);
  const Result<Layout> layout = Layout::Restore(reader);
  if (!layout.ok()) return;
  base::Writer writer;
  layout->Save(writer);
  FLORIN_CHECK(base::Hex(writer.view()) == base::Hex(bytes.first(writer.size())));
  size_t size = 0;
  for (const Slice& slice : layout->slices()) {
    FLORIN_CHECK(slice.offset == size && slice.size > 0);
    size += slice.size;
  }
  FLORIN_CHECK(size == layout->size() && size <= Layout::kValuesMax);
}

void ReadValues(ByteView bytes) {
  base::Reader reader(bytes);
  const Values values = Values::Restore(reader, size_t{1} << 16);
  if (!reader.ok()) return;
  base::Writer writer;
  values.Save(writer);
  FLORIN_CHECK(base::Hex(writer.view()) == base::Hex(bytes.first(writer.size())));
}

}  // namespace
}  // namespace florin::num

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  florin::num::ReadLayout({data, size});
  florin::num::ReadValues({data, size});
  return 0;
}
