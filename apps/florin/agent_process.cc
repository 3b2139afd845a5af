#include "agent_process.h"

#include <memory>
#include <utility>

#include "florin/govern/policy.h"
#include "florin/site/refusal.h"
#include "florin/store/failpoint.h"

namespace florin::apps {

AgentProcess::AgentProcess(site::Site::Options options, site::Rows& rows, site::SiteStore& store,
                           site::KitCache& kits, job::EventSink& events)
    : site_(std::move(options), rows, store, kits), events_(events) {}

Status AgentProcess::Run(const transport::ClientOptions& options) {
  auto client = std::make_unique<transport::Client>(options, *this, clock_);
  Status status;
  while (status.ok()) {
    std::optional<Work> work = Pop();
    if (!work) break;
    if (auto* receipt = std::get_if<job::Receipt>(&*work)) {
      status = Do(*receipt);
    } else if (auto* asked = std::get_if<Asked>(&*work)) {
      status = Do(std::move(*asked), *client);
    } else {
      client.reset();
      DropOffers();
      client = std::make_unique<transport::Client>(options, *this, clock_);
    }
  }
  return status;
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
  ready_.notify_all();
}

std::optional<AgentProcess::Work> AgentProcess::Pop() {
  std::unique_lock guard(lock_);
  ready_.wait(guard, [&] { return is_stopping_ || !work_.empty(); });
  if (is_stopping_) return std::nullopt;
  Work work = std::move(work_.front());
  work_.pop_front();
  return work;
}

Status AgentProcess::Do(Asked asked, transport::Client& client) {
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
    client.Send(std::make_shared<const job::Contribution>(std::move(*answer)), asked.connection);
    Tell("site.contributed", offer.job, offer.round, "contributed");
    return {};
  }
  Tell("site.refused", offer.job, offer.round, answer.status().ToString());
  client.Send(site::Refuse(offer, answer.status()), asked.connection);
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
