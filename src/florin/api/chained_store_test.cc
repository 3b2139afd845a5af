#include "florin/api/chained_store.h"

#include <gtest/gtest.h>

#include "florin/govern/audit_file.h"
#include "florin/store/memory.h"
#include "florin/store/memory_records.h"

namespace florin::api {
namespace {

class FixedClock final : public base::Clock {
 public:
  Time Now() override { return Time{1'700'000'000'000'000}; }
};

class FailingStore final : public store::MemoryStore {
 public:
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

Status Verify(store::Records& records, const crypto::Ed25519Seed& seed) {
  FLORIN_ASSIGN(const auto reading, records.Begin());
  FLORIN_ASSIGN(const auto lines, reading->ReadLog(kRoundsLog, 0, 1000));
  FLORIN_ASSIGN(const auto head, reading->Get(kHeadKind, kRoundsLog));
  govern::ChainCheck::Options options;
  options.keys = {crypto::PublicKeyOf(seed)};
  options.verify = crypto::VerifyEd25519;
  govern::ChainCheck check(std::move(options));
  for (const Bytes& line : lines) {
    FLORIN_TRY(govern::TakeLine(check, std::string(line.begin(), line.end())));
  }
  if (head) FLORIN_TRY(govern::TakeLine(check, std::string(head->begin(), head->end())));
  return check.Finish();
}

TEST(ChainedStore, EntriesOfAllJobsAreOneSignedChain) {
  store::MemoryStore inner;
  store::MemoryRecords records;
  FixedClock clock;
  crypto::Ed25519Seed seed{};
  for (int start = 0; start < 3; ++start) {  // each time as after a restart
    ChainedStore store(inner, records, seed, clock);
    ASSERT_TRUE(
        store.Save(JobId("churn"), CommitOf({"2026 round.opening a", "2026 job.done b"})).ok());
    ASSERT_TRUE(store.Save(JobId("churn"), CommitOf({})).ok());
    ASSERT_TRUE(store.Save(JobId("ctr"), CommitOf({"2026 round.rolled_back c"})).ok());
  }
  const Status status = Verify(records, seed);
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(*(*records.Begin())->LogSize(kRoundsLog), 9U);
  EXPECT_EQ(inner.AuditTrail(JobId("churn"))->size(), 6U);
}

TEST(ChainedStore, WhatIsNotSavedIsNotInTheChain) {
  FailingStore inner;
  store::MemoryRecords records;
  FixedClock clock;
  ChainedStore store(inner, records, {}, clock);
  EXPECT_EQ(store.Save(JobId("churn"), CommitOf({"2026 round.opening a"})).code(), "STORE-IO");
  EXPECT_EQ(*(*records.Begin())->LogSize(kRoundsLog), 0U);
}

}  // namespace
}  // namespace florin::api
