#include "florin/source/csv_scan.h"

#include <gtest/gtest.h>

#include <string>

#include "florin/base/rng.h"

namespace florin::source {
namespace {

// The same grammar, one byte at a time.
Structure ScanSlowly(const std::string& text, char delimiter, char quote) {
  enum class At { kCellStart, kPlain, kQuoted, kAfterQuote } at = At::kCellStart;
  Structure out;
  out.separators.push_back(0xffffffff);
  for (uint32_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    out.has_high |= static_cast<unsigned char>(c) >= 0x80;
    if (at == At::kQuoted) {
      if (c == quote) at = At::kAfterQuote;
      out.has_quoted_breaks |= c == '\n';
    } else if (c == delimiter || c == '\n') {
      if (c == '\n') out.row_ends.push_back(static_cast<uint32_t>(out.separators.size()));
      out.separators.push_back(i);
      at = At::kCellStart;
    } else if (c == quote && at != At::kPlain) {
      out.has_quotes = true;
      at = At::kQuoted;
    } else if (c == quote || (at == At::kAfterQuote && c != '\r')) {
      out.has_quotes = true;
      out.fault = i;
      break;
    } else {
      at = At::kPlain;
    }
  }
  out.has_quotes |= at == At::kQuoted || at == At::kAfterQuote;
  out.ends_inside_quotes = out.fault == Structure::kNoFault && at == At::kQuoted;
  out.separator_count = out.separators.size();
  out.row_count = out.row_ends.size();
  return out;
}

void ExpectSame(const std::string& text, const ScanVersion& version) {
  SCOPED_TRACE(version.name);
  std::string padded = text + std::string(kScanSlack, '"');  // must not be looked at
  Structure found;
  Scan(padded.data(), text.size(), ',', '"', found, version.scan);
  const Structure expected = ScanSlowly(text, ',', '"');
  found.separators.resize(found.separator_count);
  found.row_ends.resize(found.row_count);
  ASSERT_EQ(found.separators, expected.separators) << text;
  ASSERT_EQ(found.row_ends, expected.row_ends) << text;
  ASSERT_EQ(found.fault, expected.fault) << text;
  ASSERT_EQ(found.ends_inside_quotes, expected.ends_inside_quotes) << text;
  if (expected.fault != Structure::kNoFault) return;  // the flags are about whole blocks
  ASSERT_EQ(found.has_quotes, expected.has_quotes) << text;
  ASSERT_EQ(found.has_quoted_breaks, expected.has_quoted_breaks) << text;
  ASSERT_EQ(found.has_high, expected.has_high) << text;
}

TEST(CsvScan, EveryVersionAgreesWithTheGrammar) {
  base::SeededRng rng(5);
  const std::string alphabets[] = {"a,\n", "a,\n\"", "aaaaaaaa,\n\"\"\r\xc3\xa9", "\"\n", "aaaa,"};
  for (int i = 0; i < 20'000; ++i) {
    const std::string& alphabet = alphabets[rng.Below(5)];
    std::string text(rng.Below(300), 'x');
    for (char& c : text) c = alphabet[rng.Below(alphabet.size())];
    for (const ScanVersion& version : ScanVersions()) ExpectSame(text, version);
  }
}

TEST(CsvScan, WellFormedQuotesMatchAtEveryOffset) {
  const std::string rows = "a,\"b,\"\"c\"\"\n\",d\n\"\",\"\"\"\",e\r\n\"x\"\r\n";
  const std::string tail = ",\n" + rows + rows + rows;
  for (size_t shift = 0; shift < 130; ++shift) {
    const std::string text = std::string(shift, 'z') + tail;
    ASSERT_EQ(ScanSlowly(text, ',', '"').fault, Structure::kNoFault);
    for (const ScanVersion& version : ScanVersions()) ExpectSame(text, version);
  }
}

TEST(CsvScan, StructureIsReusedCleanly) {
  Structure out;
  const std::string bad = "a,\"b\"c\n" + std::string(kScanSlack, ' ');
  Scan(bad.data(), 7, ',', '"', out);
  EXPECT_EQ(out.fault, 5U);
  Scan(bad.data(), 2, ',', '"', out);
  EXPECT_EQ(out.fault, Structure::kNoFault);
  EXPECT_EQ(out.separator_count, 2U);
  EXPECT_EQ(out.row_count, 0U);
  EXPECT_FALSE(out.has_quotes);
}

}  // namespace
}  // namespace florin::source
