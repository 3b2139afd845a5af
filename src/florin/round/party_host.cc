#include "florin/round/party_host.h"

#include <algorithm>
#include <utility>

#include "florin/job/vector.h"

namespace florin::round {
namespace {

Status NotOpen(const char* what) {
  return Status(Kind::kConflict, "ROUND-PARTY", std::string(what) + ": no party is open for it");
}

Result<const protocol::ProtocolKind*> ProtocolOf(const job::Plan& plan) {
  const std::string& name = plan.spec.privacy.protocol;
  const protocol::ProtocolKind* kind = protocol::FindProtocol(name);
  if (kind != nullptr) return kind;
  return Status(Kind::kConfig, "ROUND-PARTY", "protocol \"" + name + "\" is not known here");
}

Status CheckClaims(const job::Plan& plan, job::Work work, const protocol::Message& message) {
  if (message.bulk_size() != plan.vector(work).size()) return {};  // the party says so
  Status status = job::CheckClaims(plan.vector(work), plan.spec.privacy, message);
  if (status.ok()) return status;
  return Status(Kind::kFailed, "ROUND-CLAIM", std::string(status.message()) + " Not counted.");
}

}  // namespace

protocol::ProtocolSetup PartyHost::SetupOf(job::Work work) const {
  const job::JobSpec& spec = plan_->spec;
  const uint32_t least =
      work == job::Work::kUpdate ? spec.cohort.minimum : spec.evaluation.minimum_sites;
  protocol::ProtocolSetup setup;
  setup.vector_size = plan_->vector(work).size();
  setup.contributors_min = std::max(1U, least);
  setup.contributors_max = std::max(spec.cohort.maximum, setup.contributors_min);
  return setup;
}

Status PartyHost::Open(job::Work work) {
  FLORIN_ASSIGN(const protocol::ProtocolKind* kind, ProtocolOf(*plan_));
  FLORIN_ASSIGN(auto party, kind->make_aggregator(SetupOf(work)));
  // Setup messages are for protocols with a Configuration phase; today's have none to send.
  FLORIN_TRY(party->Start().status());
  Drop();
  is_sealed_ = kind->is_sealed;
  work_ = work;
  party_ = std::move(party);
  return {};
}

Status PartyHost::Fold(job::Work work, protocol::Message message) {
  if (!Holds(work) || party_ == nullptr) return NotOpen("contribution");
  if (!is_sealed_) FLORIN_TRY(CheckClaims(*plan_, work, message));
  FLORIN_TRY(party_->Receive(std::move(message)).status());
  is_dirty_ = true;
  return {};
}

Status PartyHost::Close(job::Work work, const std::vector<uint32_t>& dropouts) {
  if (!Holds(work)) return NotOpen("sum");
  if (sum_) return {};
  std::vector<protocol::PartyId> absent;
  absent.reserve(dropouts.size());
  for (const uint32_t member : dropouts) absent.push_back({member + 1});
  is_dirty_ = true;
  FLORIN_TRY(party_->Proceed(absent).status());
  FLORIN_ASSIGN(sum_, std::move(*party_).TakeResult());
  party_.reset();
  return {};
}

Result<model::Aggregate> PartyHost::Sum(job::Work work, uint64_t contribution_count) const {
  if (!Holds(work) || !sum_) return NotOpen("sum");
  return job::DecodeSum(plan_->vector(work), *sum_, contribution_count);
}

void PartyHost::Drop() {
  party_.reset();
  sum_.reset();
  is_dirty_ = true;
}

// work u8, then 0 and the party's own bytes, or 1 and the opened sum.
Bytes PartyHost::Save() {
  is_dirty_ = false;
  base::Writer writer;
  if (sum_) {
    writer.U8(static_cast<uint8_t>(work_)).Bool(true);
    protocol::SavePacked(writer, sum_->words);
  } else if (party_ != nullptr) {
    writer.U8(static_cast<uint8_t>(work_)).Bool(false);
    party_->Save(writer);
  }
  return std::move(writer).Take();
}

Status PartyHost::Restore(ByteView bytes) {
  Drop();
  is_dirty_ = false;
  if (bytes.empty()) return {};
  base::Reader reader(bytes);
  const uint8_t work = reader.U8();
  if (work != 1 && work != 2) reader.Fail("no such work");
  const bool is_opened = reader.Bool();
  if (!reader.ok()) return reader.Finish("checkpoint");
  work_ = static_cast<job::Work>(work);
  if (!is_opened) {
    const ByteView saved = reader.Fixed(reader.remaining());
    FLORIN_ASSIGN(const protocol::ProtocolKind* kind, ProtocolOf(*plan_));
    FLORIN_ASSIGN(party_, kind->restore_aggregator(SetupOf(work_), saved));
    is_sealed_ = kind->is_sealed;
    return {};
  }
  const size_t size = plan_->vector(work_).size();
  num::RingVector sum{protocol::RestorePacked(reader, size)};
  FLORIN_TRY(reader.Finish("checkpoint"));
  if (sum.size() != size) {
    return Status(Kind::kConflict, "ROUND-PARTY", "checkpoint: its sum is of another plan");
  }
  sum_ = std::move(sum);
  return {};
}

}  // namespace florin::round
