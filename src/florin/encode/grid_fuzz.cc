// Grid::Restore: no bytes crash it, and what it accepts writes the same bytes again.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "florin/encode/grid.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using florin::base::Reader;
  Reader reader(florin::ByteView(data, size));
  const auto grid = florin::encode::Grid::Restore(reader);
  if (!grid.ok()) return 0;
  florin::base::Writer writer;
  grid->Save(writer);
  const auto written = writer.view();
  FLORIN_CHECK(written.size() == size - reader.remaining());
  FLORIN_CHECK(std::equal(written.begin(), written.end(), data));
  return 0;
}
