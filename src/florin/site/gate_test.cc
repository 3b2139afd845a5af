// The owner's gate in front of a site: what it forbids is refused before a row is read.
#include "florin/govern/gate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "florin/site/refusal.h"
#include "florin/site/site_testing.h"

namespace florin::site {
namespace {

job::JobSpec SpecThatReads(const std::vector<std::string>& fields) {
  job::JobSpec spec = LogisticSpec();
  spec.purpose = "ad-measurement";
  spec.privacy.clipping_norm = 1;
  spec.strategy.local.clipping_norm = 1;
  spec.rounds = 3;
  for (const std::string& field : fields) {
    data::Feature feature;
    feature.name = feature.field = field;
    spec.schema.features.push_back(std::move(feature));
  }
  return spec;
}

job::JobSpec GoodSpec() { return SpecThatReads({"age", "nights"}); }

// Lets GoodSpec through, whatever the rules say that a test adds.
govern::SitePolicy OpenPolicy() {
  govern::SitePolicy policy;
  policy.name = "acme";
  policy.approve = {{{"*"}, {}, 1}};
  return policy;
}

struct GatedSite {
  govern::OwnersGate gate;
  TestSite acme;
  explicit GatedSite(govern::SitePolicy policy) : gate(std::move(policy), {}, nullptr) {
    acme.options.gate = &gate;
    acme.options.coordinator = "c0de";
    acme.Restart();
  }
  job::Offer Offer(const job::JobSpec& spec, job::Work work = job::Work::kUpdate) {
    return OfferOf(PlanOf(spec), acme.site->id(), work);
  }
  // Refused with `code` (empty: taken), without a row read before the gate said so.
  void Expect(const job::Offer& offer, std::string_view code, bool reads_rows = false) {
    const int before = acme.rows.open_count;
    EXPECT_EQ(acme.Refusal(offer), code);
    EXPECT_EQ(acme.rows.open_count > before, code.empty() || reads_rows) << code;
    EXPECT_EQ(acme.store.contributions.empty(), !code.empty()) << code;
  }
};

struct Case {
  const char* code;
  void (*forbid)(govern::SitePolicy&);
};

TEST(SiteGate, EachRuleRefusesItsOfferBeforeARowIsRead) {
  const Case kCases[] = {
      {"POLICY-COORDINATOR", [](govern::SitePolicy& p) { p.coordinator = {"beef", 2}; }},
      {"POLICY-JOB", [](govern::SitePolicy& p) { p.jobs = {{"ads-*"}, 2}; }},
      {"POLICY-PURPOSE", [](govern::SitePolicy& p) { p.purposes = {{"ad-profiles"}, 2}; }},
      {"POLICY-WORK", [](govern::SitePolicy& p) { p.work = {{"evaluate"}, 2}; }},
      {"POLICY-COLUMN", [](govern::SitePolicy& p) { p.views = {{{"visits", {}, 3}}, 2}; }},
      {"POLICY-COLUMN",
       [](govern::SitePolicy& p) { p.views = {{{"rows", govern::Names{"age"}, 3}}, 2}; }},
      {"POLICY-PROTOCOL", [](govern::SitePolicy& p) { p.protocol_min = {"secagg", 2}; }},
      {"POLICY-CONTRIBUTORS", [](govern::SitePolicy& p) { p.contributors_min = {3, 2}; }},
      {"POLICY-CLIP", [](govern::SitePolicy& p) { p.clipping_norm_max = {0.5, 2}; }},
      {"POLICY-LIMIT", [](govern::SitePolicy& p) { p.weight_max = {100, 2}; }},
      {"POLICY-LIMIT", [](govern::SitePolicy& p) { p.rounds_max = {2, 2}; }},
      {"POLICY-LIMIT", [](govern::SitePolicy& p) { p.epochs_max = {1, 2}; }},
  };
  for (const Case& one : kCases) {
    govern::SitePolicy policy = OpenPolicy();
    one.forbid(policy);
    GatedSite site(policy);
    site.Expect(site.Offer(GoodSpec()), one.code);
  }
  GatedSite site(OpenPolicy());
  site.Expect(site.Offer(GoodSpec()), "");
}

TEST(SiteGate, FewRowsAreRefusedAfterTheScanAndNothingIsKept) {
  govern::SitePolicy policy = OpenPolicy();
  policy.rows_min = {41, 2};  // 40 train, 20 test
  GatedSite site(policy);
  site.Expect(site.Offer(GoodSpec()), "POLICY-ROWS", /*reads_rows=*/true);
  site.Expect(site.Offer(GoodSpec(), job::Work::kEvaluate), "POLICY-ROWS", /*reads_rows=*/true);
  EXPECT_EQ(site.acme.store.save_count, 0);
  policy.rows_min = {40, 2};
  site.gate.Replace(policy);
  site.Expect(site.Offer(GoodSpec()), "");  // two epochs: each row is counted once
}

TEST(SiteGate, DowngradeOfTheProtocolIsRefused) {
  govern::SitePolicy policy = OpenPolicy();
  policy.protocol_min = {"secagg", 2};
  GatedSite site(policy);
  job::JobSpec spec = GoodSpec();
  spec.privacy.protocol = "secagg";
  const auto sealed = PlanOf(spec);
  // The plan says plain and wears the hash of the one that was agreed.
  auto forged = std::make_shared<job::Plan>(*PlanOf(GoodSpec()));
  forged->hash = sealed->hash;
  job::Offer offer = site.Offer(GoodSpec());
  offer.plan = forged;
  site.Expect(offer, "OFFER-PLAN");
  site.Expect(site.Offer(GoodSpec()), "POLICY-PROTOCOL");
}

TEST(SiteGate, OfferThatSaysMoreThanItsPlanIsRefused) {
  govern::SitePolicy policy = OpenPolicy();
  policy.contributors_min = {2, 2};
  policy.rounds_max = {3, 3};
  GatedSite site(policy);
  job::Offer offer = site.Offer(GoodSpec());
  offer.local.epochs = 9;
  site.Expect(offer, "OFFER-PLAN");
  offer = site.Offer(GoodSpec());
  offer.local.batch_size = 4096;
  site.Expect(offer, "OFFER-PLAN");
  offer = site.Offer(GoodSpec());
  offer.local.learning_rate = NAN;
  site.Expect(offer, "OFFER-PLAN");
  offer = site.Offer(GoodSpec());
  offer.cohort_size = 1;
  site.Expect(offer, "POLICY-CONTRIBUTORS");
  offer = site.Offer(GoodSpec());
  offer.round = {4};
  site.Expect(offer, "POLICY-LIMIT");
  offer = site.Offer(GoodSpec());
  offer.local.epochs = 1;  // less is no reason to say no
  offer.local.clipping_norm = 0.5;
  site.Expect(offer, "");
}

TEST(SiteGate, ChangedPlanIsPendingAgain) {
  govern::SitePolicy policy = OpenPolicy();
  policy.approve.clear();
  GatedSite site(policy);
  const job::Offer first = site.Offer(GoodSpec());
  site.Expect(first, "APPROVAL-PENDING");
  ASSERT_TRUE(
      site.gate
          .Decide(first.job, first.plan->hash, govern::Decision::kApproved, "maria", Time{1}, "")
          .ok());
  const job::Contribution taken = site.acme.Take(first);
  EXPECT_EQ(taken.plan_hash, first.plan->hash);

  const job::Offer changed = site.Offer(SpecThatReads({"age", "nights", "income"}));
  EXPECT_EQ(site.acme.Refusal(changed), "APPROVAL-PENDING");
  const govern::Approvals approvals = site.gate.approvals();
  const govern::Approval* pending = approvals.Find(changed.job, changed.plan->hash);
  ASSERT_NE(pending, nullptr);
  const auto changes = approvals.ChangesSinceApproved(*pending);
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[1], (govern::Change{"schema.fields", "age, nights", "age, nights, income"}));
}

TEST(SiteGate, YesThatIsTakenBackStopsWhatWasKept) {
  GatedSite site(OpenPolicy());
  const job::Offer offer = site.Offer(GoodSpec());
  site.acme.Take(offer);
  ASSERT_TRUE(
      site.gate
          .Decide(offer.job, offer.plan->hash, govern::Decision::kRefused, "maria", Time{1}, "")
          .ok());
  EXPECT_EQ(site.acme.Refusal(offer), "APPROVAL-REFUSED");
}

TEST(SiteGate, RefusalTellsTheCoordinatorWhichRuleSaidNo) {
  govern::SitePolicy policy = OpenPolicy();
  policy.file = "acme.policy.yaml";
  policy.views = {{{"rows", govern::Names{"age"}, 14}}, 13};
  GatedSite site(policy);
  const job::Offer offer = site.Offer(GoodSpec());
  const job::Refusal refusal = Refuse(offer, site.acme.site->Accept(offer).status());
  EXPECT_EQ(refusal.code, "POLICY-COLUMN");
  EXPECT_EQ(refusal.reason,
            "job \"propensity\": acme.policy.yaml:14: views: expected only these fields of view "
            "rows: age, found \"nights\". Leave them out of the job, or ask the owner to allow "
            "them.");
}

TEST(SiteGate, ContributionIsTheSameWithAndWithoutAGate) {
  GatedSite gated(OpenPolicy());
  TestSite open;
  const job::Offer offer = gated.Offer(GoodSpec());
  EXPECT_TRUE(IsSame(gated.acme.Take(offer), open.Take(offer)));
}

}  // namespace
}  // namespace florin::site
