#include "florin/round/job_book.h"

#include "florin/base/codec.h"

namespace florin::round {
namespace {

constexpr size_t kNameMax = 64;
constexpr size_t kSpecMax = size_t{16} << 20;
constexpr size_t kTextMax = size_t{1} << 20;

}  // namespace

Bytes JobEntry::Save() const {
  base::Writer writer;
  writer.U8(1).Text(id.text()).Blob(spec).Text(text).Text(submitted_by).I64(submitted_at.micros);
  return std::move(writer).Take();
}

Result<JobEntry> JobEntry::Restore(ByteView bytes) {
  base::Reader reader(bytes);
  if (reader.U8() != 1) reader.Fail("unknown version");
  JobEntry entry;
  entry.id = JobId(reader.Text(kNameMax));
  const ByteView spec = reader.Blob(kSpecMax);
  entry.spec.assign(spec.begin(), spec.end());
  entry.text = reader.Text(kTextMax);
  entry.submitted_by = reader.Text(kNameMax);
  entry.submitted_at.micros = reader.I64();
  FLORIN_TRY(reader.Finish("job entry"));
  FLORIN_TRY(base::CheckName("job", entry.id.text()));
  return entry;
}

}  // namespace florin::round
