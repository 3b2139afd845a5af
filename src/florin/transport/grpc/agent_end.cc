#include "florin/transport/grpc/agent_end.h"

#include <algorithm>

#include "florin/base/codec.h"

namespace florin::transport {
namespace {

constexpr size_t kPlansKept = 8;
constexpr size_t kStatesKept = 2;  // a state may be as large as memory allows

Status Refused(const char* code, std::string message) {
  return {Kind::kFailed, code, std::move(message)};
}

Result<std::shared_ptr<const job::Plan>> ReadPlan(ByteView bytes) {
  base::Reader reader(bytes);
  FLORIN_ASSIGN(job::JobSpec spec, job::JobSpec::Restore(reader));
  FLORIN_TRY(reader.Finish("job spec"));
  return job::MakePlan(std::move(spec));
}

Result<std::shared_ptr<const model::State>> ReadState(ByteView bytes) {
  base::Reader reader(bytes);
  FLORIN_ASSIGN(model::State state, model::State::Restore(reader));
  FLORIN_TRY(reader.Finish("state"));
  return std::shared_ptr<const model::State>(
      std::make_shared<const model::State>(std::move(state)));
}

template <typename Kept>
auto* Find(Kept& kept, const ParcelDigest& digest) {
  const auto found =
      std::ranges::find_if(kept, [&](const auto& entry) { return entry.first == digest; });
  return found == kept.end() ? nullptr : &found->second;
}

template <typename Kept, typename Value>
void Keep(Kept& kept, size_t count_max, const ParcelDigest& digest, Value value) {
  if (auto* there = Find(kept, digest)) {
    *there = std::move(value);
    return;
  }
  if (kept.size() == count_max) kept.pop_front();
  kept.emplace_back(digest, std::move(value));
}

}  // namespace

void AgentMemory::KeepPlan(const ParcelDigest& digest, ByteView bytes) {
  Keep(plans_, kPlansKept, digest, ReadPlan(bytes));
}

void AgentMemory::KeepState(const ParcelDigest& digest, ByteView bytes) {
  Keep(states_, kStatesKept, digest, ReadState(bytes));
}

const Result<std::shared_ptr<const job::Plan>>* AgentMemory::FindPlan(
    const ParcelDigest& digest) const {
  return Find(plans_, digest);
}

const Result<std::shared_ptr<const model::State>>* AgentMemory::FindState(
    const ParcelDigest& digest) const {
  return Find(states_, digest);
}

void AgentMemory::ListHeld(v1::Hello& hello) const {
  for (const auto& [digest, plan] : plans_) hello.add_held(ToField(digest));
  for (const auto& [digest, state] : states_) hello.add_held(ToField(digest));
}

AgentEnd::AgentEnd(SiteId site, AgentMemory& memory, AgentEvents& events, Time now)
    : site_(std::move(site)), memory_(memory), events_(events) {
  memory_.incoming().BreakOff();
  v1::Frame frame;
  *frame.mutable_hello() = MakeHello(now);
  memory_.ListHeld(*frame.mutable_hello());
  if (auto partial = memory_.incoming().partial()) {
    *frame.mutable_hello()->add_partial() = std::move(*partial);
  }
  outbox_.Push(std::move(frame));
}

Status AgentEnd::Receive(const v1::Frame& frame) {
  Status status = Dispatch(frame);
  if (!status.ok() && !frame.has_goodbye()) outbox_.Push(Goodbye(status));
  return status;
}

Status AgentEnd::Dispatch(const v1::Frame& frame) {
  if (frame.has_goodbye()) {
    return Refused("WIRE-GOODBYE", "the coordinator ended the connection: " +
                                       frame.goodbye().message().substr(0, 1024) + " [" +
                                       frame.goodbye().code().substr(0, 64) + "]");
  }
  if (frame.has_hello()) return Greet(frame.hello());
  if (!is_ready_) return Refused("WIRE-ORDER", "the first frame is not a hello.");
  switch (frame.body_case()) {
    case v1::Frame::kParcel:
      return Begin(frame.parcel());
    case v1::Frame::kChunk:
      return Add(frame.chunk());
    case v1::Frame::kOffer:
      return Take(frame.offer());
    case v1::Frame::kReceipt:
      return TakeReceipt(frame.receipt());
    case v1::Frame::BODY_NOT_SET:  // of a later version, and not critical
      return {};
    default:
      return Refused("WIRE-ORDER", "a coordinator sent what only a site sends.");
  }
}

Status AgentEnd::Greet(const v1::Hello& hello) {
  if (is_ready_) return Refused("WIRE-ORDER", "a second hello.");
  FLORIN_TRY(CheckHello(hello));
  begun_ = ProgressOf(hello);
  is_ready_ = true;
  events_.Welcomed(hello);
  return {};
}

Status AgentEnd::Begin(const v1::Parcel& parcel) {
  const auto digest = FromField(parcel.digest());
  if (!digest) return Refused("WIRE-DIGEST", "a parcel's digest has not 32 bytes.");
  if (parcel.kind() != v1::Parcel::PLAN && parcel.kind() != v1::Parcel::STATE) {
    return Refused("WIRE-ORDER", "a parcel is neither a plan nor a state.");
  }
  FLORIN_TRY(
      memory_.incoming().Begin(*digest, parcel.size(), parcel.offset(), memory_.parcel_max()));
  coming_ = parcel.kind();
  if (memory_.incoming().is_complete()) Complete();
  return {};
}

Status AgentEnd::Add(const v1::Chunk& chunk) {
  FLORIN_TRY(memory_.incoming().Add(chunk));
  if (memory_.incoming().is_complete()) Complete();
  return {};
}

void AgentEnd::Complete() {
  const ParcelDigest digest = memory_.incoming().digest();
  const Bytes bytes = memory_.incoming().Take();
  if (coming_ == v1::Parcel::PLAN) {
    memory_.KeepPlan(digest, bytes);
  } else {
    memory_.KeepState(digest, bytes);
  }
}

Status AgentEnd::Take(const v1::Offer& offer) {
  FLORIN_ASSIGN(job::OfferEnvelope envelope,
                job::RestoreOffer(base::AsBytes(std::string_view(offer.envelope()))));
  job::Offer& noun = envelope.offer;
  if (noun.site != site_) {
    return Refused("WIRE-SITE", "an offer to site \"" + noun.site.text() + "\" came to \"" +
                                    site_.text() + "\".");
  }
  const auto plan_digest = FromField(offer.plan());
  const auto state_digest = FromField(offer.state());
  if (!plan_digest || !state_digest) {
    return Refused("WIRE-DIGEST", "an offer's digest has not 32 bytes.");
  }
  const auto* plan = memory_.FindPlan(*plan_digest);
  const auto* state = memory_.FindState(*state_digest);
  if (plan == nullptr || state == nullptr) {
    v1::Frame want;
    if (plan == nullptr) want.mutable_want()->add_digest(offer.plan());
    if (state == nullptr) want.mutable_want()->add_digest(offer.state());
    outbox_.Push(std::move(want));  // the offer comes again behind them
    return {};
  }
  if (!plan->ok() || !state->ok()) {
    const Status why = plan->ok() ? state->status() : plan->status();
    Send(job::Refusal{noun.job, noun.round, noun.work, noun.site,
                      plan->ok() ? "OFFER-MODEL" : "OFFER-PLAN", why.ToString()});
    return {};
  }
  noun.plan = **plan;
  noun.state = **state;
  events_.Offered(std::move(noun));
  return {};
}

Status AgentEnd::TakeReceipt(const std::string& envelope) {
  FLORIN_ASSIGN(job::Receipt receipt,
                job::RestoreReceipt(base::AsBytes(std::string_view(envelope))));
  if (receipt.site != site_) return Refused("WIRE-SITE", "a receipt for another site.");
  events_.Received(std::move(receipt));
  return {};
}

void AgentEnd::Send(const std::shared_ptr<const job::Contribution>& contribution) {
  protocol::MessageParts parts = job::SaveContribution(*contribution);
  v1::Frame frame;
  frame.mutable_contribution()->set_header(parts.head.data(), parts.head.size());
  const size_t size = parts.bulk.size();
  Load load = MakeLoad(std::make_shared<const Bytes>(std::move(parts.bulk)));
  uint64_t offset = 0;
  if (const auto begun = begun_.find(load.digest); begun != begun_.end()) {
    if (begun->second < size) offset = begun->second;
    begun_.erase(begun);
  }
  outbox_.Push(std::move(frame), std::move(load), offset);
}

void AgentEnd::Send(const job::Refusal& refusal) {
  const Bytes envelope = job::SaveRefusal(refusal);
  v1::Frame frame;
  frame.set_refusal(envelope.data(), envelope.size());
  outbox_.Push(std::move(frame));
}

}  // namespace florin::transport
