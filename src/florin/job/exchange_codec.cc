#include "florin/job/exchange_codec.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "florin/base/codec.h"
#include "florin/base/ids_codec.h"
#include "florin/base/text.h"
#include "florin/crypto/sha256.h"

namespace florin::job {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint32_t kStepMax = 64;    // of any protocol
constexpr size_t kCodeMax = 64;      // bytes
constexpr size_t kReasonMax = 4096;  // bytes

Status Refused(const Status& why) {
  return Status(Kind::kFailed, "WIRE-ENVELOPE", std::string(why.message()));
}

// What all four start with. Noun: any of them.
template <typename Noun>
void SaveAddress(base::Writer& writer, EnvelopeKind kind, const Noun& noun) {
  writer.U8(static_cast<uint8_t>(kind)).U8(kVersion).Text(noun.job.text());
  writer.U32(noun.round.number).U8(static_cast<uint8_t>(noun.work)).Text(noun.site.text());
}

uint32_t RestoreStep(base::Reader& reader) {
  const uint64_t step = reader.Varint();
  if (step > kStepMax) reader.Fail("no such step");
  return static_cast<uint32_t>(std::min<uint64_t>(step, kStepMax));
}

template <typename Noun>
Noun RestoreAddress(base::Reader& reader, EnvelopeKind kind) {
  if (reader.U8() != static_cast<uint8_t>(kind)) reader.Fail("another kind of envelope");
  if (reader.U8() != kVersion) reader.Fail("unknown version");
  Noun noun;
  noun.job = base::ReadName<JobId>(reader);
  noun.round.number = reader.U32();
  noun.work = base::ReadEnum(reader, Work::kUpdate, Work::kEvaluate);
  noun.site = base::ReadName<SiteId>(reader);
  return noun;
}

double RestoreReal(base::Reader& reader) {
  const double value = reader.F64();
  if (!std::isfinite(value) || std::signbit(value)) reader.Fail("neither zero nor positive");
  return value;
}

model::LocalConfig RestoreLocal(base::Reader& reader) {
  model::LocalConfig local;
  local.epochs = base::ReadCount(reader);
  local.batch_size = base::ReadCount(reader);
  local.learning_rate = RestoreReal(reader);
  local.proximal_mu = RestoreReal(reader);
  local.clipping_norm = RestoreReal(reader);
  return local;
}

}  // namespace

Result<EnvelopeKind> KindOfEnvelope(ByteView bytes) {
  base::Reader reader(bytes);
  const auto kind = base::ReadEnum(reader, EnvelopeKind::kOffer, EnvelopeKind::kReceipt);
  if (!reader.ok()) return Refused(reader.Finish("envelope"));
  return kind;
}

Bytes SaveOffer(const Offer& offer) {
  FLORIN_CHECK(offer.plan != nullptr);
  base::Writer writer;
  SaveAddress(writer, EnvelopeKind::kOffer, offer);
  writer.Fixed(offer.plan->hash.bytes).Fixed(offer.model_hash.bytes);
  writer.Varint(offer.local.epochs).Varint(offer.local.batch_size);
  writer.F64(offer.local.learning_rate).F64(offer.local.proximal_mu);
  writer.F64(offer.local.clipping_norm).Varint(offer.self.index).Varint(offer.cohort_size);
  writer.I64(offer.deadline.micros).Varint(offer.step).Fixed(offer.cohort).Blob(offer.asked);
  return std::move(writer).Take();
}

Result<OfferEnvelope> RestoreOffer(ByteView bytes) {
  base::Reader reader(bytes);
  OfferEnvelope envelope;
  Offer& offer = envelope.offer;
  offer = RestoreAddress<Offer>(reader, EnvelopeKind::kOffer);
  envelope.plan_hash = base::ReadDigest<PlanHash>(reader);
  offer.model_hash = base::ReadDigest<ModelHash>(reader);
  offer.local = RestoreLocal(reader);
  offer.self.index = base::ReadCount(reader);
  offer.cohort_size = base::ReadCount(reader);
  if (offer.self.index < 1 || offer.self.index > offer.cohort_size) {
    reader.Fail("place outside the cohort");
  }
  offer.deadline.micros = reader.I64();
  offer.step = RestoreStep(reader);
  const ByteView cohort = reader.Fixed(offer.cohort.size());
  std::copy(cohort.begin(), cohort.end(), offer.cohort.begin());
  const ByteView asked = reader.Blob(protocol::kHeaderSizeMax);
  offer.asked.assign(asked.begin(), asked.end());
  const Status status = reader.Finish("offer");
  if (!status.ok()) return Refused(status);
  return envelope;
}

