#include "florin/transport/grpc/coordinator_end.h"

#include <algorithm>

#include "florin/base/check.h"
#include "florin/job/sealing.h"

namespace florin::transport {
namespace {

constexpr size_t kAskedMax = 256;
constexpr size_t kHeldMax = 16;     // digests; a site that lost one says so
constexpr uint32_t kWantsMax = 16;  // of one connection

Status Refused(const char* code, std::string message) {
  return {Kind::kFailed, code, std::move(message)};
}

}  // namespace

CoordinatorEnd::CoordinatorEnd(SiteId site, Assembler& bulk, CoordinatorEvents& events)
    : site_(std::move(site)), bulk_(bulk), events_(events) {
  bulk_.BreakOff();
}

Status CoordinatorEnd::Receive(const v1::Frame& frame, Time now) {
  Status status = Dispatch(frame, now);
  if (!status.ok()) outbox_.Push(Goodbye(status));
  return status;
}

Status CoordinatorEnd::Dispatch(const v1::Frame& frame, Time now) {
  if (frame.has_hello()) return Greet(frame.hello(), now);
  if (!is_ready_) return Refused("WIRE-ORDER", "the first frame is not a hello.");
  switch (frame.body_case()) {
    case v1::Frame::kContribution:
      return Begin(frame.contribution());
    case v1::Frame::kChunk:
      return Add(frame.chunk());
    case v1::Frame::kRefusal:
      return Refuse(frame.refusal());
    case v1::Frame::kWant:
      return Supply(frame.want());
    case v1::Frame::BODY_NOT_SET:  // of a later version, and not critical
      return {};
    default:
      return Refused("WIRE-ORDER", "a site sent what only a coordinator sends.");
  }
}

Status CoordinatorEnd::Greet(const v1::Hello& hello, Time now) {
  if (is_ready_) return Refused("WIRE-ORDER", "a second hello.");
  FLORIN_TRY(CheckHello(hello));
  begun_ = ProgressOf(hello);
  for (const std::string& field : hello.held()) {
    if (const auto digest = FromField(field)) Hold(*digest);
  }
  v1::Frame frame;
  *frame.mutable_hello() = MakeHello(now);
  if (auto partial = bulk_.partial()) *frame.mutable_hello()->add_partial() = std::move(*partial);
  outbox_.Push(std::move(frame));
  is_ready_ = true;
  events_.Arrived(hello);
  return {};
}

Status CoordinatorEnd::Begin(const v1::Contribution& contribution) {
  if (coming_.has_value()) return Refused("WIRE-ORDER", "a contribution begins inside another.");
  size_t entries_max = 0;
  for (const Asked& asked : asked_) entries_max = std::max(entries_max, asked.entries_max);
  FLORIN_ASSIGN(
      job::ContributionHeader header,
      job::RestoreHeader(base::AsBytes(std::string_view(contribution.header())), entries_max));
  const job::Contribution& noun = header.contribution;
  if (noun.site != site_) {
    return Refused("WIRE-SITE", "a contribution of site \"" + noun.site.text() + "\" came from \"" +
                                    site_.text() + "\".");
  }
  const Asked* asked = FindAsked(noun.job, noun.round, noun.work);
  if (asked == nullptr) {
    return Refused("WIRE-UNASKED", "a contribution answers no offer of this connection.");
  }
  if (header.head.entry_count > asked->entries_max) {
    return Refused("WIRE-SIZE", "a contribution has more entries than its plan.");
  }
  const auto digest = FromField(contribution.digest());
  if (!digest) return Refused("WIRE-DIGEST", "a contribution's digest has not 32 bytes.");
  FLORIN_TRY(
      bulk_.Begin(*digest, contribution.size(), contribution.offset(), header.head.bulk_max));
  header.contribution.body =
      job::DigestBody(base::AsBytes(std::string_view(contribution.header())), *digest);
  coming_ = std::move(header);
  return bulk_.is_complete() ? Complete() : Status();
}

Status CoordinatorEnd::Add(const v1::Chunk& chunk) {
  if (!coming_.has_value()) return Refused("WIRE-ORDER", "a chunk belongs to no contribution.");
  FLORIN_TRY(bulk_.Add(chunk));
  return bulk_.is_complete() ? Complete() : Status();
}

Status CoordinatorEnd::Complete() {
  FLORIN_CHECK(coming_.has_value());
  Bytes bytes = bulk_.Take();
  job::ContributionHeader header = std::move(*coming_);
  coming_.reset();
  FLORIN_ASSIGN(job::Contribution contribution,
                job::RestoreContribution(std::move(header), std::move(bytes)));
  events_.Contributed(std::move(contribution));
  return {};
}

Status CoordinatorEnd::Refuse(const std::string& envelope) {
  FLORIN_ASSIGN(job::Refusal refusal,
                job::RestoreRefusal(base::AsBytes(std::string_view(envelope))));
  if (refusal.site != site_) return Refused("WIRE-SITE", "a refusal in another site's name.");
  if (FindAsked(refusal.job, refusal.round, refusal.work) == nullptr) {
    return Refused("WIRE-UNASKED", "a refusal answers no offer of this connection.");
  }
  events_.Refused(std::move(refusal));
  return {};
}

void CoordinatorEnd::Send(const LoadedOffer& offer) {
  const job::Offer& noun = offer.offer;
  asked_.push_back(
      {noun.job, noun.round, noun.work, job::BulkMax(*noun.plan, noun.work, noun.cohort_size)});
  if (asked_.size() > kAskedMax) asked_.pop_front();
  const auto is_same = [&](const LoadedOffer& other) {  // asked again
    return other.offer.job == noun.job && other.offer.round == noun.round &&
           other.offer.work == noun.work;
  };
  std::erase_if(open_, is_same);
  std::erase_if(waiting_, [&](const LoadedOffer& other) {
    return is_same(other) || (other.offer.job == noun.job && other.offer.round < noun.round);
  });
  waiting_.push_back(offer);
}

Outbox& CoordinatorEnd::outbox() {
  if (outbox_.empty() && !waiting_.empty()) {
    LoadedOffer next = std::move(waiting_.front());
    waiting_.pop_front();
    Put(std::move(next));
  }
  return outbox_;
}

void CoordinatorEnd::Put(LoadedOffer offer) {
  Supply(offer.plan, v1::Parcel::PLAN);
  Supply(offer.state, v1::Parcel::STATE);
  v1::Frame frame;
  const Bytes envelope = job::SaveOffer(offer.offer);
  frame.mutable_offer()->set_envelope(envelope.data(), envelope.size());
  frame.mutable_offer()->set_plan(ToField(offer.plan.digest));
  frame.mutable_offer()->set_state(ToField(offer.state.digest));
  outbox_.Push(std::move(frame));
  open_.push_back(std::move(offer));
}

void CoordinatorEnd::Supply(const Load& load, v1::Parcel::Kind kind) {
  const bool is_held = std::erase(held_, load.digest) > 0;
  Hold(load.digest);
  if (is_held) return;
  uint64_t offset = 0;
  if (const auto begun = begun_.find(load.digest); begun != begun_.end()) {
    if (begun->second < load.bytes.size()) offset = begun->second;
    begun_.erase(begun);
  }
  v1::Frame frame;
  frame.mutable_parcel()->set_kind(kind);
  outbox_.Push(std::move(frame), load, offset);
}

// The one not used for longest is forgotten: that costs a parcel, nothing else.
void CoordinatorEnd::Hold(const ParcelDigest& digest) {
  if (held_.size() == kHeldMax) held_.pop_front();
  held_.push_back(digest);
}

// The site passed over offers whose plan or state it no longer has: they are made again.
Status CoordinatorEnd::Supply(const v1::Want& want) {
  if (++wants_ > kWantsMax) return Refused("WIRE-WANT", "a site asks for parcels for ever.");
  std::set<ParcelDigest> lost;
  for (const std::string& field : want.digest()) {
    if (const auto digest = FromField(field)) lost.insert(*digest);
  }
  for (const ParcelDigest& digest : lost) std::erase(held_, digest);
  std::deque<LoadedOffer> again;
  std::erase_if(open_, [&](const LoadedOffer& offer) {
    const bool is_lost = lost.contains(offer.plan.digest) || lost.contains(offer.state.digest);
    if (is_lost) again.push_back(offer);
    return is_lost;
  });
  for (const LoadedOffer& offer : again) Send(offer);
  return {};
}

void CoordinatorEnd::Send(const job::Receipt& receipt) {
  if (receipt.verdict == job::Verdict::kCommitted || receipt.verdict == job::Verdict::kAbandoned) {
    const auto is_over = [&](const LoadedOffer& offer) {
      return offer.offer.job == receipt.job && offer.offer.round <= receipt.round;
    };
    std::erase_if(open_, is_over);
    std::erase_if(waiting_, is_over);
  }
  const Bytes envelope = job::SaveReceipt(receipt);
  v1::Frame frame;
  frame.set_receipt(envelope.data(), envelope.size());
  outbox_.Push(std::move(frame));
}

const CoordinatorEnd::Asked* CoordinatorEnd::FindAsked(const JobId& job, RoundId round,
                                                       job::Work work) const {
  for (const Asked& asked : asked_) {
    if (asked.job == job && asked.round == round && asked.work == work) return &asked;
  }
  return nullptr;
}

}  // namespace florin::transport
