#include "florin/sim/simulator.h"

#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <unordered_map>

#include "florin/base/parallel.h"
#include "florin/base/rng.h"
#include "florin/crypto/sha256.h"
#include "florin/job/round_kit.h"
#include "florin/round/runner.h"
#include "florin/site/refusal.h"
#include "florin/site/site.h"
#include "florin/store/memory.h"
#include "florin/transport/inproc.h"

namespace florin::sim {
namespace {

constexpr size_t kArrivalsPerThread = 4;  // computed at once, handled in order

// One site's tables behind the engine's port: batches are handed out whole, without a copy.
class TableRows final : public site::Rows {
 public:
  explicit TableRows(const SiteRows& rows) : rows_(rows) {}
  Result<std::unique_ptr<data::BatchReader>> Open(const std::string&, const data::Schema&,
                                                  data::Part part) override {
    const data::Table& table = part == data::Part::kTest ? rows_.test : rows_.train;
    return std::unique_ptr<data::BatchReader>(
        std::make_unique<data::SingleBatchReader>(table.view()));
  }

 private:
  const SiteRows& rows_;
};

crypto::SecretKey SecretOf(uint64_t seed, const SiteId& id) {
  base::Writer writer;
  writer.Text("virtual site secret").U64(seed).Text(id.text());
  return crypto::HashSha256(writer.view());
}

crypto::Ed25519Seed IdentityOf(uint64_t seed, const SiteId& id) {
  base::Writer writer;
  writer.Text("virtual site identity").U64(seed).Text(id.text());
  return crypto::HashSha256(writer.view());
}

struct VirtualSite {
  VirtualSite(const SiteRows& site_rows, uint64_t seed, site::KitCache& kits)
      : rows(site_rows),
        site({.id = site_rows.id,
              .secret = SecretOf(seed, site_rows.id),
              .keeps_contributions = false,
              .identity = IdentityOf(seed, site_rows.id)},
             rows, store, kits) {}
  TableRows rows;
  store::MemorySiteStore store;
  site::Site site;
};

// Something due at an instant. A contribution is known by its offer until it is due.
struct Due {
  enum class Kind : uint8_t { kContribution, kReturn };
  Time at;
  uint64_t sequence = 0;  // ties go in the order they were made
  Kind kind = Kind::kContribution;
  size_t site = 0;
  job::Offer offer;
};
struct Later {
  bool operator()(const Due& a, const Due& b) const {
    return std::tie(b.at, b.sequence) < std::tie(a.at, a.sequence);
  }
};

class Simulation final : public round::Identities {
 public:
  Simulation(const std::shared_ptr<const job::Plan>& plan, const std::vector<SiteRows>& rows,
             const SimulationOptions& options, job::EventSink& events)
      : plan_(plan),
        options_(options),
        events_(&events),
        rng_(options.seed, /*stream=*/0x51),
        kits_(site::MakeKitCache()) {
    for (const SiteRows& site_rows : rows) {
      index_.emplace(site_rows.id, sites_.size());
      sites_.push_back(std::make_unique<VirtualSite>(site_rows, options.seed, *kits_));
    }
  }

  Result<SimulationResult> Run() {
    FLORIN_ASSIGN(kit_, job::RoundKit::Make(plan_));
    FLORIN_TRY(StartCoordinator());
    FLORIN_TRY(runner_->Handle(round::JobStarted{}, now_));
    while (!runner_->is_over()) {
      FLORIN_TRY(Step());
      if (Happens(options_.faults.restart)) FLORIN_TRY(StartCoordinator());
    }
    return Finish();
  }

  std::optional<crypto::Ed25519PublicKey> IdentityOf(const SiteId& site) override {
    return crypto::PublicKeyOf(sim::IdentityOf(options_.seed, site));
  }