protocol::MessageParts SaveContribution(const Contribution& contribution) {
  base::Writer writer;
  SaveAddress(writer, EnvelopeKind::kContribution, contribution);
  writer.Fixed(contribution.plan_hash.bytes).Fixed(contribution.id.bytes);
  writer.Varint(contribution.step);
  protocol::MessageParts parts = protocol::SplitMessage(contribution.message);
  writer.Fixed(parts.head);
  parts.head = std::move(writer).Take();
  return parts;
}

Result<ContributionHeader> RestoreHeader(ByteView header, size_t bulk_max) {
  base::Reader reader(header);
  if (header.size() > kContributionHeaderMax) reader.Fail("header over its bound");
  ContributionHeader restored;
  restored.contribution = RestoreAddress<Contribution>(reader, EnvelopeKind::kContribution);
  restored.contribution.plan_hash = base::ReadDigest<PlanHash>(reader);
  restored.contribution.id = base::ReadDigest<ContributionId>(reader);
  restored.contribution.step = RestoreStep(reader);
  restored.head = protocol::ReadHead(reader, bulk_max);
  const Status status = reader.Finish("contribution");
  if (!status.ok()) return Refused(status);
  return restored;
}

Result<Contribution> RestoreContribution(ContributionHeader header, Bytes bulk) {
  auto message = protocol::AddBulk(std::move(header.head), std::move(bulk));
  if (!message.ok()) return Refused(message.status());
  header.contribution.message = std::move(*message);
  return std::move(header.contribution);
}

Result<Contribution> RestoreContribution(ByteView header, Bytes bulk, size_t bulk_max) {
  FLORIN_ASSIGN(ContributionHeader restored, RestoreHeader(header, bulk_max));
  return RestoreContribution(std::move(restored), std::move(bulk));
}

BodyDigest DigestBody(ByteView header, const crypto::Kt128Digest& bulk) {
  crypto::Sha256 hash;
  hash.Update(header);
  hash.Update(bulk);
  BodyDigest body;
  body.bytes = std::move(hash).Finish();
  return body;
}

Bytes SaveRefusal(const Refusal& refusal) {
  base::Writer writer;
  SaveAddress(writer, EnvelopeKind::kRefusal, refusal);
  writer.Text(base::Cut(refusal.code, kCodeMax)).Text(base::Cut(refusal.reason, kReasonMax));
  writer.Varint(refusal.step);
  return std::move(writer).Take();
}

Result<Refusal> RestoreRefusal(ByteView bytes) {
  base::Reader reader(bytes);
  auto refusal = RestoreAddress<Refusal>(reader, EnvelopeKind::kRefusal);
  refusal.code = reader.Text(kCodeMax);
  refusal.reason = reader.Text(kReasonMax);
  refusal.step = RestoreStep(reader);
  const Status status = reader.Finish("refusal");
  if (!status.ok()) return Refused(status);
  return refusal;
}

Bytes SaveReceipt(const Receipt& receipt) {
  base::Writer writer;
  SaveAddress(writer, EnvelopeKind::kReceipt, receipt);
  writer.Fixed(receipt.id.bytes).U8(static_cast<uint8_t>(receipt.verdict));
  writer.Text(base::Cut(receipt.reason, kReasonMax));
  return std::move(writer).Take();
}

Result<Receipt> RestoreReceipt(ByteView bytes) {
  base::Reader reader(bytes);
  auto receipt = RestoreAddress<Receipt>(reader, EnvelopeKind::kReceipt);
  receipt.id = base::ReadDigest<ContributionId>(reader);
  receipt.verdict = base::ReadEnum(reader, Verdict::kAccepted, Verdict::kAbandoned);
  receipt.reason = reader.Text(kReasonMax);
  const Status status = reader.Finish("receipt");
  if (!status.ok()) return Refused(status);
  return receipt;
}

}  // namespace florin::job
