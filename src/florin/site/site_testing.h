// A small federation for this room's tests: tables behind the Rows port, a SiteStore in memory, and
// plans of real models. Nothing here is shared with the product.
#pragma once

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "florin/base/rng.h"
#include "florin/job/version.h"
#include "florin/protocol/party.h"
#include "florin/site/site.h"

namespace florin::site {

class TableRows final : public Rows {
 public:
  data::Table train;
  data::Table test;
  std::optional<Status> fault;  // of the next Open
  int open_count = 0;

  Result<std::unique_ptr<data::BatchReader>> Open(const std::string& view, const data::Schema&,
                                                  data::Part part) override {
    ++open_count;
    if (fault) return *fault;
    if (view != "rows") return Status(Kind::kNotFound, "VIEW-NAME", "no view " + view);
    const data::Table& table = part == data::Part::kTest ? test : train;
    return std::unique_ptr<data::BatchReader>(
        std::make_unique<data::SingleBatchReader>(table.view()));
  }
};

// Keeps what a durable store would keep: whatever happens to the Site, this stays.
class TestStore final : public SiteStore {
 public:
  std::map<std::string, job::Contribution> contributions;  // by id
  std::map<std::string, model::PrivateState> own;          // by job
  std::map<std::tuple<std::string, uint32_t, job::Work>, SavedParty> parties;
  std::optional<Status> fault;  // of the next write
  int save_count = 0;

