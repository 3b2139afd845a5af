#include "agent_process.h"

#include <utility>

#include "florin/govern/policy.h"
#include "florin/site/refusal.h"
#include "florin/store/failpoint.h"

namespace florin::apps {

AgentProcess::AgentProcess(site::Site::Options options, site::Rows& rows, site::SiteStore& store,
                           site::KitCache& kits, job::EventSink& events)
    : site_(std::move(options), rows, store, kits), events_(events) {}

Status AgentProcess::Run(const transport::ClientOptions& options) {
  Start(options);
  Status status;
  while (status.ok() && AwaitWork()) status = Step();
  client_.reset();
  return status;
}

void AgentProcess::Start(const transport::ClientOptions& options) {
  options_ = options;
  client_ = std::make_unique<transport::Client>(options_, *this, clock_);
}

Status AgentProcess::Step() {
  std::optional<Work> work = Pop();
  if (!work) return {};
  return std::visit([this](auto& what) { return Do(std::move(what)); }, *work);
}

void AgentProcess::Stop() {
  {
    const std::lock_guard guard(lock_);
    is_stopping_ = true;
  }
  ready_.notify_all();
}

void AgentProcess::OwnerDecided() {
  {
    const std::lock_guard guard(lock_);
    ++decisions_;
    if (!std::exchange(is_held_, false)) return;
  }
  Push(Redial{});
}

// False: the owner has decided meanwhile, and the offer is to be looked at again.
bool AgentProcess::Hold(uint64_t decisions) {
  const std::lock_guard guard(lock_);
  is_held_ = decisions == decisions_;
  return is_held_;
}

// What was asked on a connection that is gone is asked again on the next.
void AgentProcess::DropOffers() {
  const std::lock_guard guard(lock_);
  connection_ = 0;
  std::erase_if(work_, [](const Work& work) { return std::holds_alternative<Asked>(work); });
}

void AgentProcess::Push(Work work) {
  {
    const std::lock_guard guard(lock_);
    work_.push_back(std::move(work));
  }
  on_work_();
}

bool AgentProcess::AwaitWork() {
  std::unique_lock guard(lock_);
  ready_.wait(guard, [&] { return is_stopping_ || !work_.empty(); });
  return !is_stopping_;
}

std::optional<AgentProcess::Work> AgentProcess::Pop() {
  const std::lock_guard guard(lock_);
  if (work_.empty()) return std::nullopt;
  Work work = std::move(work_.front());
  work_.pop_front();
  return work;
}

Status AgentProcess::Do(Asked asked) {
  uint64_t decisions = 0;
  {
    const std::lock_guard guard(lock_);
    if (asked.connection != connection_) return {};  // it is asked again on the new one
    decisions = decisions_;
  }
  const job::Offer& offer = asked.offer;
  auto answer = site_.Accept(offer);
  if (answer.status().code() == govern::kApprovalPending && !Hold(decisions)) {
    Push(std::move(asked));
    return {};
  }
  FLORIN_TRY(on_answer_(offer, answer.status()));
  if (answer.ok()) {
    static_cast<void>(store::AtFailpoint("contribution.send"));
    const bool has_vector = answer->message.bulk_size() > 0;
    client_->Send(std::make_shared<const job::Contribution>(std::move(*answer)), asked.connection);
    if (has_vector) Tell("site.contributed", offer.job, offer.round, "contributed");
    return {};
  }
  Tell("site.refused", offer.job, offer.round, answer.status().ToString());
  client_->Send(site::Refuse(offer, answer.status()), asked.connection);
  return {};
}

Status AgentProcess::Do(Redial) {
  client_.reset();
  DropOffers();
  client_ = std::make_unique<transport::Client>(options_, *this, clock_);
  return {};
}

Status AgentProcess::Do(const job::Receipt& receipt) {
  static_cast<void>(store::AtFailpoint("receipt.forget"));
  const Status status = site_.Receive(receipt);
  if (receipt.verdict != job::Verdict::kAccepted) {
    Tell("site.receipt", receipt.job, receipt.round,
         job::VerdictName(receipt.verdict) + (receipt.reason.empty() ? "" : ": " + receipt.reason));
  }
  return status;
}

void AgentProcess::Connected(transport::ConnectionNumber connection) {
  {
    const std::lock_guard guard(lock_);
    connection_ = connection;
  }
  Tell("site.connected", {}, {}, "connected");
}

void AgentProcess::Disconnected(const Status& why, Duration retry) {
  {
    const std::lock_guard guard(lock_);
    connection_ = 0;
    is_renewal_asked_ = is_renewal_asked_ || why.message().ends_with("[RENEW-ASKED]");
  }
  Tell("site.disconnected", {}, {},
       why.ToString() + " Next try in " + std::to_string(retry.micros / 1000) + " ms.");
}

void AgentProcess::Offered(job::Offer offer, transport::ConnectionNumber connection) {
  Push(Asked{std::move(offer), connection});
}

void AgentProcess::Received(job::Receipt receipt) { Push(std::move(receipt)); }

void AgentProcess::Tell(std::string name, const JobId& job, RoundId round, std::string text) {
  const std::lock_guard guard(lock_);
  events_.Emit({clock_.Now(), std::move(name), job, round, site_.id(), std::move(text), {}});
}

}  // namespace florin::apps
