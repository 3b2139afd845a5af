// What every Records must do. A new one adds its line to store_conformance_test.cc.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "florin/store/records.h"

namespace florin::store {

using MakeRecords = std::unique_ptr<Records> (*)();

class RecordsConformance : public testing::TestWithParam<MakeRecords> {
 protected:
  std::unique_ptr<Transaction> Begin() {
    auto transaction = records_->Begin();
    EXPECT_TRUE(transaction.ok()) << transaction.status().ToString();
    return transaction.ok() ? std::move(*transaction) : nullptr;
  }
  void Put(const std::string& kind, const std::string& key, const Bytes& bytes) {
    const auto transaction = Begin();
    ASSERT_TRUE(transaction->Put(kind, key, bytes).ok());
    ASSERT_TRUE(transaction->Commit().ok());
  }
  std::optional<Bytes> Get(const std::string& kind, const std::string& key) {
    const auto found = Begin()->Get(kind, key);
    EXPECT_TRUE(found.ok());
    return found.ok() ? *found : std::nullopt;
  }

  const std::unique_ptr<Records> records_ = GetParam()();
};

TEST_P(RecordsConformance, UnknownNamesAreEmptyAnswers) {
  const auto transaction = Begin();
  EXPECT_FALSE(transaction->Get("token", "a")->has_value());
  EXPECT_TRUE(transaction->List("token")->empty());
  EXPECT_FALSE(*transaction->Delete("token", "a"));
  EXPECT_EQ(*transaction->LogSize("audit"), 0U);
  EXPECT_TRUE(transaction->ReadLog("audit", 0, 10)->empty());
}

TEST_P(RecordsConformance, RecordIsReplacedAndDeleted) {
  Put("member", "acme", {1});
  Put("member", "acme", {2, 3});
  Put("member", "empty", {});
  EXPECT_EQ(Get("member", "acme"), (Bytes{2, 3}));
  EXPECT_EQ(Get("member", "empty"), Bytes{});
  EXPECT_EQ(Get("other", "acme"), std::nullopt);
  const auto transaction = Begin();
  EXPECT_TRUE(*transaction->Delete("member", "acme"));
  EXPECT_FALSE(transaction->Get("member", "acme")->has_value());
  EXPECT_FALSE(*transaction->Delete("member", "acme"));
  ASSERT_TRUE(transaction->Commit().ok());
}

TEST_P(RecordsConformance, ListIsByKeyAndOfItsKindAlone) {
  Put("member", "b", {2});
  Put("member", "a", {1});
  Put("member", "a-b", {3});
  Put("token", "c", {4});
  const auto transaction = Begin();
  EXPECT_EQ(*transaction->List("member"),
            (std::vector<Record>{{"a", {1}}, {"a-b", {3}}, {"b", {2}}}));
}

TEST_P(RecordsConformance, TransactionSeesItsOwnChanges) {
  Put("member", "a", {1});
  const auto transaction = Begin();
  ASSERT_TRUE(transaction->Put("member", "b", Bytes{2}).ok());
  ASSERT_TRUE(transaction->Delete("member", "a").ok());
  EXPECT_EQ(*transaction->List("member"), (std::vector<Record>{{"b", {2}}}));
  EXPECT_EQ(*transaction->Append("audit", Bytes{7}), 0U);
  EXPECT_EQ(*transaction->Append("audit", Bytes{8}), 1U);
  EXPECT_EQ(*transaction->ReadLog("audit", 1, 5), (std::vector<Bytes>{{8}}));
}

// A token is redeemed and the roster changes, or neither.
TEST_P(RecordsConformance, DroppedTransactionLeavesNothingBehind) {
  Put("token", "t", {1});
  {
    const auto transaction = Begin();
    EXPECT_TRUE(*transaction->Delete("token", "t"));
    ASSERT_TRUE(transaction->Put("member", "acme", Bytes{1}).ok());
    ASSERT_TRUE(transaction->Append("audit", Bytes{1}).ok());
  }
  EXPECT_EQ(Get("token", "t"), Bytes{1});
  EXPECT_EQ(Get("member", "acme"), std::nullopt);
  EXPECT_EQ(*Begin()->LogSize("audit"), 0U);
  const auto transaction = Begin();
  EXPECT_TRUE(*transaction->Delete("token", "t"));
  ASSERT_TRUE(transaction->Put("member", "acme", Bytes{1}).ok());
  ASSERT_TRUE(transaction->Append("audit", Bytes{1}).ok());
  ASSERT_TRUE(transaction->Commit().ok());
  EXPECT_TRUE(transaction->List("token")->empty());
}

TEST_P(RecordsConformance, LogIsCountedFromZeroByKind) {
  for (uint8_t i = 0; i < 5; ++i) {
    const auto transaction = Begin();
    EXPECT_EQ(*transaction->Append("audit", Bytes{i}), i);
    if (i == 0) {
      EXPECT_EQ(*transaction->Append("ledger", Bytes{9}), 0U);
    }
    ASSERT_TRUE(transaction->Commit().ok());
  }
  const auto transaction = Begin();
  EXPECT_EQ(*transaction->LogSize("audit"), 5U);
  EXPECT_EQ(*transaction->LogSize("ledger"), 1U);
  EXPECT_EQ(*transaction->ReadLog("audit", 1, 2), (std::vector<Bytes>{{1}, {2}}));
  EXPECT_EQ(*transaction->ReadLog("audit", 4, 100), (std::vector<Bytes>{{4}}));
  EXPECT_TRUE(transaction->ReadLog("audit", 5, 100)->empty());
  EXPECT_TRUE(transaction->ReadLog("audit", UINT64_MAX, SIZE_MAX)->empty());
}

TEST_P(RecordsConformance, WhatIsOutOfBoundsIsRefused) {
  const auto transaction = Begin();
  const auto code = [&](const std::string& kind, const std::string& key, const Bytes& bytes) {
    return std::string(transaction->Put(kind, key, bytes).code());
  };
  EXPECT_EQ(code("a.b-1", "any key, \"quoted\"", {}), "");
  EXPECT_EQ(code("", "a", {}), "STORE-RECORD");
  EXPECT_EQ(code("Kind", "a", {}), "STORE-RECORD");
  EXPECT_EQ(code(std::string(65, 'a'), "a", {}), "STORE-RECORD");
  EXPECT_EQ(code("kind", "", {}), "STORE-RECORD");
  EXPECT_EQ(code("kind", std::string(257, 'a'), {}), "STORE-RECORD");
  EXPECT_EQ(code("kind", "a", Bytes((16 << 20) + 1)), "STORE-RECORD");
  EXPECT_EQ(transaction->Append("Kind", {}).status().code(), "STORE-RECORD");
  ASSERT_TRUE(transaction->Commit().ok()) << "a refused record refuses itself alone";
}

TEST_P(RecordsConformance, InnerTransactionIsAPartOfTheOuterOne) {
  Put("member", "a", {1});
  for (const bool is_kept : {false, true}) {
    const auto outer = Begin();
    ASSERT_TRUE(outer->Delete("member", "a").ok());
    EXPECT_EQ(*outer->Append("audit", Bytes{1}), 0U);
    {
      const auto inner = Begin();
      EXPECT_TRUE(inner->List("member")->empty()) << "it sees what the outer one did";
      ASSERT_TRUE(inner->Put("member", "b", Bytes{2}).ok());
      EXPECT_EQ(*inner->Append("audit", Bytes{2}), 1U);
      ASSERT_TRUE(inner->Commit().ok());
    }
    EXPECT_EQ(*outer->List("member"), (std::vector<Record>{{"b", {2}}}));
    EXPECT_EQ(*outer->Append("audit", Bytes{3}), 2U);
    EXPECT_EQ(*outer->ReadLog("audit", 1, 9), (std::vector<Bytes>{{2}, {3}}));
    if (is_kept) {
      ASSERT_TRUE(outer->Commit().ok());
    }
  }
  EXPECT_EQ(*Begin()->List("member"), (std::vector<Record>{{"b", {2}}}));
  EXPECT_EQ(*Begin()->LogSize("audit"), 3U) << "the first was dropped, the inner one with it";
}

TEST_P(RecordsConformance, InnerTransactionCanBeDroppedAlone) {
  Put("member", "a", {1});
  const auto outer = Begin();
  ASSERT_TRUE(outer->Append("audit", Bytes{1}).ok());
  {
    const auto inner = Begin();
    ASSERT_TRUE(inner->Put("member", "a", Bytes{2}).ok());
    ASSERT_TRUE(inner->Append("audit", Bytes{2}).ok());
  }
  EXPECT_EQ(*outer->Get("member", "a"), Bytes{1});
  ASSERT_TRUE(outer->Commit().ok());
  EXPECT_EQ(Get("member", "a"), Bytes{1});
  EXPECT_EQ(*Begin()->ReadLog("audit", 0, 9), (std::vector<Bytes>{{1}}));
}

TEST_P(RecordsConformance, ThreadsTakeTurns) {
  std::vector<std::thread> threads(4);
  for (std::thread& thread : threads) {
    thread = std::thread([&] {
      for (int i = 0; i < 25; ++i) {
        const auto transaction = Begin();
        EXPECT_TRUE(transaction->Append("audit", Bytes{1}).ok());
        EXPECT_TRUE(transaction->Commit().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*Begin()->LogSize("audit"), 100U);
}

}  // namespace florin::store
