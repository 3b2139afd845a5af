#include "florin/api/chained_store.h"

#include <gtest/gtest.h>

#include "florin/api/chain_testing.h"
#include "florin/store/memory.h"
#include "florin/store/memory_records.h"

namespace florin::api {
namespace {

class FixedClock final : public base::Clock {
 public:
  Time Now() override { return Time{1'700'000'000'000'000}; }
};

class FailingStore final : public round::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  Status Save(const JobId&, round::Commit) override {
    return {Kind::kFailed, "STORE-IO", "the disk is full."};
  }
};

round::Commit CommitOf(std::vector<std::string> audit) {
  round::Commit commit;
  commit.state.job = JobId("churn");
  commit.audit = std::move(audit);
  return commit;
}

TEST(ChainedStore, EntriesOfAllJobsAreOneSignedChain) {
  store::MemoryStore inner;
  store::MemoryRecords records;
  FixedClock clock;
  for (int start = 0; start < 3; ++start) {  // each time as after a restart
    ChainedStore store(inner, records, clock);
    ASSERT_TRUE(
        store.Save(JobId("churn"), CommitOf({"2026 round.opening a", "2026 job.done b"})).ok());
    ASSERT_TRUE(store.Save(JobId("churn"), CommitOf({})).ok());
    ASSERT_TRUE(store.Save(JobId("ctr"), CommitOf({"2026 round.rolled_back c"})).ok());
  }
  EXPECT_EQ(VerifiedEntries(records, kRoundsChain), 9U);
  EXPECT_EQ(inner.AuditTrail(JobId("churn"))->size(), 6U);
}

TEST(ChainedStore, WhatIsNotSavedIsNotInTheChain) {
  store::MemoryStore memory;
  FailingStore inner(memory);
  store::MemoryRecords records;
  FixedClock clock;
  ChainedStore store(inner, records, clock);
  EXPECT_EQ(store.Save(JobId("churn"), CommitOf({"2026 round.opening a"})).code(), "STORE-IO");
  EXPECT_EQ(VerifiedEntries(records, kRoundsChain), 0U);
}

TEST(ChainedStore, NoTextKeepsARoundFromBeingSaved) {
  store::MemoryStore inner;
  store::MemoryRecords records;
  FixedClock clock;
  ChainedStore store(inner, records, clock);
  std::string two_byte_letters;
  for (int i = 0; i < 2000; ++i) two_byte_letters += "\u00e9";
  for (const std::string& text :
       {std::string("\xff\xc3(\n\x01"), two_byte_letters, "x" + two_byte_letters, std::string()}) {
    const Status status = store.Save(JobId("churn"), CommitOf({"2026 round.failed " + text}));
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  EXPECT_EQ(VerifiedEntries(records, kRoundsChain), 4U);
}

}  // namespace
}  // namespace florin::api
