#include <array>
#include <mutex>
#include <string>
#include <utility>

#include "florin/job/version.h"
#include "florin/site/site.h"

namespace florin::site {
namespace {

// A process works on a handful of jobs at a time, and on two states of each (training and
// evaluation). More than these many only cost a second check.
constexpr size_t kPlansKept = 16;
constexpr size_t kStatesKept = 32;

Status NoPlan(std::string message) {
  return Status(Kind::kDenied, "OFFER-PLAN", std::move(message));
}

Status NoState(std::string message) {
  return Status(Kind::kDenied, "OFFER-MODEL", std::move(message));
}

// The plan the offered one claims to be: resolved here, from its spec.
Result<std::shared_ptr<const job::Plan>> Resolve(const job::Plan& offered) {
  auto plan = job::MakePlan(offered.spec);
  if (!plan.ok()) return NoPlan("offered plan: " + plan.status().ToString());
  if ((*plan)->hash == offered.hash) return plan;
  return NoPlan("offered plan: expected the hash " + (*plan)->hash.Short() + ", found " +
                offered.hash.Short() + ". Both sides must run the same version.");
}

Status HashState(const model::State& state, const ModelHash& hash) {
  if (state.parameters.size() != state.layout.size() ||
      state.parameters.scalar() != state.layout.scalar()) {
    return NoState("offered state: its parameters do not have its layout.");
  }
  const ModelHash found = job::HashModel(state);
  if (found == hash) return {};
  return NoState("offered state: expected the hash " + hash.Short() + ", found " + found.Short() +
                 ".");
}

class SharedKits final : public KitCache {
 public:
  // Building under the lock makes each kit once; whoever waits needs one as well.
  Result<std::shared_ptr<const job::SiteKit>> Get(
      const std::shared_ptr<const job::Plan>& plan) override {
    if (plan == nullptr) return NoPlan("the offer has no plan.");
    const std::lock_guard lock(plans_mutex_);
    for (const KnownPlan& known : plans_) {
      if (known.offered == plan) return known.kit;
    }
    FLORIN_ASSIGN(auto resolved, Resolve(*plan));
    FLORIN_ASSIGN(auto kit, KitOf(std::move(resolved)));
    plans_[next_plan_++ % kPlansKept] = {plan, kit};
    return kit;
  }

  Status CheckState(const std::shared_ptr<const model::State>& state,
                    const ModelHash& hash) override {
    if (state == nullptr) return NoState("the offer has no state.");
    const std::lock_guard lock(states_mutex_);
    for (const KnownState& known : states_) {
      if (known.Is(state) && known.hash == hash) return {};
    }
    FLORIN_TRY(HashState(*state, hash));
    states_[next_state_++ % kStatesKept] = {state, hash};
    return {};
  }

 private:
  struct KnownPlan {
    std::shared_ptr<const job::Plan> offered;
    std::shared_ptr<const job::SiteKit> kit;
  };
  // Weak, so that an old state's memory is given back; its control block stays, so that no other
  // state can be taken for it.
  struct KnownState {
    std::weak_ptr<const model::State> state;
    ModelHash hash;
    bool Is(const std::shared_ptr<const model::State>& other) const {
      return !state.owner_before(other) && !other.owner_before(state);
    }
  };

  // An equal plan that came as another object has its kit already.
  Result<std::shared_ptr<const job::SiteKit>> KitOf(std::shared_ptr<const job::Plan> plan) const {
    for (const KnownPlan& known : plans_) {
      if (known.kit != nullptr && known.kit->plan->hash == plan->hash) return known.kit;
    }
    return job::SiteKit::Make(std::move(plan));
  }

  std::mutex plans_mutex_;
  std::array<KnownPlan, kPlansKept> plans_;
  size_t next_plan_ = 0;
  std::mutex states_mutex_;
  std::array<KnownState, kStatesKept> states_;
  size_t next_state_ = 0;
};

}  // namespace

std::unique_ptr<KitCache> MakeKitCache() { return std::make_unique<SharedKits>(); }

}  // namespace florin::site
