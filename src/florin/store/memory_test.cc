#include "florin/store/memory.h"

#include "florin/store/store_conformance.h"

namespace florin::store {
namespace {

std::unique_ptr<round::Store> MakeMemoryStore() { return std::make_unique<MemoryStore>(); }

INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, testing::Values(MakeMemoryStore));

ContributionId IdOf(uint8_t number) {
  ContributionId id;
  id.bytes[0] = number;
  return id;
}

job::Contribution ContributionOf(uint8_t number, uint32_t round, job::Work work) {
  job::Contribution contribution;
  contribution.job = JobId("job");
  contribution.round = RoundId{round};
  contribution.work = work;
  contribution.id = IdOf(number);
  contribution.message.bulk.words = {number, 2, 3};
  return contribution;
}

model::PrivateState PrivateOf(float value) {
  model::PrivateState own;
  own.values.emplace("prior", num::Values::Of(Span<const float>(&value, 1)));
  return own;
}

TEST(MemorySiteStore, ContributionIsKeptWithThePrivateStateItWasMadeWith) {
  MemorySiteStore store;
  EXPECT_FALSE(store.FindContribution(IdOf(1))->has_value());
  EXPECT_TRUE(store.LoadPrivate(JobId("job"))->empty());
  ASSERT_TRUE(
      store.KeepContribution(ContributionOf(1, 1, job::Work::kUpdate), PrivateOf(0.5F)).ok());
  const auto found = store.FindContribution(IdOf(1));
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->message.bulk.words[0], 1U);
  EXPECT_EQ(store.LoadPrivate(JobId("job"))->values.at("prior").f32()[0], 0.5F);
  EXPECT_TRUE(store.LoadPrivate(JobId("other"))->empty());
}

TEST(MemorySiteStore, ForgettingARoundKeepsTheOthers) {
  MemorySiteStore store;
  const job::Contribution kept[] = {ContributionOf(1, 1, job::Work::kUpdate),
                                    ContributionOf(2, 1, job::Work::kEvaluate),
                                    ContributionOf(3, 2, job::Work::kUpdate)};
  for (const auto& one : kept) ASSERT_TRUE(store.KeepContribution(one, {}).ok());
  ASSERT_TRUE(store.ForgetContributions(JobId("job"), RoundId{1}, job::Work::kUpdate).ok());
  EXPECT_FALSE(store.FindContribution(IdOf(1))->has_value());
  EXPECT_TRUE(store.FindContribution(IdOf(2))->has_value());
  EXPECT_TRUE(store.FindContribution(IdOf(3))->has_value());
}

}  // namespace
}  // namespace florin::store