  Result<std::optional<job::Contribution>> FindContribution(const ContributionId& id) override {
    const auto found = contributions.find(id.Hex());
    if (found == contributions.end()) return std::optional<job::Contribution>();
    return std::optional<job::Contribution>(found->second);
  }
  Status KeepContribution(const job::Contribution& contribution, const model::PrivateState* state,
                          const SavedParty* party) override {
    if (fault) return *fault;
    contributions[contribution.id.Hex()] = contribution;
    if (state != nullptr) own[contribution.job.text()] = state->Clone();
    if (party != nullptr) {
      parties[{contribution.job.text(), contribution.round.number, contribution.work}] = *party;
    }
    return {};
  }
  Result<std::optional<SavedParty>> FindParty(const JobId& job, RoundId round,
                                              job::Work work) override {
    const auto found = parties.find({job.text(), round.number, work});
    return found == parties.end() ? std::nullopt : std::optional(found->second);
  }
  Status ForgetContributions(const JobId& job, RoundId round, job::Work work) override {
    std::erase_if(contributions, [&](const auto& entry) {
      return entry.second.job == job && entry.second.round == round && entry.second.work == work;
    });
    parties.erase({job.text(), round.number, work});
    return {};
  }
  Status ForgetContributionsBefore(const JobId& job, RoundId round, job::Work work) override {
    std::erase_if(contributions, [&](const auto& entry) {
      return entry.second.job == job && entry.second.round < round && entry.second.work == work;
    });
    std::erase_if(parties, [&](const auto& entry) {
      const auto& [of, number, kind] = entry.first;
      return of == job.text() && number < round.number && kind == work;
    });
    return {};
  }
  Result<model::PrivateState> LoadPrivate(const JobId& job) override {
    const auto found = own.find(job.text());
    return found == own.end() ? model::PrivateState() : found->second.Clone();
  }
  Status SavePrivate(const JobId& job, const model::PrivateState& state) override {
    if (fault) return *fault;
    ++save_count;
    own[job.text()] = state.Clone();
    return {};
  }
};

inline data::Table DenseTable(size_t rows, size_t width, uint64_t seed) {
  base::SeededRng rng(seed);
  std::vector<float> dense(rows * width);
  for (float& value : dense) value = static_cast<float>(rng.Normal());
  std::vector<float> label(rows);
  for (float& value : label) value = rng.Below(2) == 0 ? 0.0F : 1.0F;
  data::Batch batch;
  batch.rows = rows;
  batch.dense_width = width;
  batch.dense = dense;
  batch.label = label;
  data::Table table;
  table.Append(batch);
  return table;
}

inline data::Table CountTable(size_t rows, size_t contexts, size_t classes, uint64_t seed) {
  base::SeededRng rng(seed);
  std::vector<uint32_t> levels(rows * 2);
  std::vector<float> label(rows);
  for (size_t r = 0; r < rows; ++r) {
    levels[2 * r] = static_cast<uint32_t>(rng.Below(contexts));
    levels[2 * r + 1] = levels[2 * r] % 2;
    label[r] = static_cast<float>(rng.Below(classes));
  }
  data::Batch batch;
  batch.rows = rows;
  batch.level_count = 2;
  batch.levels = levels;
  batch.label = label;
  data::Table table;
  table.Append(batch);
  return table;
}

inline job::JobSpec LogisticSpec(size_t width = 6) {
  job::JobSpec spec;
  spec.id = JobId("propensity");
  spec.view = "rows";
  spec.model.kind = "logistic";
  spec.model.dense_width = width;
  spec.strategy.kind = "fedavg";
  spec.strategy.local = {.epochs = 2, .batch_size = 8, .learning_rate = 0.1};
  spec.cohort.maximum = 100;
  spec.evaluation.metrics = {"auc", "logloss"};
  return spec;
}

inline job::JobSpec CountsSpec(bool is_personalised = false) {
  job::JobSpec spec;
  spec.id = JobId("next-group");
  spec.view = "rows";
  spec.model.kind = "counts";
  spec.model.classes = 5;
  spec.model.level_rows = {12, 2};
  spec.model.is_personalised = is_personalised;
  spec.strategy.kind = "sum";
  spec.evaluation.metrics = {"map@5"};
  return spec;
}

inline std::shared_ptr<const job::Plan> PlanOf(job::JobSpec spec) {
  return std::move(job::MakePlan(std::move(spec))).value();
}

// An offer of the plan's first round to `site`, with the model's initial state.
inline job::Offer OfferOf(const std::shared_ptr<const job::Plan>& plan, const SiteId& site,
                          job::Work work = job::Work::kUpdate) {
  base::SeededRng rng(plan->spec.seed);
  const auto model = std::move(model::MakeModel(plan->spec.model)).value();
  const auto state = std::make_shared<model::State>(model->NewState(rng));
  return {.job = plan->spec.id,
          .round = {1},
          .work = work,
          .site = site,
          .plan = plan,
          .state = state,
          .model_hash = job::HashModel(*state),
          .local = plan->spec.strategy.local,
          .self = {3},
          .cohort_size = 10,
          .deadline = {}};
}

// Same envelope, same bytes.
inline bool IsSame(const job::Contribution& a, const job::Contribution& b) {
  return a.id == b.id && a.job == b.job && a.round == b.round && a.work == b.work &&
         a.site == b.site && a.plan_hash == b.plan_hash && a.message == b.message;
}

// One site of the tests, with what it stands on. Destroying `site` is a crash.
struct TestSite {
  explicit TestSite(const std::string& name = "acme", bool keeps = true)
      : options{.id = SiteId(name), .secret = {}, .keeps_contributions = keeps} {
    options.secret.fill(static_cast<uint8_t>(name.front()));
    rows.train = DenseTable(40, 6, 1);
    rows.test = DenseTable(20, 6, 2);
    Restart();
  }
  void Restart() { site = std::make_unique<Site>(options, rows, store, *kits); }
  job::Contribution Take(const job::Offer& offer) {
    auto contribution = site->Accept(offer);
    if (!contribution.ok()) std::puts(contribution.status().ToString().c_str());
    return std::move(contribution).value();  // stops the test; Refusal is for those that expect one
  }
  std::string Refusal(const job::Offer& offer) {
    const auto contribution = site->Accept(offer);
    return contribution.ok() ? "" : std::string(contribution.status().code());
  }

  Site::Options options;
  TableRows rows;
  TestStore store;
  std::unique_ptr<KitCache> kits = MakeKitCache();
  std::unique_ptr<Site> site;
};

}  // namespace florin::site
