#include "florin/job/exchange_codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "florin/base/text.h"

namespace florin::job {
namespace {

constexpr size_t kBulkMax = 1 << 12;

template <typename Noun>
Noun AddressOf(Work work) {
  Noun noun;
  noun.job = JobId("j");
  noun.round = {3};
  noun.work = work;
  noun.site = SiteId("a");
  return noun;
}

ContributionId SampleId() {
  ContributionId id;
  id.bytes.fill(0x33);
  return id;
}

Offer SampleOffer() {
  auto plan = std::make_shared<Plan>();
  plan->hash.bytes.fill(0x11);
  auto offer = AddressOf<Offer>(Work::kUpdate);
  offer.plan = plan;
  offer.model_hash.bytes.fill(0x22);
  offer.local = {.epochs = 2, .batch_size = 32, .learning_rate = 0.1, .clipping_norm = 1};
  offer.self = {3};
  offer.cohort_size = 10;
  offer.deadline = {1};
  offer.step = 2;
  offer.cohort.fill(0x77);
  offer.asked = {0xbe, 0xef};
  return offer;
}

Contribution SampleContribution() {
  auto contribution = AddressOf<Contribution>(Work::kUpdate);
  contribution.plan_hash.bytes.fill(0x11);
  contribution.id = SampleId();
  contribution.message = {{3}, protocol::kAggregator, {0xaa, 0xbb}, {{uint64_t{1} << 63}}};
  contribution.step = 2;
  return contribution;
}

Refusal SampleRefusal() {
  auto refusal = AddressOf<Refusal>(Work::kEvaluate);
  refusal.code = "OFFER-NO";
  refusal.reason = "no";
  refusal.step = 2;
  return refusal;
}

Receipt SampleReceipt() {
  auto receipt = AddressOf<Receipt>(Work::kUpdate);
  receipt.id = SampleId();
  receipt.verdict = Verdict::kDiscarded;
  receipt.reason = "late";
  return receipt;
}

Bytes Join(const protocol::MessageParts& parts) {
  Bytes bytes = parts.head;
  bytes.insert(bytes.end(), parts.bulk.begin(), parts.bulk.end());
  return bytes;
}

// The "envelope" block of the document: header and bulk of each line.
std::vector<std::vector<Bytes>> SpecExamples() {
  std::ifstream file(std::string(FLORIN_SOURCE_DIR) + "/docs/spec/wire.md");
  std::vector<std::vector<Bytes>> examples;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      is_inside = line == "```envelope";
    } else if (is_inside) {
      std::erase(line, ' ');
      examples.emplace_back();
      for (const auto part : base::Split(line, '|')) {
        auto bytes = base::FromHex(part);
        EXPECT_TRUE(bytes.ok()) << part;
        examples.back().push_back(bytes.ok() ? *bytes : Bytes{});
      }
    }
  }
  return examples;
}

TEST(EnvelopeSpec, ExamplesOfTheDocumentAreWhatIsWritten) {
  const auto examples = SpecExamples();
  ASSERT_EQ(examples.size(), 4U);
  EXPECT_EQ(SaveOffer(SampleOffer()), examples[0][0]);
  const Contribution contribution = SampleContribution();
  const protocol::MessageParts parts = SaveContribution(contribution);
  EXPECT_EQ(parts.head, examples[1][0]);
  EXPECT_EQ(parts.bulk, examples[1][1]);
  EXPECT_EQ(SaveRefusal(SampleRefusal()), examples[2][0]);
  EXPECT_EQ(SaveReceipt(SampleReceipt()), examples[3][0]);
  for (size_t i = 0; i < examples.size(); ++i) {
    EXPECT_EQ(*KindOfEnvelope(examples[i][0]), static_cast<EnvelopeKind>(i + 1));
  }
}

TEST(Envelope, OfferComesBackWithTheHashesOfWhatTravelsApart) {
  const Offer offer = SampleOffer();
  const auto restored = RestoreOffer(SaveOffer(offer));
  ASSERT_TRUE(restored.ok()) << restored.status().ToString();
  EXPECT_EQ(restored->plan_hash, offer.plan->hash);
  EXPECT_EQ(restored->offer.plan, nullptr);
  EXPECT_EQ(restored->offer.job, offer.job);
  EXPECT_EQ(restored->offer.round, offer.round);
  EXPECT_EQ(restored->offer.work, offer.work);
  EXPECT_EQ(restored->offer.site, offer.site);
  EXPECT_EQ(restored->offer.model_hash, offer.model_hash);
  EXPECT_EQ(restored->offer.local.batch_size, 32U);
  EXPECT_EQ(restored->offer.local.learning_rate, 0.1);
  EXPECT_EQ(restored->offer.local.clipping_norm, 1);
  EXPECT_EQ(restored->offer.self, offer.self);
  EXPECT_EQ(restored->offer.cohort_size, 10U);
  EXPECT_EQ(restored->offer.deadline, offer.deadline);
  EXPECT_EQ(restored->offer.step, offer.step);
  EXPECT_EQ(restored->offer.cohort, offer.cohort);
  EXPECT_EQ(restored->offer.asked, offer.asked);
}

TEST(Envelope, ContributionComesBackDenseAndSparse) {
  Contribution contribution = SampleContribution();
  for (const uint64_t word : {uint64_t{1} << 62, uint64_t{3}, uint64_t{0}}) {
    contribution.message.bulk.words.assign(500, word);
    const protocol::MessageParts parts = SaveContribution(contribution);
    const auto restored = RestoreContribution(parts.head, parts.bulk, kBulkMax);
    ASSERT_TRUE(restored.ok()) << restored.status().ToString();
    EXPECT_EQ(restored->message, contribution.message);
    EXPECT_EQ(restored->id, contribution.id);
    EXPECT_EQ(restored->plan_hash, contribution.plan_hash);
    EXPECT_EQ(restored->site, contribution.site);
  }
}

