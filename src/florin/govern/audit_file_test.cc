#include "florin/govern/audit_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "florin/base/text.h"

namespace florin::govern {
namespace {

// The lines of the ```jsonl block of docs/spec/files.md.
std::vector<std::string> DocumentedLines() {
  std::ifstream file(FLORIN_SOURCE_DIR "/docs/spec/files.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const size_t start = page.find("```jsonl\n") + 9;
  const std::string block = page.substr(start, page.find("```", start) - start);
  std::vector<std::string> lines;
  for (const std::string_view line : base::Split(block, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

// The page's head was signed outside this program, with the key of RFC 8032, 7.1, test 1.
PublicKey DocumentedKey() {
  const auto line = ParseLine(DocumentedLines().back());
  return std::get<Head>(*line).key;
}

Status CheckLines(const std::vector<std::string>& lines, uint64_t* bad_index = nullptr) {
  static const PublicKey key = DocumentedKey();
  ChainCheck check(
      {.heads = {}, .keys = {key}, .verify = crypto::VerifyEd25519, .index = 0, .hash = {}});
  Status status;
  for (const std::string& line : lines) status = TakeLine(check, line);
  if (status.ok()) status = check.Finish();
  if (bad_index != nullptr) *bad_index = check.bad_index();
  return status;
}

TEST(AuditFile, DocumentedLinesHold) {
  const auto lines = DocumentedLines();
  ASSERT_EQ(lines.size(), 3U);
  const Status status = CheckLines(lines);
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST(AuditFile, DocumentedHeadIsSignedOverTheDocumentedBytes) {
  const auto line = ParseLine(DocumentedLines().back());
  ASSERT_TRUE(line.ok()) << line.status().ToString();
  EXPECT_EQ(base::Hex(HeadMessage(std::get<Head>(*line))),
            "13666c6f72696e206175646974206865616420310200000000000000f89c232ad4ab017b639cda51"
            "2134c8ae7cfb4e5e8ff8bd74d796850936cdc01180b1ea93af490600d75a980182b10ab7d54bfed3"
            "c964073a0ee172f3daa62325af021a68f707511a");
}

TEST(AuditFile, AnyChangedCharacterIsFoundInItsLine) {
  const auto lines = DocumentedLines();
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    for (size_t at = 0; at < lines[i].size(); ++at) {
      auto changed = lines;
      changed[i][at] = changed[i][at] == '0' ? '1' : '0';
      uint64_t bad_index = 0;
      EXPECT_EQ(CheckLines(changed, &bad_index).code(), "AUDIT-BYTE") << changed[i];
      EXPECT_EQ(bad_index, i + 1) << changed[i];
    }
  }
}

TEST(AuditFile, MissingLineIsAGapAndAnUnsoundHeadAHead) {
  auto lines = DocumentedLines();
  lines.erase(lines.begin());
  EXPECT_EQ(CheckLines(lines).code(), "AUDIT-GAP");
  lines = DocumentedLines();
  lines.erase(lines.begin() + 1);
  EXPECT_EQ(CheckLines(lines).code(), "AUDIT-TAIL");
  lines = DocumentedLines();
  const size_t at = lines[2].find("\"signature\":\"") + 13;
  lines[2][at] = lines[2][at] == '0' ? '1' : '0';
  EXPECT_EQ(CheckLines(lines).code(), "AUDIT-HEAD");
}

TEST(AuditFile, EveryTextComesBack) {
  Chain chain;
  std::string every;
  for (char c = 1; c > 0 && c < 127; ++c) every += c;
  const auto entry = chain.Append(Time{-1}, "ol\xc3\xa1 \"\\\"", "a-1",
                                  {{"empty", ""}, {"every", every}, {"nul", std::string(1, '\0')}});
  ASSERT_TRUE(entry.ok());
  const std::string line = ToLine(*entry);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto parsed = ParseLine(line);
  ASSERT_TRUE(parsed.ok()) << line;
  EXPECT_EQ(std::get<Entry>(*parsed), *entry);
}

TEST(AuditFile, OtherSpellingsOfALineAreRefused) {
  const std::string line = DocumentedLines().front();
  const auto refuses = [&](std::string_view from, std::string_view to) {
    std::string other = line;
    const size_t at = other.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    other.replace(at, from.size(), to);
    EXPECT_EQ(ParseLine(other).status().code(), "AUDIT-FORM") << other;
  };
  refuses("{", "{ ");
  refuses("\"index\":1", "\"index\":01");
  refuses("\"index\":1", "\"index\":-1");
  refuses("T12", "T36");
  refuses("-01-31", "-02-31");
  refuses(".000000Z", ".000000z");
  refuses(".000000Z", ".00000Z");
  refuses("agent", "\\u0061gent");
  refuses("agent", "\\u001Fgent");
  refuses("agent", "\\/gent");
  refuses("agent", "\xff");
  refuses("\"fields\":{", "\"fields\":{,");
  refuses("\"hash\":\"", "\"hash\":\"0");
  EXPECT_FALSE(ParseLine("").ok());
  EXPECT_FALSE(ParseLine(line + "\r").ok());
  EXPECT_FALSE(ParseLine(line + line).ok());
  EXPECT_FALSE(ParseLine(line.substr(0, line.size() - 1)).ok());
}

TEST(AuditFile, FieldsHaveOneOrder) {
  std::string line = DocumentedLines()[1];
  const size_t start = line.find("\"fields\":{") + 10;
  const size_t end = line.find('}', start);
  const std::string fields = line.substr(start, end - start);
  const size_t comma = fields.find("\",\"") + 1;
  line.replace(start, fields.size(), fields.substr(comma + 1) + "," + fields.substr(0, comma));
  EXPECT_FALSE(ParseLine(line).ok()) << line;
}

}  // namespace
}  // namespace florin::govern
