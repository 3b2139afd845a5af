#include "florin/round/party_host.h"

#include <algorithm>
#include <utility>

#include "florin/base/ids_codec.h"
#include "florin/job/sealing.h"
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

std::vector<protocol::PartyId> PlacesOf(const std::vector<uint32_t>& members) {
  std::vector<protocol::PartyId> places;
  places.reserve(members.size());
  for (const uint32_t member : members) places.push_back({member + 1});
  return places;
}

Status CheckClaims(const job::Plan& plan, job::Work work, const protocol::Message& message) {
  if (message.bulk_size() != plan.vector(work).size()) return {};  // the party says so
  Status status = job::CheckClaims(plan.vector(work), plan.spec.privacy, message);
  if (status.ok()) return status;
  return Status(Kind::kFailed, "ROUND-CLAIM", std::string(status.message()) + " Not counted.");
}

}  // namespace

protocol::ProtocolSetup OpenSetup(const job::Plan& plan, job::Work work) {
  protocol::ProtocolSetup setup;
  setup.vector_size = plan.vector(work).size();
  setup.contributors_min = job::LeastOpened(plan.spec, work);
  setup.contributors_max = std::max(plan.spec.cohort.maximum, setup.contributors_min);
  return setup;
}

Status PartyHost::Open(job::Work work) {
  FLORIN_ASSIGN(const protocol::ProtocolKind* kind, ProtocolOf(*plan_));
  FLORIN_ASSIGN(auto party, kind->make_aggregator(setup_of_(work)));
  FLORIN_TRY(party->Start().status());
  Drop();
  is_sealed_ = kind->is_sealed;
  work_ = work;
  step_ = 0;
  party_ = std::move(party);
  return {};
}

Result<Bytes> PartyHost::Ask(job::Work work, uint32_t member) const {
  if (!Holds(work) || party_ == nullptr) return NotOpen("question");
  if (step_ == 0) return Bytes();
  FLORIN_ASSIGN(protocol::Message asked, party_->Ask({member + 1}));
  return std::move(asked.header);
}

bool PartyHost::IsEnough(job::Work work) const {
  return Holds(work) && party_ != nullptr && party_->IsEnough();
}

Status PartyHost::Fold(job::Work work, protocol::Message message) {
  if (!Holds(work) || party_ == nullptr) return NotOpen("contribution");
  if (!is_sealed_) FLORIN_TRY(CheckClaims(*plan_, work, message));
  FLORIN_TRY(party_->Receive(std::move(message)).status());
  is_dirty_ = true;
  return {};
}

Status PartyHost::CloseStep(job::Work work, uint32_t step, const std::vector<uint32_t>& dropouts) {
  if (!Holds(work) || party_ == nullptr) return NotOpen("step");
  if (step != step_) return {};
  is_dirty_ = true;
  FLORIN_TRY(party_->Proceed(PlacesOf(dropouts)));
  ++step_;
  return {};
}

Status PartyHost::Close(job::Work work, const std::vector<uint32_t>& dropouts) {
  if (!Holds(work)) return NotOpen("sum");
  if (sum_) return {};
  is_dirty_ = true;
  const Status status = party_->Proceed(PlacesOf(dropouts));
  blamed_ = party_->Blamed();
  FLORIN_TRY(status);
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

// work u8, then 0, the step and the party's own bytes, or 1 and the opened sum.
Bytes PartyHost::Save() {
  is_dirty_ = false;
  base::Writer writer;
  if (sum_) {
    writer.U8(static_cast<uint8_t>(work_)).Bool(true);
    protocol::SavePacked(writer, sum_->words);
  } else if (party_ != nullptr) {
    writer.U8(static_cast<uint8_t>(work_)).Bool(false).Varint(step_);
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
    step_ = base::ReadCount(reader);
    if (!reader.ok()) return reader.Finish("checkpoint");
    const ByteView saved = reader.Fixed(reader.remaining());
    FLORIN_ASSIGN(const protocol::ProtocolKind* kind, ProtocolOf(*plan_));
    FLORIN_ASSIGN(party_, kind->restore_aggregator(setup_of_(work_), saved));
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