TEST(Envelope, HeaderTellsTheBulkBeforeItIsThere) {
  Contribution contribution = SampleContribution();
  contribution.message.bulk.words.assign(100, uint64_t{1} << 62);
  const protocol::MessageParts parts = SaveContribution(contribution);
  const auto header = RestoreHeader(parts.head, 100);
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->contribution.id, contribution.id);
  EXPECT_EQ(header->head.entry_count, 100U);
  EXPECT_EQ(RestoreHeader(parts.head, 99).status().code(), "WIRE-ENVELOPE");
}

TEST(Envelope, RefusalAndReceiptComeBack) {
  const auto refusal = RestoreRefusal(SaveRefusal(SampleRefusal()));
  ASSERT_TRUE(refusal.ok());
  EXPECT_EQ(refusal->code, "OFFER-NO");
  EXPECT_EQ(refusal->reason, "no");
  EXPECT_EQ(refusal->work, Work::kEvaluate);
  const auto receipt = RestoreReceipt(SaveReceipt(SampleReceipt()));
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(receipt->id, SampleId());
  EXPECT_EQ(receipt->verdict, Verdict::kDiscarded);
  EXPECT_EQ(receipt->reason, "late");
}

TEST(Envelope, LongReasonIsCutAtACharacter) {
  Refusal refusal = SampleRefusal();
  refusal.reason = std::string(4095, 'x') + "\xc3\xa9 and more";
  const auto restored = RestoreRefusal(SaveRefusal(refusal));
  ASSERT_TRUE(restored.ok()) << restored.status().ToString();
  EXPECT_EQ(restored->reason, std::string(4095, 'x'));
}

// Which of the four accept these bytes; a contribution's bulk is what follows its header.
int Accepting(const Bytes& bytes) {
  int count = RestoreOffer(bytes).ok() + RestoreRefusal(bytes).ok() + RestoreReceipt(bytes).ok();
  return count + RestoreHeader(bytes, kBulkMax).ok();
}

TEST(Envelope, EveryTruncationAndEveryTailIsRefused) {
  const Contribution contribution = SampleContribution();
  for (Bytes bytes : {SaveOffer(SampleOffer()), SaveContribution(contribution).head,
                      SaveRefusal(SampleRefusal()), SaveReceipt(SampleReceipt())}) {
    EXPECT_EQ(Accepting(bytes), 1) << "each is of one kind";
    bytes.push_back(0);
    EXPECT_EQ(Accepting(bytes), 0);
    bytes.pop_back();
    for (; !bytes.empty(); bytes.pop_back()) {
      const Bytes shorter(bytes.begin(), bytes.end() - 1);
      EXPECT_EQ(Accepting(shorter), 0) << shorter.size();
    }
  }
}

TEST(Envelope, BulkOfAnotherSizeIsRefused) {
  const Contribution contribution = SampleContribution();
  Bytes bulk = Join(SaveContribution(contribution));
  const Bytes header = SaveContribution(contribution).head;
  bulk.erase(bulk.begin(), bulk.begin() + static_cast<std::ptrdiff_t>(header.size()));
  EXPECT_TRUE(RestoreContribution(header, bulk, kBulkMax).ok());
  bulk.push_back(0);
  EXPECT_EQ(RestoreContribution(header, bulk, kBulkMax).status().code(), "WIRE-ENVELOPE");
  bulk.resize(7);
  EXPECT_EQ(RestoreContribution(header, bulk, kBulkMax).status().code(), "WIRE-ENVELOPE");
}

TEST(Envelope, ValuesThatNoWriterMakesAreRefused) {
  const auto code = [](const Offer& offer) {
    return std::string(RestoreOffer(SaveOffer(offer)).status().code());
  };
  EXPECT_EQ(code(SampleOffer()), "");
  for (const double bad : {-1.0, -0.0, double{NAN}, std::numeric_limits<double>::infinity()}) {
    Offer offer = SampleOffer();
    offer.local.learning_rate = bad;
    EXPECT_EQ(code(offer), "WIRE-ENVELOPE") << bad;
  }
  Offer offer = SampleOffer();
  offer.self = {11};
  EXPECT_EQ(code(offer), "WIRE-ENVELOPE");
  offer = SampleOffer();
  offer.step = 65;
  EXPECT_EQ(code(offer), "WIRE-ENVELOPE");
  offer = SampleOffer();
  offer.site = SiteId("../etc");
  EXPECT_EQ(code(offer), "WIRE-ENVELOPE");
  Bytes bytes = SaveReceipt(SampleReceipt());
  bytes[1] = 2;  // a version to come
  EXPECT_EQ(RestoreReceipt(bytes).status().code(), "WIRE-ENVELOPE");
  Receipt receipt = SampleReceipt();
  receipt.work = static_cast<Work>(3);
  EXPECT_EQ(RestoreReceipt(SaveReceipt(receipt)).status().code(), "WIRE-ENVELOPE");
  EXPECT_EQ(KindOfEnvelope(Bytes{5}).status().code(), "WIRE-ENVELOPE");
  EXPECT_EQ(KindOfEnvelope({}).status().code(), "WIRE-ENVELOPE");
}

}  // namespace
}  // namespace florin::job
