// A federation over one store, for tests: production engines and strategies, only the sites are
// played.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "florin/job/round_kit.h"
#include "florin/job/vector.h"
#include "florin/round/runner.h"

namespace florin::store {

struct Mailbox final : round::Transport {
  void Send(job::Offer offer) override { offers.push_back(std::move(offer)); }
  void Send(job::Receipt receipt) override { receipts.push_back(std::move(receipt)); }
  std::vector<job::Offer> offers;
  std::vector<job::Receipt> receipts;
};

struct EventList final : job::EventSink {
  void Emit(const job::Event& event) override { events.push_back(event); }
  std::vector<job::Event> events;
};

inline job::JobSpec LogisticSpec(size_t sites) {
  job::JobSpec spec;
  spec.id = JobId("recovery");
  spec.view = "rows";
  for (const char* name : {"a", "b", "c"}) {
    data::Feature feature;
    feature.name = feature.field = name;
    spec.schema.features.push_back(feature);
  }
  spec.schema.label.kind = data::Label::Kind::kBinary;
  spec.schema.label.field = "label";
  spec.model.kind = "logistic";
  spec.model.dense_width = 3;
  spec.strategy.kind = "fedadam";
  spec.rounds = 3;
  spec.cohort.maximum = static_cast<uint32_t>(sites);
  spec.evaluation.metrics = {"auc"};
  spec.evaluation.minimum_rows = 10;
  return spec;
}

inline std::shared_ptr<const job::Plan> PlanOf(job::JobSpec spec) {
  auto plan = job::MakePlan(std::move(spec));
  EXPECT_TRUE(plan.ok()) << plan.status().ToString();
  return *plan;
}

// What a site answers depends on the offer alone, as the real one's does.
inline job::Contribution Answer(const job::Offer& offer) {
  const job::VectorPlan& vector = offer.plan->vector(offer.work);
  const uint64_t site = base::HashText(offer.site.text());
  model::Yield yield;
  if (offer.work == job::Work::kUpdate) {
    std::vector<float> update;
    for (const float parameter : offer.state->parameters.f32()) {
      const auto target = static_cast<float>(site % (update.size() + 5));
      update.push_back(0.1F * (target - parameter));
    }
    yield.values = num::Values::Of(Span<const float>(update));
    yield.weight = 100;
  } else {
    std::vector<int64_t> sums(vector.values.size(), 0);
    const auto add = [&](const char* slice, size_t bin) {
      sums[vector.values.Find(slice)->offset + bin] = 25;
    };
    sums[vector.values.Find("rows")->offset] = 50;
    add("positives", 0);
    add("auc_positives", 600 - site % 200);
    add("auc_negatives", 500);
    yield.values = num::Values::Of(Span<const int64_t>(sums));
    yield.weight = 1;
  }
  yield.metrics.assign(vector.metric_count, 0);
  if (!yield.metrics.empty()) yield.metrics[0] = 100;
  if (yield.metrics.size() > 1) yield.metrics[1] = 40;
  base::SeededRng rng(site, offer.round.number);
  auto encoded = job::EncodeYield(vector, yield, 1, rng);
  EXPECT_TRUE(encoded.ok()) << encoded.status().ToString();
  job::Contribution contribution = job::ContributionTo(offer);
  base::Writer writer;
  writer.U64(site).U32(offer.round.number).U8(static_cast<uint8_t>(offer.work));
  std::copy(writer.view().begin(), writer.view().end(), contribution.id.bytes.begin());
  contribution.message = {offer.self, protocol::kAggregator, {}, std::move(*encoded)};
  return contribution;
}

// One federation over one store, driven to the end of its job.
class Federation {
 public:
  Federation(std::shared_ptr<const job::Plan> plan, size_t sites) {
    auto kit = job::RoundKit::Make(std::move(plan));
    EXPECT_TRUE(kit.ok()) << kit.status().ToString();
    kit_ = *kit;
    for (size_t i = 0; i < sites; ++i) sites_.emplace_back(std::to_string(1000 + i));
  }

  // Until the job is over, the store broke, or the process died: before input `dies_at`.
  Status Drive(round::Store& store, uint64_t dies_at = 0) {
    mailbox_ = {};
    dies_in_ = dies_at;
    FLORIN_ASSIGN(runner_, round::Runner::Make(kit_, store, mailbox_, events_, identities_));
    for (const SiteId& site : sites_) FLORIN_TRY(Handle(round::SiteArrived{site}));
    FLORIN_TRY(Handle(round::JobStarted{}));
    while (!runner_->is_over()) {
      if (mailbox_.offers.empty()) {
        now_ = std::max(now_, runner_->state().deadline);
        FLORIN_TRY(Handle(round::DeadlinePassed{}));
      }
      for (const job::Offer& offer : std::exchange(mailbox_.offers, {})) {
        now_.micros += 1000;
        FLORIN_TRY(Handle(Answer(offer)));
      }
    }
    return {};
  }

  const round::Runner& runner() const { return *runner_; }
  round::Runner& mutable_runner() { return *runner_; }
  const EventList& events() const { return events_; }
  const Mailbox& mailbox() const { return mailbox_; }

 private:
  template <typename Input>
  Status Handle(Input input) {
    if (dies_in_ == 1) {
      dies_in_ = 0;
      return Status(Kind::kFailed, "DIED", "killed");
    }
    if (dies_in_ > 0) --dies_in_;
    return runner_->Handle(std::move(input), now_);
  }

  std::shared_ptr<const job::RoundKit> kit_;
  std::vector<SiteId> sites_;
  uint64_t dies_in_ = 0;
  round::NoIdentities identities_;
  Mailbox mailbox_;
  EventList events_;
  std::unique_ptr<round::Runner> runner_;
  Time now_;
};

}  // namespace florin::store
