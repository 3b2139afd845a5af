#include "florin/api/audit_log.h"

#include <gtest/gtest.h>

#include "florin/api/chain_testing.h"
#include "florin/store/memory_records.h"

namespace florin::api {
namespace {

TEST(AuditLogTest, GoesOnAfterARestartAndVerifies) {
  store::MemoryRecords records;
  for (int start = 0; start < 3; ++start) {
    AuditLog log(records);
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(log.Append(Time{start}, "operator ada", "pause-job", {{"job", "a"}}).ok());
    }
  }
  EXPECT_EQ(VerifiedEntries(records, kCallsChain), 6U);
  const AuditLog log(records);
  const auto all = log.Read("calls", 0, 100);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->lines.size(), 6U);
  EXPECT_EQ(log.Read("calls", 4, 1)->lines.at(0), all->lines.at(4));
  EXPECT_TRUE(log.Read("calls", 6, 10)->lines.empty());
  EXPECT_EQ(log.Read("calls", 6, 10)->head, all->head);
  EXPECT_EQ(log.Read("members", 0, 10)->head, "");
  EXPECT_EQ(log.Read("secrets", 0, 10).status().code(), "AUDIT-CHAIN");
}

TEST(AuditLogTest, WhatHasNoFormIsNotKept) {
  store::MemoryRecords records;
  AuditLog log(records);
  EXPECT_EQ(log.Append(Time{}, "operator ada", "Not A Name", {}).code(), "AUDIT-FORM");
  EXPECT_TRUE(log.Read("calls", 0, 10)->lines.empty());
  EXPECT_TRUE(log.Append(Time{}, "operator ada", "a-name", {}).ok());
  EXPECT_EQ(VerifiedEntries(records, kCallsChain), 1U);
}

}  // namespace
}  // namespace florin::api
