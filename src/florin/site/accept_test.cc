#include <gtest/gtest.h>

#include <cmath>

#include "florin/job/vector.h"
#include "florin/site/site_testing.h"

namespace florin::site {
namespace {

model::Aggregate Decode(const job::Offer& offer, const job::Contribution& contribution) {
  auto aggregate = job::DecodeSum(offer.plan->vector(offer.work), contribution.message.bulk, 1);
  EXPECT_TRUE(aggregate.ok()) << aggregate.status().ToString();
  return std::move(aggregate).value();
}

double NormOf(const model::Aggregate& aggregate) {
  double squares = 0;
  for (const double value : aggregate.sum.f64()) squares += value * value;
  return std::sqrt(squares) / aggregate.weight;
}

// -- what a contribution says

TEST(Accept, EnvelopeNamesTheOffer) {
  TestSite acme;
  const job::Offer offer = OfferOf(PlanOf(LogisticSpec()), acme.site->id());
  const job::Contribution contribution = acme.Take(offer);
  EXPECT_EQ(contribution.job, offer.job);
  EXPECT_EQ(contribution.round, offer.round);
  EXPECT_EQ(contribution.work, offer.work);
  EXPECT_EQ(contribution.site, acme.site->id());
  EXPECT_EQ(contribution.plan_hash, offer.plan->hash);
  EXPECT_EQ(contribution.id, NameContribution(acme.options.secret, offer));
  EXPECT_EQ(contribution.message.from, offer.self);
  EXPECT_EQ(contribution.message.to, protocol::kAggregator);
  EXPECT_EQ(contribution.message.bulk.size(), offer.plan->update.size());
}

// Whole-batch training does not shuffle, so the task's own answer is known.
TEST(Accept, UpdateIsTheTasksAnswerTimesItsRows) {
  TestSite acme;
  job::JobSpec spec = LogisticSpec();
  spec.strategy.local.batch_size = 1000;
  const job::Offer offer = OfferOf(PlanOf(spec), acme.site->id());
  const model::Aggregate aggregate = Decode(offer, acme.Take(offer));

  auto kit = acme.kits->Get(offer.plan);
  ASSERT_TRUE(kit.ok());
  data::SingleBatchReader reader(acme.rows.train.view());
  model::PrivateState own;
  base::SeededRng rng(99);
  const auto yield = (*kit)->update->Run(*offer.state, own, reader, offer.local, rng);
  ASSERT_TRUE(yield.ok());
  EXPECT_EQ(aggregate.weight, 40);
  const encode::Grid& grid = offer.plan->update.value_grid;
  for (size_t i = 0; i < yield->values.size(); ++i) {
    EXPECT_NEAR(aggregate.sum.f64()[i], 40 * double{yield->values.f32()[i]},
                std::ldexp(1.0, -grid.fraction_bits()));
  }
  EXPECT_EQ(aggregate.metrics[0], 40);
  EXPECT_NEAR(aggregate.metrics[1], yield->metrics[1],
              std::ldexp(1.0, -offer.plan->update.metric_grid.fraction_bits()));
}

TEST(Accept, EvaluationReadsTheTestRows) {
  TestSite acme;
  const job::Offer offer = OfferOf(PlanOf(LogisticSpec()), acme.site->id(), job::Work::kEvaluate);
  const model::Aggregate aggregate = Decode(offer, acme.Take(offer));
  EXPECT_EQ(aggregate.metrics[0], 20);
  EXPECT_EQ(aggregate.weight, 1);
  EXPECT_EQ(aggregate.sum.scalar(), num::Scalar::kInt64);
}

TEST(Accept, CountsAreExact) {
  TestSite acme;
  acme.rows.train = CountTable(1000, 12, 5, 3);
  const job::Offer offer = OfferOf(PlanOf(CountsSpec()), acme.site->id());
  const model::Aggregate aggregate = Decode(offer, acme.Take(offer));
  const data::Batch batch = acme.rows.train.view();
  std::vector<int64_t> expected(size_t{14} * 5, 0);
  for (size_t r = 0; r < batch.rows; ++r) {
    const auto label = static_cast<size_t>(batch.label[r]);
    ++expected[size_t{batch.levels[2 * r]} * 5 + label];
    ++expected[60 + size_t{batch.levels[2 * r + 1]} * 5 + label];
  }
  EXPECT_TRUE(std::ranges::equal(aggregate.sum.i64(), expected));
}

// -- bounds

TEST(Accept, WeightIsCapped) {
  TestSite acme;
  job::JobSpec spec = LogisticSpec();
  spec.privacy.weight_max = 7;
  const job::Offer offer = OfferOf(PlanOf(spec), acme.site->id());
  const model::Aggregate aggregate = Decode(offer, acme.Take(offer));
  EXPECT_EQ(aggregate.weight, 7);
  EXPECT_EQ(aggregate.metrics[0], 40);  // rows are told as they are
}

TEST(Accept, SmallerOfBothClippingNormsHolds) {
  const struct {
    double plan, offer, expected;
  } kCases[] = {{0.01, 0.01, 0.01},
                {0.01, 0, 0.01},
                {0.01, 5, 0.01},
                {0.01, 0.002, 0.002},
                {0, 0.003, 0.003}};
  for (const auto& [agreed, offered, expected] : kCases) {
    TestSite acme;
    job::JobSpec spec = LogisticSpec();
    spec.privacy.clipping_norm = agreed;
    job::Offer offer = OfferOf(PlanOf(spec), acme.site->id());
    offer.local.clipping_norm = offered;
    const double norm = NormOf(Decode(offer, acme.Take(offer)));
    EXPECT_NEAR(norm, expected, 1e-6) << agreed << " " << offered;
  }
}

TEST(Accept, UpdateThatIsNotFiniteIsRefused) {
  TestSite acme;
  job::Offer offer = OfferOf(PlanOf(LogisticSpec()), acme.site->id());
  offer.local.learning_rate = 1e60;
  EXPECT_EQ(acme.Refusal(offer), "CLIP-NOT-FINITE");
  EXPECT_TRUE(acme.store.contributions.empty());
}

TEST(Accept, UpdateBeyondTheGridIsRefused) {
  TestSite acme;
  job::JobSpec spec = LogisticSpec();
  spec.privacy.entry_max = 1e-3;
  const job::Offer offer = OfferOf(PlanOf(spec), acme.site->id());
  EXPECT_EQ(acme.Refusal(offer), "ENCODE-RANGE");
}

// -- checks of the offer

TEST(Accept, OffersThatDoNotHoldAreRefused) {
  TestSite acme;
  const auto plan = PlanOf(LogisticSpec());
  const job::Offer good = OfferOf(plan, acme.site->id());
  const auto refusal = [&](auto change) {
    job::Offer offer = good;
    change(offer);
    return acme.Refusal(offer);
  };
  EXPECT_EQ(refusal([](job::Offer& offer) { offer.site = SiteId("other"); }), "OFFER-SITE");
  EXPECT_EQ(refusal([](job::Offer& offer) { offer.plan = nullptr; }), "OFFER-PLAN");
  EXPECT_EQ(refusal([](job::Offer& offer) { offer.job = JobId("other"); }), "OFFER-PLAN");
  EXPECT_EQ(refusal([](job::Offer& offer) {
              auto forged = std::make_shared<job::Plan>(*offer.plan);
              forged->hash.bytes[0] ^= 1;
              offer.plan = forged;
            }),
            "OFFER-PLAN");
  EXPECT_EQ(refusal([](job::Offer& offer) {
              auto forged = std::make_shared<job::Plan>(*offer.plan);
              forged->spec.privacy.weight_max = 9;  // not what the hash says
              offer.plan = forged;
            }),
            "OFFER-PLAN");
  EXPECT_EQ(refusal([](job::Offer& offer) { offer.state = nullptr; }), "OFFER-MODEL");
  EXPECT_EQ(refusal([](job::Offer& offer) { offer.model_hash.bytes[31] ^= 1; }), "OFFER-MODEL");
  EXPECT_EQ(refusal([](job::Offer& offer) {
              auto other = std::make_shared<model::State>(offer.state->Clone());
              other->parameters.f32()[0] += 1;
              offer.state = other;
            }),
            "OFFER-MODEL");
  EXPECT_EQ(refusal([](job::Offer& offer) {  // a sound state of another model
              const job::Offer other = OfferOf(PlanOf(LogisticSpec(5)), offer.site);
              offer.state = other.state;
              offer.model_hash = other.model_hash;
            }),
            "OFFER-MODEL");
  EXPECT_EQ(refusal([](job::Offer& offer) { offer.self = {0}; }), "PROTO-SENDER");
  EXPECT_EQ(refusal([](job::Offer& offer) { offer.self = {11}; }), "PROTO-SENDER");
  EXPECT_TRUE(acme.store.contributions.empty());
  EXPECT_EQ(refusal([](job::Offer&) {}), "");
}

TEST(Accept, JobWithoutMetricsHasNothingToEvaluate) {
  TestSite acme;
  job::JobSpec spec = LogisticSpec();
  spec.evaluation.metrics.clear();
  EXPECT_EQ(acme.Refusal(OfferOf(PlanOf(spec), acme.site->id(), job::Work::kEvaluate)),
            "OFFER-WORK");
}

TEST(Accept, UnknownProtocolIsRefused) {
  TestSite acme;
  job::JobSpec spec = LogisticSpec();
  spec.privacy.protocol = "telepathy";
  EXPECT_EQ(acme.Refusal(OfferOf(PlanOf(spec), acme.site->id())), "OFFER-PROTOCOL");
}

TEST(Accept, SiteWithoutRowsSaysSo) {
  TestSite acme;
  acme.rows.train = {};
  acme.rows.test = {};
  const auto plan = PlanOf(LogisticSpec());
  EXPECT_EQ(acme.Refusal(OfferOf(plan, acme.site->id())), "TASK-NO-ROWS");
  EXPECT_EQ(acme.Refusal(OfferOf(plan, acme.site->id(), job::Work::kEvaluate)), "TASK-NO-ROWS");
  EXPECT_TRUE(acme.store.contributions.empty());
}

TEST(Accept, FaultsOfThePortsArePassedOn) {
  TestSite acme;
  const auto plan = PlanOf(LogisticSpec());
  acme.rows.fault = Status(Kind::kFailed, "DATA-REJECTS", "too many");
  EXPECT_EQ(acme.Refusal(OfferOf(plan, acme.site->id())), "DATA-REJECTS");
  acme.rows.fault.reset();
  acme.store.fault = Status(Kind::kFailed, "DISK", "full");
  EXPECT_EQ(acme.Refusal(OfferOf(plan, acme.site->id())), "DISK");
  acme.store.fault.reset();
  job::JobSpec spec = LogisticSpec();
  spec.view = "other";
  EXPECT_EQ(acme.Refusal(OfferOf(PlanOf(spec), acme.site->id())), "VIEW-NAME");
}

}  // namespace
}  // namespace florin::site
