#include "florin/job/version.h"

#include <cstring>
#include <utility>

#include "florin/base/ids_codec.h"
#include "florin/crypto/sha256.h"

namespace florin::job {
namespace {

// docs/spec/files.md, "Model file".
constexpr char kMagic[] = "FLORINMV";
constexpr size_t kMagicSize = 8;
constexpr uint32_t kFormat = 1;
constexpr size_t kNameMax = 64;
constexpr size_t kMetricsMax = 64;
constexpr size_t kDigestSize = 32;

Status Fault(std::string_view code, std::string message) {
  return Status(Kind::kFailed, code, std::move(message));
}

void SaveMetrics(const std::vector<model::Figure>& metrics, base::Writer& writer) {
  writer.Varint(metrics.size());
  for (const model::Figure& figure : metrics) writer.Text(figure.name).F64(figure.value);
}

std::vector<model::Figure> RestoreMetrics(base::Reader& reader) {
  const uint64_t count = reader.Varint();
  if (count > kMetricsMax) reader.Fail("too many metrics");
  std::vector<model::Figure> metrics;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    std::string name = reader.Text(kNameMax);
    metrics.push_back({std::move(name), reader.F64()});
  }
  return metrics;
}

VersionId NameVersion(const Lineage& version) {
  base::Writer writer;
  writer.Text("florin version 1").Fixed(version.parent.bytes).Text(version.job.text());
  writer.U32(version.round.number).Fixed(version.plan.bytes);
  SaveMetrics(version.metrics, writer);
  writer.Fixed(version.model_hash.bytes);
  return crypto::HashAs<VersionId>(writer.view());
}

void WriteLineage(const Lineage& lineage, base::Writer& writer) {
  writer.Fixed(lineage.id.bytes).Fixed(lineage.parent.bytes).Text(lineage.job.text());
  writer.U32(lineage.round.number).Fixed(lineage.plan.bytes).Fixed(lineage.model_hash.bytes);
  SaveMetrics(lineage.metrics, writer);
  writer.U64(lineage.contribution_count).I64(lineage.created.micros);
}

Lineage ReadLineage(base::Reader& reader) {
  Lineage lineage;
  lineage.id = base::ReadDigest<VersionId>(reader);
  lineage.parent = base::ReadDigest<VersionId>(reader);
  lineage.job = JobId(reader.Text(kNameMax));
  lineage.round.number = reader.U32();
  lineage.plan = base::ReadDigest<PlanHash>(reader);
  lineage.model_hash = base::ReadDigest<ModelHash>(reader);
  lineage.metrics = RestoreMetrics(reader);
  lineage.contribution_count = reader.U64();
  lineage.created.micros = reader.I64();
  return lineage;
}

Status NotItsId() {
  return Fault("MODEL-HASH", "model file: its lineage does not have its version id");
}

}  // namespace

Bytes SaveLineage(const Lineage& lineage) {
  base::Writer writer;
  WriteLineage(lineage, writer);
  return std::move(writer).Take();
}

Result<Lineage> RestoreLineage(ByteView bytes) {
  base::Reader reader(bytes);
  Lineage lineage = ReadLineage(reader);
  FLORIN_TRY(reader.Finish("lineage"));
  if (NameVersion(lineage) != lineage.id) return NotItsId();
  return lineage;
}

ModelHash HashModel(const model::State& state) {
  base::Writer head;  // with the parameters behind it: the bytes of State::SaveModel
  state.layout.Save(head);
  state.parameters.SaveHead(head);
  crypto::Sha256 sha;
  sha.Update(head.view()).Update(state.parameters.bytes());
  ModelHash hash;
  hash.bytes = std::move(sha).Finish();
  return hash;
}

void SealVersion(Version& version) {
  version.model_hash = HashModel(*version.state);
  version.id = NameVersion(version);
}

Bytes SaveVersion(const Version& version) {
  base::Writer writer;
  writer.Fixed(base::AsBytes(std::string_view(kMagic, kMagicSize))).U32(kFormat);
  WriteLineage(version, writer);
  version.state->Save(writer);
  const crypto::Sha256Digest digest = crypto::HashSha256(writer.view());
  writer.Fixed(digest);
  return std::move(writer).Take();
}

Result<Version> RestoreVersion(ByteView bytes) {
  if (bytes.size() < kMagicSize + 4 + kDigestSize ||
      std::memcmp(bytes.data(), kMagic, kMagicSize) != 0) {
    return Fault("MODEL-FILE", "not a model file: expected one that starts with FLORINMV");
  }
  const ByteView body = bytes.first(bytes.size() - kDigestSize);
  base::Reader reader(body);
  reader.Fixed(kMagicSize);
  const uint32_t format = reader.U32();
  if (format != kFormat) {
    return Fault("MODEL-FILE", "model file format " + std::to_string(format) +
                                   ": this program reads format " + std::to_string(kFormat));
  }
  const crypto::Sha256Digest digest = crypto::HashSha256(body);
  if (std::memcmp(digest.data(), bytes.last(kDigestSize).data(), kDigestSize) != 0) {
    return Fault("MODEL-FILE",
                 "model file is damaged: its bytes do not have its checksum; "
                 "restore it from a copy");
  }
  Version version;
  static_cast<Lineage&>(version) = ReadLineage(reader);
  Result<model::State> state = model::State::Restore(reader);
  Status status = state.ok() ? reader.Finish("model file") : state.status();
  if (!status.ok()) return Fault("MODEL-FILE", std::string(status.message()));
  version.state = std::make_shared<const model::State>(std::move(state).value());

  if (HashModel(*version.state) != version.model_hash) {
    return Fault("MODEL-HASH", "model file: its parameters do not have its model hash");
  }
  if (NameVersion(version) != version.id) return NotItsId();
  return version;
}

}  // namespace florin::job
