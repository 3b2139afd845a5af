// A strategy's spec from hostile bytes: no crash, and what is accepted writes the same bytes again.
#include <algorithm>
#include <cstdlib>

#include "florin/strategy/strategy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  florin::base::Reader reader(florin::ByteView{data, size});
  const auto restored = florin::strategy::StrategySpec::Restore(reader);
  if (!restored.ok() || !reader.Finish("spec").ok()) return 0;
  florin::base::Writer writer;
  restored->Save(writer);
  if (!std::ranges::equal(writer.view(), florin::ByteView{data, size})) std::abort();
  return 0;
}
