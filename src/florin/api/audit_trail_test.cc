#include "florin/api/audit_trail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace florin::api {
namespace {

class AuditTrailTest : public testing::Test {
 protected:
  AuditTrailTest() {
    char pattern[] = "/tmp/florin-trail-XXXXXX";
    folder_ = mkdtemp(pattern);
    path_ = folder_ + "/audit.jsonl";
    seed_.fill(7);
  }
  ~AuditTrailTest() override { std::filesystem::remove_all(folder_); }

  void Append(int count) {
    auto trail = AuditTrail::Open(path_, seed_);
    ASSERT_TRUE(trail.ok()) << trail.status().ToString();
    for (int i = 0; i < count; ++i) {
      const Status status = (*trail)->Append(Time{1'000'000}, "owner maria", "job-approved",
                                             {{"job", "churn"}, {"number", std::to_string(i)}});
      ASSERT_TRUE(status.ok()) << status.ToString();
    }
  }
  std::string Read() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  std::string CodeOfOpen() const {
    return std::string(AuditTrail::Open(path_, seed_).status().code());
  }

  std::string folder_;
  std::string path_;
  crypto::Ed25519Seed seed_{};
};

TEST_F(AuditTrailTest, GoesOnOverStartsAndVerifies) {
  Append(3);
  Append(2);
  const TrailReport report = VerifyTrail(path_, {crypto::PublicKeyOf(seed_)});
  EXPECT_TRUE(report.status.ok()) << report.status.ToString();
  EXPECT_EQ(report.entries, 5U);
}

TEST_F(AuditTrailTest, WhatACrashLeftOfALineIsTakenOff) {
  Append(2);
  const std::string whole = Read();
  for (const size_t left : {size_t{1}, whole.size() / 3, whole.size() / 2 - 2}) {
    Write(whole + whole.substr(0, left));
    if (whole.substr(0, left).find('\n') != std::string::npos) continue;
    Append(1);
    EXPECT_TRUE(VerifyTrail(path_, {}).status.ok());
    EXPECT_EQ(VerifyTrail(path_, {}).entries, 3U);
  }
}

TEST_F(AuditTrailTest, AChangedByteStopsTheTrail) {
  Append(3);
  std::string text = Read();
  text[text.find("maria")] = 'M';
  Write(text);
  const TrailReport report = VerifyTrail(path_, {});
  EXPECT_EQ(report.status.code(), "AUDIT-BYTE");
  EXPECT_EQ(report.bad_index, 1U);
  EXPECT_EQ(CodeOfOpen(), "AUDIT-BYTE");
  EXPECT_EQ(Read(), text) << "nothing is appended to it";
}

TEST_F(AuditTrailTest, AMissingEntryShows) {
  Append(3);
  std::string text = Read();
  const size_t first = text.find('\n', text.find('\n') + 1) + 1;  // entry and head
  const size_t second = text.find('\n', text.find('\n', first) + 1) + 1;
  Write(text.substr(0, first) + text.substr(second));
  EXPECT_EQ(CodeOfOpen(), "AUDIT-GAP");
}

TEST_F(AuditTrailTest, AnotherKeysHeadsDoNotCount) {
  Append(1);
  crypto::Ed25519Seed other{};
  other.fill(8);
  EXPECT_EQ(VerifyTrail(path_, {crypto::PublicKeyOf(other)}).status.code(), "AUDIT-HEAD");
}

TEST_F(AuditTrailTest, AFileThatIsNotThereIsNamed) {
  EXPECT_EQ(VerifyTrail(folder_ + "/none", {}).status.code(), "AUDIT-FILE");
}

}  // namespace
}  // namespace florin::api