 private:
  // The first start, or one after a crash: whatever the old runner held in memory is gone. The
  // sites notice and say that they are there.
  Status StartCoordinator() {
    runner_.reset();
    FLORIN_ASSIGN(runner_, round::Runner::Make(kit_, store_, transport_, *events_, *this));
    for (size_t site = 0; site < sites_.size(); ++site) {
      if (away_.contains(site)) continue;
      FLORIN_TRY(runner_->Handle(round::SiteArrived{sites_[site]->site.id()}, now_));
    }
    return {};
  }

  // Delivers what was sent, then lets the next thing happen: arrivals, a return, or the deadline.
  Status Step() {
    for (job::Offer& offer : transport_.TakeOffers()) Schedule(std::move(offer));
    FLORIN_TRY(DeliverReceipts());
    const Time deadline = runner_->state().deadline;
    FLORIN_CHECK(!due_.empty() || deadline != round::kNever);  // else nothing could happen any more
    if (due_.empty() || deadline < due_.top().at) {
      now_ = std::max(now_, deadline);
      return runner_->Handle(round::DeadlinePassed{}, now_);
    }
    if (due_.top().kind == Due::Kind::kReturn) {
      const Due back = PopDue();
      away_.erase(back.site);
      return runner_->Handle(round::SiteArrived{sites_[back.site]->site.id()}, now_);
    }
    return HandleArrivals(deadline);
  }

  void Schedule(job::Offer offer) {
    const Faults& faults = options_.faults;
    const size_t site = index_.at(offer.site);
    const bool is_first = offer.step == 0;  // later ones bring questions, not the model again
    traffic_.offers += is_first ? 1 : 0;
    traffic_.bytes_down += is_first ? offer.state->parameters.bytes().size() : offer.asked.size();
    if (Happens(faults.leave)) {
      left_.push_back(site);
      away_.insert(site);
      Push(now_ + Delay() + Delay() + Duration::Millis(1), Due::Kind::kReturn, site, {});
      return;
    }
    if (Happens(faults.drop) || Happens(faults.drop)) return;  // the offer, or its answer
    if (Happens(faults.duplicate)) Push(now_ + Delay(), Due::Kind::kContribution, site, offer);
    const Time at = now_ + Delay() + Delay();
    Push(at, Due::Kind::kContribution, site, std::move(offer));
  }

  Status DeliverReceipts() {
    for (const size_t site : std::exchange(left_, {})) {
      FLORIN_TRY(runner_->Handle(round::SiteLeft{sites_[site]->site.id()}, now_));
    }
    for (const job::Receipt& receipt : transport_.TakeReceipts()) {
      FLORIN_TRY(sites_[index_.at(receipt.site)]->site.Receive(receipt));
    }
    return {};
  }

  // The next few contributions: computed in parallel, handed to the runner in order of arrival.
  Status HandleArrivals(Time deadline) {
    std::vector<Due> arrivals;
    std::vector<std::optional<Result<job::Contribution>>> answers;
    const size_t count_max = kArrivalsPerThread * base::ThreadCount();
    while (!due_.empty() && arrivals.size() < count_max &&
           due_.top().kind == Due::Kind::kContribution && due_.top().at <= deadline) {
      arrivals.push_back(PopDue());
    }
    answers.resize(arrivals.size());
    base::ParallelFor(arrivals.size(), [&](size_t i, size_t) { answers[i] = Answer(arrivals, i); });
    for (size_t i = 0; i < arrivals.size(); ++i) {
      now_ = arrivals[i].at;
      // A site that appears twice in this group answers twice with the same contribution.
      auto& ready = answers[i];
      FLORIN_TRY(Handle(arrivals[i], ready.has_value() ? std::move(*ready) : Accept(arrivals[i])));
    }
    return {};
  }

  // One site is used by one thread at a time: its later arrivals of the group wait.
  std::optional<Result<job::Contribution>> Answer(const std::vector<Due>& arrivals, size_t i) {
    for (size_t earlier = 0; earlier < i; ++earlier) {
      if (arrivals[earlier].site == arrivals[i].site) return std::nullopt;
    }
    return Accept(arrivals[i]);
  }

  Result<job::Contribution> Accept(const Due& due) {
    return sites_[due.site]->site.Accept(due.offer);
  }

