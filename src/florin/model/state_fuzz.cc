// State, private state and model spec from hostile bytes: no crash, and what is accepted writes the
// same bytes again.
#include <algorithm>
#include <cstdlib>

#include "florin/model/model.h"

namespace {

template <typename T>
void Check(florin::ByteView bytes) {
  florin::base::Reader reader(bytes);
  const auto restored = T::Restore(reader);
  if (!restored.ok() || !reader.Finish("input").ok()) return;
  florin::base::Writer writer;
  restored->Save(writer);
  if (!std::ranges::equal(writer.view(), bytes)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const florin::ByteView bytes{data + 1, size - 1};
  switch (data[0] % 3) {
    case 0:
      Check<florin::model::State>(bytes);
      break;
    case 1:
      Check<florin::model::PrivateState>(bytes);
      break;
    default:
      Check<florin::model::ModelSpec>(bytes);
  }
  return 0;
}
