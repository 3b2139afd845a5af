// A job survives its store: whichever commit fails, a runner made anew from what was saved brings
// the job to the same model.
#include <gtest/gtest.h>

#include "florin/round/forwarding_store.h"
#include "florin/store/memory.h"
#include "florin/store/runner_testing.h"
#include "florin/store/sqlite_testing.h"

namespace florin::store {
namespace {

// Passes on to a store, and fails the n-th Save: before it reaches the disk, or after it, so that
// the caller does not learn that it was done.
class FaultyStore final : public round::ForwardingStore {
 public:
  enum class Fault { kBefore, kAfter };
  FaultyStore(round::Store& store, uint64_t fails_at, Fault fault)
      : ForwardingStore(store), fails_at_(fails_at), fault_(fault) {}

  Status Save(const JobId& job, round::Commit commit) override {
    const bool fails = ++saves_ == fails_at_;
    if (!fails || fault_ == Fault::kAfter) {
      FLORIN_TRY(ForwardingStore::Save(job, std::move(commit)));
    }
    if (fails) return Status(Kind::kFailed, "STORE-DISK", "disk full");
    return {};
  }
  uint64_t saves() const { return saves_; }

 private:
  uint64_t fails_at_;
  Fault fault_;
  uint64_t saves_ = 0;
};

// Restart after every message: killed before its n-th input, the job goes on where it was saved.
TEST(Kill, ProcessKilledBetweenAnyTwoInputsEndsInTheSameModel) {
  const auto plan = PlanOf(LogisticSpec(5));
  MemoryStore untroubled;
  ASSERT_TRUE(Federation(plan, 5).Drive(untroubled).ok());
  const VersionId expected = untroubled.Versions(plan->spec.id)->back().id;
  uint64_t dies_at = 1;
  for (bool has_died = true; has_died; ++dies_at) {
    SCOPED_TRACE(dies_at);
    MemoryStore store(1);  // resuming needs no more
    Federation federation(plan, 5);
    has_died = !federation.Drive(store, dies_at).ok();
    ASSERT_TRUE(!has_died || federation.Drive(store).ok());
    EXPECT_EQ(store.Versions(plan->spec.id)->back().id, expected);
  }
  EXPECT_GT(dies_at, 30U);
}

// The same over a directory, opened anew: what is read back is what was written.
TEST(Kill, ProcessKilledOverADirectoryEndsInTheSameModel) {
  const auto plan = PlanOf(LogisticSpec(5));
  MemoryStore untroubled;
  ASSERT_TRUE(Federation(plan, 5).Drive(untroubled).ok());
  const auto expected = *untroubled.Versions(plan->spec.id);
  uint64_t deaths = 0;
  bool has_died = true;
  for (uint64_t dies_at = 1; has_died; dies_at += 6) {
    SCOPED_TRACE(dies_at);
    const TempFolder folder;
    Federation federation(plan, 5);
    for (const uint64_t when : {dies_at, uint64_t{0}}) {
      const auto directory = MustOpen(folder.At("data"));
      SqliteStore store(*directory, 1);  // resuming needs no more
      const Status status = federation.Drive(store, when);
      if (when != 0) has_died = status.code() == "DIED";
      ASSERT_TRUE(status.ok() || when != 0) << status.ToString();
    }
    deaths += has_died;
    const auto directory = MustOpen(folder.At("data"));
    const auto versions = *SqliteStore(*directory).Versions(plan->spec.id);
    ASSERT_EQ(versions.size(), expected.size());
    for (size_t i = 0; i < versions.size(); ++i) EXPECT_EQ(versions[i].id, expected[i].id);
  }
  EXPECT_GE(deaths, 5U);
}

struct Recovery {
  size_t sites;
  FaultyStore::Fault fault;
};
class RecoveryTest : public testing::TestWithParam<Recovery> {};

// 600 sites make two checkpoints within Reporting, so that a crash loses part of a cohort.
TEST_P(RecoveryTest, AnyFailingCommitEndsInTheSameModel) {
  const auto [sites, fault] = GetParam();
  const auto plan = PlanOf(LogisticSpec(sites));
  MemoryStore untroubled;
  ASSERT_TRUE(Federation(plan, sites).Drive(untroubled).ok());
  const auto expected = *untroubled.Versions(plan->spec.id);

  uint64_t failing = 1;
  for (bool has_failed = true; has_failed; ++failing) {
    SCOPED_TRACE("failing commit " + std::to_string(failing));
    MemoryStore memory(1);
    FaultyStore store(memory, failing, fault);
    Federation federation(plan, sites);
    Status status = federation.Drive(store);
    has_failed = !status.ok();
    if (has_failed) {
      ASSERT_EQ(status.code(), "STORE-DISK");
      status = federation.Drive(store);
    }
    ASSERT_TRUE(status.ok()) << status.ToString();
    ASSERT_EQ(federation.runner().state().status, round::JobStatus::kDone)
        << federation.runner().state().reason;
    const auto versions = *memory.Versions(plan->spec.id);
    ASSERT_EQ(versions.size(), expected.size());
    for (size_t i = 0; i < versions.size(); ++i) EXPECT_EQ(versions[i].id, expected[i].id);
  }
  EXPECT_GT(failing, 15U);
}

INSTANTIATE_TEST_SUITE_P(Crashes, RecoveryTest,
                         testing::Values(Recovery{3, FaultyStore::Fault::kBefore},
                                         Recovery{3, FaultyStore::Fault::kAfter},
                                         Recovery{600, FaultyStore::Fault::kBefore},
                                         Recovery{600, FaultyStore::Fault::kAfter}),
                         [](const auto& test) {
                           const bool is_before = test.param.fault == FaultyStore::Fault::kBefore;
                           return std::to_string(test.param.sites) +
                                  (is_before ? "SitesBeforeTheDisk" : "SitesAfterTheDisk");
                         });

}  // namespace
}  // namespace florin::store
