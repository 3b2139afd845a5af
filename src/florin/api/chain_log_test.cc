#include "florin/api/chain_log.h"

#include <gtest/gtest.h>

#include "florin/api/chain_testing.h"
#include "florin/store/memory_records.h"

namespace florin::api {
namespace {

Status Append(store::Records& records, std::string_view chain, std::vector<News> news) {
  FLORIN_ASSIGN(const auto change, records.Begin());
  FLORIN_TRY(AppendNews(*change, chain, Time{5}, std::move(news)));
  return change->Commit();
}

crypto::Ed25519PublicKey KeyOf(store::Records& records) {
  return AuditKey(*records.Begin().value()).value();
}

TEST(ChainLog, ChainsAreApartAndSignedWithOneKey) {
  store::MemoryRecords records;
  EXPECT_EQ(AuditKey(*records.Begin().value()).status().code(), "AUDIT-KEY");
  ASSERT_TRUE(Append(records, kCallsChain, {{"operator ada", "pause-job", {}}}).ok());
  const crypto::Ed25519PublicKey key = KeyOf(records);
  ASSERT_TRUE(Append(records, kRoundsChain,
                     {{"coordinator", "job-done", {}}, {"coordinator", "job-done", {}}})
                  .ok());
  ASSERT_TRUE(Append(records, kRoundsChain, {{"coordinator", "job-done", {}}}).ok());
  EXPECT_EQ(VerifiedEntries(records, kCallsChain), 1U);
  EXPECT_EQ(VerifiedEntries(records, kRoundsChain), 3U);
  EXPECT_EQ(VerifiedEntries(records, kMembersChain), 0U);
  EXPECT_EQ(KeyOf(records), key);
}

TEST(ChainLog, ARefusedEntryLeavesTheChainAsItWas) {
  store::MemoryRecords records;
  ASSERT_TRUE(Append(records, kCallsChain, {{"operator ada", "pause-job", {}}}).ok());
  EXPECT_EQ(Append(records, kCallsChain, {{"operator ada", "pause-job", {}}, {"", "pause-job", {}}})
                .code(),
            "AUDIT-FORM");
  EXPECT_EQ(VerifiedEntries(records, kCallsChain), 1U);
}

// A new key would sign a chain that its readers cannot know.
TEST(ChainLog, AChainWhoseKeyIsGoneIsNotSignedByAnother) {
  store::MemoryRecords records;
  ASSERT_TRUE(Append(records, kCallsChain, {{"operator ada", "pause-job", {}}}).ok());
  {
    const auto change = records.Begin().value();
    ASSERT_TRUE(change->Delete("secret", "audit-seed").value());
    ASSERT_TRUE(change->Commit().ok());
  }
  EXPECT_EQ(Append(records, kCallsChain, {{"operator ada", "pause-job", {}}}).code(), "AUDIT-KEY");
}

}  // namespace
}  // namespace florin::api
