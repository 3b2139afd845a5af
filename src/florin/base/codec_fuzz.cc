// Any bytes, read by a script that the bytes themselves choose: no crash, no read past the end, and
// what a varint says is written back as the bytes it was read from.
#include "florin/base/codec.h"

#include "florin/base/check.h"

namespace florin::base {
namespace {

void ReadVarint(Reader& reader, ByteView all) {
  const size_t first = all.size() - reader.remaining();
  const uint64_t value = reader.Varint();
  if (!reader.ok()) return;
  Writer writer;
  writer.Varint(value);
  FLORIN_CHECK(Hex(writer.view()) == Hex(all.subspan(first, writer.size())));
  FLORIN_CHECK(first + writer.size() == all.size() - reader.remaining());
}

void Step(Reader& reader, ByteView all) {
  switch (reader.U8() % 9) {
    case 0:
      ReadVarint(reader, all);
      break;
    case 1:
      reader.I64();
      break;
    case 2:
      FLORIN_CHECK(reader.Text(100).size() <= 100);
      break;
    case 3:
      FLORIN_CHECK(reader.Blob(1 << 20).size() <= all.size());
      break;
    case 4:
      FLORIN_CHECK(reader.Array<double>(1 << 20).size() <= all.size() / 8);
      break;
    case 5:
      reader.Bool();
      break;
    case 6:
      reader.F64();
      break;
    case 7:
      reader.U32();
      break;
    default:
      reader.Fixed(reader.U8());
  }
}

}  // namespace
}  // namespace florin::base

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const florin::ByteView all(data, size);
  florin::base::Reader reader(all);
  while (reader.ok() && reader.remaining() > 0) florin::base::Step(reader, all);
  static_cast<void>(reader.Finish("fuzz"));
  return 0;
}
