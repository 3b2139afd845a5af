#include "florin/sim/partition.h"

#include <gtest/gtest.h>

#include <cmath>

namespace florin::sim {
namespace {

// 1,000 training and 200 test rows of 4 labels and 50 users; dense holds the row's number.
SiteRows Rows() {
  SiteRows rows;
  const auto append = [](data::Table& table, size_t count) {
    for (size_t r = 0; r < count; ++r) {
      const auto number = static_cast<float>(r);
      const auto label = static_cast<float>(r % 4);
      const uint64_t user = r % 50;
      data::Batch row;
      row.rows = 1;
      row.dense_width = 1;
      row.dense = {&number, 1};
      row.label = {&label, 1};
      row.user = {&user, 1};
      table.Append(row);
    }
  };
  append(rows.train, 1000);
  append(rows.test, 200);
  return rows;
}

std::vector<SiteRows> CutBy(const char* text, uint64_t seed = 1) {
  base::SeededRng rng(seed);
  return Cut(Rows(), Partition::Parse(text).value(), rng);
}

class EveryPartition : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryPartition, GivesEachTrainingRowToExactlyOneSite) {
  std::vector<int> seen(1000);
  for (const SiteRows& site : CutBy(GetParam())) {
    for (const float row : site.train.view().dense) ++seen[static_cast<size_t>(row)];
  }
  EXPECT_EQ(seen, std::vector<int>(1000, 1));
}

TEST_P(EveryPartition, IsTheSameForTheSameSeed) {
  const auto a = CutBy(GetParam(), 9);
  const auto b = CutBy(GetParam(), 9);
  ASSERT_EQ(a.size(), b.size());
  for (size_t s = 0; s < a.size(); ++s) {
    const auto left = a[s].train.view().dense;
    const auto right = b[s].train.view().dense;
    EXPECT_TRUE(std::equal(left.begin(), left.end(), right.begin(), right.end()));
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryPartition,
                         ::testing::Values("iid:7", "dirichlet:7:0.3", "quantity:7:0.5", "user",
                                           "iid:1"));

TEST(Partition, IidSharesAreEqual) {
  for (const SiteRows& site : CutBy("iid:10")) {
    EXPECT_EQ(site.train.rows(), 100U);
    EXPECT_EQ(site.test.rows(), 20U);
  }
}

TEST(Partition, SmallAlphaSkewsLabels) {
  // The share of a site's most frequent label, averaged: near 1/4 when IID, high under skew.
  const auto dominance = [](const std::vector<SiteRows>& sites) {
    double total = 0;
    for (const SiteRows& site : sites) {
      double counts[4] = {};
      for (const float label : site.train.view().label) counts[static_cast<int>(label)] += 1;
      total += *std::max_element(counts, counts + 4) / static_cast<double>(site.train.rows());
    }
    return total / static_cast<double>(sites.size());
  };
  EXPECT_LT(dominance(CutBy("iid:8")), 0.4);
  EXPECT_GT(dominance(CutBy("dirichlet:8:0.1")), 0.6);
}

TEST(Partition, ByUserKeepsAUserTogether) {
  const auto sites = CutBy("user");
  ASSERT_EQ(sites.size(), 50U);
  for (const SiteRows& site : sites) {
    for (const uint64_t user : site.train.view().user) {
      EXPECT_EQ(user, site.train.view().user[0]);
    }
    EXPECT_EQ(site.test.rows(), 4U);
  }
}

TEST(Partition, BadTextsAreRefused) {
  for (const char* text : {"", "iid", "iid:0", "iid:x", "iid:3:1", "dirichlet:3", "dirichlet:3:0",
                           "dirichlet:3:-1", "user:3", "rows:3"}) {
    EXPECT_EQ(Partition::Parse(text).status().code(), "SIM-PARTITION") << text;
  }
}

}  // namespace
}  // namespace florin::sim
