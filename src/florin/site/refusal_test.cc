#include "florin/site/refusal.h"

#include <gtest/gtest.h>

namespace florin::site {
namespace {

job::Offer SomeOffer() {
  job::Offer offer;
  offer.job = JobId("churn");
  offer.round = {3};
  offer.work = job::Work::kEvaluate;
  offer.site = SiteId("lisbon");
  return offer;
}

TEST(Refuse, WordsAboutRowsStayAtTheSite) {
  for (const char* code : {"DATA-REJECTS", "CSV-OPEN", "VIEW-COLUMN", "TASK-NO-ROWS",
                           "ENCODE-RANGE", "CLIP-NOT-FINITE", "MODEL-BATCH"}) {
    const job::Refusal refusal =
        Refuse(SomeOffer(), Status(Kind::kFailed, code, "customers.csv:7:3: \"Maria Silva\""));
    EXPECT_EQ(refusal.code, code);
    EXPECT_EQ(refusal.reason.find("Maria"), std::string::npos);
  }
}

TEST(Refuse, WordsOfThePolicyTravelSaveHowManyRowsThereAre) {
  const auto reason = [](const char* code) {
    return Refuse(SomeOffer(), Status(Kind::kRefused, code, "acme.policy.yaml:3: expected 7"))
        .reason;
  };
  EXPECT_EQ(reason("POLICY-COLUMN"), "acme.policy.yaml:3: expected 7");
  EXPECT_EQ(reason("APPROVAL-PENDING"), "acme.policy.yaml:3: expected 7");
  EXPECT_EQ(reason("POLICY-ROWS"), "the site's own log says why");
}

TEST(Refuse, WordsAboutTheOfferTravel) {
  const job::Refusal refusal =
      Refuse(SomeOffer(), Status(Kind::kFailed, "OFFER-PLAN", "the plan has another hash"));
  EXPECT_EQ(refusal.reason, "the plan has another hash");
  EXPECT_EQ(refusal.site, SiteId("lisbon"));
  EXPECT_EQ(refusal.job, JobId("churn"));
  EXPECT_EQ(refusal.round.number, 3U);
  EXPECT_EQ(refusal.work, job::Work::kEvaluate);
}

}  // namespace
}  // namespace florin::site
