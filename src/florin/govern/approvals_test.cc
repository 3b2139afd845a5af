#include "florin/govern/approvals.h"

#include <gtest/gtest.h>

namespace florin::govern {
namespace {

const JobId kJob("ads");

PlanHash PlanOf(uint64_t number) {
  PlanHash plan;
  for (size_t i = 0; i < 8; ++i) plan.bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  plan.bytes[31] = 1;
  return plan;
}

Bytes BytesOf(const Approvals& approvals) {
  base::Writer writer;
  approvals.Save(writer);
  return std::move(writer).Take();
}

Result<Approvals> Restored(ByteView bytes) {
  base::Reader reader(bytes);
  auto approvals = Approvals::Restore(reader);
  if (approvals.ok()) FLORIN_TRY(reader.Finish("approvals"));
  return approvals;
}

Approvals Some() {
  Approvals approvals;
  approvals.Ask(kJob, PlanOf(1), {{"epochs", "1"}, {"view", "searches"}});
  approvals.Ask(kJob, PlanOf(2), {{"epochs", "5"}, {"purpose", "ad-profiles"}});
  approvals.Ask(JobId("crm"), PlanOf(1), {});
  EXPECT_TRUE(
      approvals.Decide(kJob, PlanOf(1), Decision::kApproved, "maria", Time{7}, "agreed").ok());
  EXPECT_TRUE(
      approvals.Decide(JobId("crm"), PlanOf(1), Decision::kRefused, "joao", Time{8}, "").ok());
  return approvals;
}

TEST(Approvals, AskedOnceIsKnown) {
  Approvals approvals;
  EXPECT_TRUE(approvals.Ask(kJob, PlanOf(1), {}));
  EXPECT_FALSE(approvals.Ask(kJob, PlanOf(1), {{"other", "summary"}}));
  EXPECT_TRUE(approvals.Find(kJob, PlanOf(1))->summary.empty());
  EXPECT_EQ(approvals.Find(kJob, PlanOf(2)), nullptr);
  EXPECT_EQ(approvals.Find(JobId("other"), PlanOf(1)), nullptr);
}

TEST(Approvals, DecisionsHaveAName) {
  Approvals approvals = Some();
  const auto code = [&](uint64_t plan, Decision decision, std::string who, std::string why) {
    return std::string(
        approvals.Decide(kJob, PlanOf(plan), decision, std::move(who), Time{}, std::move(why))
            .code());
  };
  EXPECT_EQ(code(9, Decision::kApproved, "maria", ""), "APPROVAL-UNKNOWN");
  EXPECT_EQ(code(2, Decision::kApproved, "", ""), "APPROVAL-WHO");
  EXPECT_EQ(code(2, Decision::kPending, "maria", ""), "APPROVAL-WHO");
  EXPECT_EQ(code(2, Decision::kApproved, "maria", std::string(3000, 'x')), "APPROVAL-WHY");
  EXPECT_EQ(approvals, Some());
  EXPECT_EQ(code(9, Decision::kRefused, "maria", ""), "");
}

TEST(Approvals, ChangesAreAgainstTheLastYes) {
  Approvals approvals = Some();
  EXPECT_EQ(approvals.ChangesSinceApproved(*approvals.Find(kJob, PlanOf(2))),
            (std::vector<Change>{
                {"epochs", "1", "5"}, {"purpose", "", "ad-profiles"}, {"view", "searches", ""}}));
  EXPECT_TRUE(approvals.ChangesSinceApproved(*approvals.Find(kJob, PlanOf(1))).empty());
  // Without a yes all of it is new.
  ASSERT_TRUE(approvals.Decide(kJob, PlanOf(1), Decision::kRefused, "maria", Time{}, "").ok());
  EXPECT_EQ(approvals.LastApproved(kJob), nullptr);
  EXPECT_EQ(approvals.ChangesSinceApproved(*approvals.Find(kJob, PlanOf(2))).size(), 2U);
}

TEST(Approvals, PendingOnesAreBoundedAndDecidedOnesStay) {
  Approvals approvals = Some();
  for (uint64_t i = 100; i < 1000; ++i) approvals.Ask(kJob, PlanOf(i), {});
  EXPECT_EQ(approvals.all().size(), Approvals::kPendingMax + 2);
  EXPECT_EQ(approvals.Find(kJob, PlanOf(1))->decision, Decision::kApproved);
  EXPECT_EQ(approvals.Find(kJob, PlanOf(2)), nullptr);
  EXPECT_NE(approvals.Find(kJob, PlanOf(999)), nullptr);
  EXPECT_TRUE(Restored(BytesOf(approvals)).ok());
}

TEST(Approvals, LongSummariesAreCutBetweenCharacters) {
  Summary summary;
  for (int i = 0; i < 200; ++i) summary["name" + std::to_string(i)] = "x";
  summary["a"] = "x";
  for (size_t i = 0; i < Approvals::kTextMax; ++i) summary["a"] += "\xc3\xa9";
  Approvals approvals;
  approvals.Ask(kJob, PlanOf(1), summary);
  const Approval& approval = approvals.all()[0];
  EXPECT_EQ(approval.summary.size(), Approvals::kSummaryMax);
  EXPECT_EQ(approval.summary.at("a").size(), Approvals::kTextMax - 1);
  EXPECT_EQ(Restored(BytesOf(approvals)).value(), approvals);
}

TEST(Approvals, SavedIsRestored) {
  const Approvals approvals = Some();
  const auto restored = Restored(BytesOf(approvals));
  ASSERT_TRUE(restored.ok()) << restored.status().ToString();
  EXPECT_EQ(*restored, approvals);
}

TEST(Approvals, EveryCutIsRefused) {
  const Bytes bytes = BytesOf(Some());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(Restored(ByteView(bytes).first(size)).status().code(), "CODEC") << size;
  }
}

TEST(Approvals, BytesThatSaveNeverWritesAreRefused) {
  const auto write = [](uint8_t decision, const char* who, const char* job, int copies) {
    base::Writer writer;
    writer.U8(1).Varint(static_cast<uint64_t>(copies));
    for (int i = 0; i < copies; ++i) {
      writer.Text(job).Fixed(PlanOf(1).bytes).Varint(0).U8(decision).Text(who).I64(0).Text("");
    }
    return std::move(writer).Take();
  };
  EXPECT_TRUE(Restored(write(2, "maria", "ads", 1)).ok());
  EXPECT_TRUE(Restored(write(1, "", "ads", 1)).ok());
  EXPECT_FALSE(Restored(write(1, "maria", "ads", 1)).ok());
  EXPECT_FALSE(Restored(write(2, "", "ads", 1)).ok());
  EXPECT_FALSE(Restored(write(4, "maria", "ads", 1)).ok());
  EXPECT_FALSE(Restored(write(2, "maria", "Bad Name", 1)).ok());
  EXPECT_FALSE(Restored(write(2, "maria", "ads", 2)).ok());
}

}  // namespace
}  // namespace florin::govern
