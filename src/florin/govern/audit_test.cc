#include "florin/govern/audit.h"

#include <gtest/gtest.h>

namespace florin::govern {
namespace {

constexpr crypto::Ed25519Seed kSeed{1, 2, 3};
const PublicKey kKey = crypto::PublicKeyOf(kSeed);
const std::vector<PublicKey> kKeys{kKey};

Signature Signed(ByteView message) { return crypto::SignEd25519(kSeed, message); }

struct Book {
  std::vector<Entry> entries;
  std::vector<Head> heads;  // of every third entry
};

Book BookOf(size_t count) {
  Book book;
  Chain chain;
  for (size_t i = 1; i <= count; ++i) {
    const Time time{static_cast<int64_t>(i) * 1'000'000};
    auto entry = chain.Append(time, "owner maria", "plan-approved",
                              {{"job", "ads-" + std::to_string(i)}, {"plan", "9f31"}});
    EXPECT_TRUE(entry.ok()) << entry.status().ToString();
    book.entries.push_back(std::move(entry).value());
    if (i % 3 != 0) continue;
    auto head = chain.SignHead(time, kKey, Signed);
    book.heads.push_back(std::move(head).value());
  }
  return book;
}

ChainReport Verified(const Book& book) {
  return VerifyChain(book.entries, book.heads, kKeys, crypto::VerifyEd25519);
}

void ExpectFault(const Book& book, std::string_view code, uint64_t index) {
  const ChainReport report = Verified(book);
  EXPECT_EQ(report.status.code(), code) << report.status.ToString();
  EXPECT_EQ(report.bad_index, index) << report.status.ToString();
  EXPECT_LT(report.entries, index + 1);
}

TEST(Chain, EntriesAreLinkedAndCountedFromOne) {
  const Book book = BookOf(3);
  EXPECT_EQ(book.entries[0].index, 1U);
  EXPECT_TRUE(book.entries[0].previous.empty());
  EXPECT_EQ(book.entries[1].previous, book.entries[0].hash);
  EXPECT_EQ(book.entries[2].hash, HashEntry(book.entries[2]));
  EXPECT_EQ(book.heads[0].hash, book.entries[2].hash);
}

TEST(Chain, GoesOnAfterItsLastEntry) {
  Book book = BookOf(4);
  Chain again(book.entries.back());
  book.entries.push_back(again.Append(Time{}, "agent", "started", {}).value());
  EXPECT_TRUE(Verified(book).status.ok());
}

TEST(Chain, RefusesWhatCouldNotBeReadBackAndStaysAsItWas) {
  Chain chain;
  const auto code = [&](std::string actor, std::string event, AuditFields fields,
                        Time time = Time{}) {
    return std::string(
        chain.Append(time, std::move(actor), std::move(event), std::move(fields)).status().code());
  };
  EXPECT_EQ(code("", "started", {}), "AUDIT-FORM");
  EXPECT_EQ(code("\xff", "started", {}), "AUDIT-FORM");
  EXPECT_EQ(code(std::string(129, 'a'), "started", {}), "AUDIT-FORM");
  EXPECT_EQ(code("agent", "Started", {}), "AUDIT-FORM");
  EXPECT_EQ(code("agent", "", {}), "AUDIT-FORM");
  EXPECT_EQ(code("agent", "started", {{"a b", "x"}}), "AUDIT-FORM");
  EXPECT_EQ(code("agent", "started", {{"a", std::string(2049, 'x')}}), "AUDIT-FORM");
  EXPECT_EQ(code("agent", "started", {}, Time{INT64_MAX}), "AUDIT-FORM");
  EXPECT_EQ(chain.index(), 0U);
  EXPECT_EQ(chain.SignHead({}, kKey, Signed).status().code(), "AUDIT-EMPTY");
}

TEST(VerifyChain, SoundChainsHold) {
  for (const size_t count : {0UL, 1UL, 3UL, 10UL}) {
    const ChainReport report = Verified(BookOf(count));
    EXPECT_TRUE(report.status.ok()) << report.status.ToString();
    EXPECT_EQ(report.entries, count);
    EXPECT_EQ(report.bad_index, 0U);
  }
}

TEST(VerifyChain, ChangedEntryIsFoundWhereItIs) {
  for (size_t i = 0; i < 7; ++i) {
    Book book = BookOf(7);
    book.entries[i].fields["job"] = "other";
    ExpectFault(book, "AUDIT-BYTE", i + 1);
  }
}

TEST(VerifyChain, EntryWrittenAnewIsFoundByWhatFollows) {
  Book book = BookOf(7);
  book.entries[3].actor = "somebody else";
  book.entries[3].hash = HashEntry(book.entries[3]);
  ExpectFault(book, "AUDIT-BYTE", 4);
}

TEST(VerifyChain, ChainWrittenAnewIsFoundByItsHead) {
  Book book = BookOf(7);
  Chain other;
  for (Entry& entry : book.entries) {
    entry = other.Append(entry.time, entry.actor, entry.event, {}).value();
  }
  ExpectFault(book, "AUDIT-BYTE", 3);
}

TEST(VerifyChain, MissingAndMovedEntriesAreGaps) {
  for (size_t i = 0; i < 6; ++i) {
    Book book = BookOf(7);
    book.entries.erase(book.entries.begin() + static_cast<std::ptrdiff_t>(i));
    ExpectFault(book, "AUDIT-GAP", i + 1);
    book = BookOf(7);
    std::swap(book.entries[i], book.entries[i + 1]);
    ExpectFault(book, "AUDIT-GAP", i + 1);
    book = BookOf(7);
    book.entries.insert(book.entries.begin() + static_cast<std::ptrdiff_t>(i), book.entries[i]);
    ExpectFault(book, "AUDIT-GAP", i + 2);
  }
}

TEST(VerifyChain, TailCutBehindAHeadIsFound) {
  Book book = BookOf(7);
  book.entries.resize(6);  // the last head is of entry 6: what came later was not promised
  EXPECT_TRUE(Verified(book).status.ok());
  book.entries.resize(5);
  ExpectFault(book, "AUDIT-TAIL", 6);
  book.entries.clear();
  ExpectFault(book, "AUDIT-TAIL", 1);
}

TEST(VerifyChain, HeadsThatDoNotHoldAreFound) {
  Book book = BookOf(7);
  book.heads[1].signature[63] ^= 1;
  ExpectFault(book, "AUDIT-HEAD", 6);
  book = BookOf(7);
  book.heads[0].key[0] ^= 1;
  ExpectFault(book, "AUDIT-HEAD", 3);
  book = BookOf(7);
  book.heads[0].time.micros += 1;
  ExpectFault(book, "AUDIT-HEAD", 3);
  book = BookOf(2);
  book.heads.push_back({.index = 9, .hash = {}, .time = {}, .key = kKey, .signature = {}});
  ExpectFault(book, "AUDIT-HEAD", 9);  // a forged head proves no cut
}

TEST(ChainCheck, GoesOnBehindWhatWasVerified) {
  const Book book = BookOf(10);
  ChainCheck check({.heads = book.heads,
                    .keys = kKeys,
                    .verify = crypto::VerifyEd25519,
                    .index = 6,
                    .hash = book.entries[5].hash});
  for (size_t i = 6; i < 10; ++i) EXPECT_TRUE(check.Take(book.entries[i]).ok());
  EXPECT_TRUE(check.Finish().ok());
  EXPECT_EQ(check.index(), 10U);
}

TEST(ChainCheck, FirstFaultStays) {
  Book book = BookOf(4);
  ChainCheck check(
      {.heads = {}, .keys = kKeys, .verify = crypto::VerifyEd25519, .index = 0, .hash = {}});
  EXPECT_EQ(check.Take(book.entries[1]).code(), "AUDIT-GAP");
  EXPECT_EQ(check.Take(book.entries[0]).code(), "AUDIT-GAP");
  EXPECT_EQ(check.Finish().code(), "AUDIT-GAP");
  EXPECT_EQ(check.bad_index(), 1U);
}

}  // namespace
}  // namespace florin::govern