  Status Handle(const Due& due, Result<job::Contribution> answer) {
    if (!answer.ok()) {
      // The site's own log: here the owner and the reader are the same person.
      events_->Emit({now_,
                     "site.log",
                     due.offer.job,
                     due.offer.round,
                     due.offer.site,
                     "site \"" + due.offer.site.text() + "\": " + answer.status().ToString(),
                     {}});
      return runner_->Handle(site::Refuse(due.offer, answer.status()), now_);
    }
    traffic_.contributions += answer->message.bulk_size() > 0 ? 1 : 0;
    if (options_.measures_bytes) traffic_.bytes_up += protocol::EncodedSize(answer->message);
    return runner_->Handle(std::move(answer).value(), now_);
  }

  Result<SimulationResult> Finish() {
    FLORIN_TRY(DeliverReceipts());
    const round::RoundState& state = runner_->state();
    if (state.status != round::JobStatus::kDone) {
      return Status(Kind::kFailed, "SIM-FAILED",
                    "job " + state.job.text() + " ended " + round::JobStatusName(state.status) +
                        ": " + state.reason);
    }
    SimulationResult result;
    FLORIN_ASSIGN(const auto versions, store_.Versions(state.job));
    for (const job::Lineage& version : versions) {
      FLORIN_ASSIGN(auto whole, store_.FindVersion(version.id));
      FLORIN_CHECK(whole.has_value());  // this store keeps all models
      result.versions.push_back(std::move(*whole));
    }
    FLORIN_ASSIGN(result.private_states, PrivateStates());
    if (plan_->spec.model.is_personalised) {
      FLORIN_ASSIGN(const auto site_kit, kits_->Get(plan_));
      for (const auto& site : sites_) {
        FLORIN_TRY(site->site.Personalise(*site_kit, *result.last().state));
      }
      FLORIN_ASSIGN(result.personalised, PrivateStates());
    }
    result.traffic = traffic_;
    result.virtual_time = now_ - Time{};
    return result;
  }

  Result<std::vector<model::PrivateState>> PrivateStates() {
    std::vector<model::PrivateState> states;
    for (const auto& site : sites_) {
      FLORIN_ASSIGN(auto own, site->store.LoadPrivate(runner_->state().job));
      states.push_back(std::move(own));
    }
    return states;
  }

  bool Happens(double probability) { return probability > 0 && rng_.Uniform() < probability; }
  Duration Delay() {
    const int64_t most = options_.faults.delay_max.micros;
    return {most > 0 ? static_cast<int64_t>(rng_.Below(static_cast<uint64_t>(most) + 1)) : 0};
  }
  void Push(Time at, Due::Kind kind, size_t site, job::Offer offer) {
    due_.push(Due{at, next_sequence_++, kind, site, std::move(offer)});
  }
  Due PopDue() {
    Due due = due_.top();
    due_.pop();
    now_ = std::max(now_, due.at);
    return due;
  }

  std::shared_ptr<const job::Plan> plan_;
  SimulationOptions options_;
  job::EventSink* events_;
  base::SeededRng rng_;
  std::unique_ptr<site::KitCache> kits_;
  std::vector<std::unique_ptr<VirtualSite>> sites_;
  std::unordered_map<SiteId, size_t> index_;
  store::MemoryStore store_;
  transport::InprocTransport transport_;
  std::shared_ptr<const job::RoundKit> kit_;
  std::unique_ptr<round::Runner> runner_;
  std::priority_queue<Due, std::vector<Due>, Later> due_;
  std::vector<size_t> left_;  // went away at the last offers; the coordinator is yet to notice
  std::set<size_t> away_;     // until their return is due
  uint64_t next_sequence_ = 0;
  Time now_;
  Traffic traffic_;
};

}  // namespace

Result<SimulationResult> Simulate(const std::shared_ptr<const job::Plan>& plan,
                                  const std::vector<SiteRows>& sites,
                                  const SimulationOptions& options, job::EventSink& events) {
  return Simulation(plan, sites, options, events).Run();
}

}  // namespace florin::sim
