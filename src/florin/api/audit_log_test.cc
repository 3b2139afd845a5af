#include "florin/api/audit_log.h"

#include <gtest/gtest.h>

#include "florin/govern/audit_file.h"
#include "florin/store/memory_records.h"

namespace florin::api {
namespace {

TEST(AuditLogTest, GoesOnAfterARestartAndVerifies) {
  store::MemoryRecords records;
  for (int start = 0; start < 3; ++start) {
    auto log = AuditLog::Open(records);
    ASSERT_TRUE(log.ok()) << log.status().ToString();
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(log->Append(Time{start}, "operator ada", "pause-job", {{"job", "a"}}).ok());
    }
  }
  const auto log = AuditLog::Open(records);
  EXPECT_EQ(log->chain().index(), 6U);
  const auto lines = log->Read(0, 100);
  ASSERT_TRUE(lines.ok());
  ASSERT_EQ(lines->size(), 6U);
  govern::ChainCheck check({});
  for (const std::string& line : *lines) EXPECT_TRUE(govern::TakeLine(check, line).ok()) << line;
  EXPECT_TRUE(check.Finish().ok());
  EXPECT_EQ(log->Read(4, 1)->at(0), lines->at(4));
  EXPECT_TRUE(log->Read(6, 10)->empty());
}

TEST(AuditLogTest, WhatHasNoFormIsNotKept) {
  store::MemoryRecords records;
  auto log = AuditLog::Open(records);
  EXPECT_EQ(log->Append(Time{}, "operator ada", "Not A Name", {}).code(), "AUDIT-FORM");
  EXPECT_TRUE(log->Read(0, 10)->empty());
  EXPECT_TRUE(log->Append(Time{}, "operator ada", "a-name", {}).ok());
  EXPECT_EQ(log->chain().index(), 1U);
}

}  // namespace
}  // namespace florin::api
