#include "florin/sim/compare.h"

#include <gtest/gtest.h>

#include "florin/sim/evaluate.h"
#include "florin/sim/testing.h"

namespace florin::sim {
namespace {

class Silent final : public job::EventSink {
 public:
  void Emit(const job::Event&) override {}
};

const Cell* Find(const Market& market, ColumnKind kind, const std::string& federation = "") {
  for (const Cell& cell : market.cells) {
    if (cell.column == kind && (federation.empty() || cell.federation == federation)) return &cell;
  }
  return nullptr;
}

class CompareLogistic : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto sites = testing::LogisticSites(4, 200, 31);
    std::vector<SiteId> three;
    std::vector<SiteId> four;
    for (size_t s = 0; s < sites.size(); ++s) {
      if (s < 3) three.push_back(sites[s].id);
      four.push_back(sites[s].id);
    }
    Silent silent;
    BootstrapOptions bootstrap;
    bootstrap.replicates = 100;
    auto compared = Compare(testing::LogisticJob("sum", 8), sites,
                            {{"three", three}, {"four", four}}, {}, bootstrap, silent);
    ASSERT_TRUE(compared.ok()) << compared.status().ToString();
    comparison_ = std::move(compared).value();
  }
  Comparison comparison_;
};

TEST_F(CompareLogistic, EveryMarketHasItsColumns) {
  ASSERT_EQ(comparison_.markets.size(), 4U);
  EXPECT_EQ(comparison_.headline, "auc");
  for (size_t m = 0; m < 4; ++m) {
    const Market& market = comparison_.markets[m];
    EXPECT_NEAR(Find(market, ColumnKind::kFloor)->figures[0].value, 0.5, 1e-9);
    EXPECT_GT(Find(market, ColumnKind::kLocal)->figures[0].value, 0.7);
    EXPECT_NE(Find(market, ColumnKind::kOneShot), nullptr);
    EXPECT_EQ(Find(market, ColumnKind::kFederated, "three") != nullptr, m < 3);
    EXPECT_NE(Find(market, ColumnKind::kFederated, "four"), nullptr);
    EXPECT_FALSE(Find(market, ColumnKind::kLocal)->gain.has_value());
    EXPECT_TRUE(Find(market, ColumnKind::kPooled)->gain.has_value());
  }
}

TEST_F(CompareLogistic, ExactSumsGiveThePooledFigures) {
  for (const Market& market : comparison_.markets) {
    const Cell* federated = Find(market, ColumnKind::kFederated, "four");
    const Cell* pooled = Find(market, ColumnKind::kPooled);
    EXPECT_NEAR(federated->figures[0].value, pooled->figures[0].value, 1e-4);
  }
}

TEST(Compare, WithoutMetricsIsRefused) {
  job::JobSpec spec = testing::LogisticJob("sum", 2);
  spec.evaluation.metrics.clear();
  const auto sites = testing::LogisticSites(2, 50, 1);
  Silent silent;
  auto compared = Compare(spec, sites, {{"all", {sites[0].id, sites[1].id}}}, {}, {}, silent);
  ASSERT_FALSE(compared.ok());
  EXPECT_EQ(compared.status().code(), "COMPARE-METRICS");
}

}  // namespace
}  // namespace florin::sim
