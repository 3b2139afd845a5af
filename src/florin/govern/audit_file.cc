#include "florin/govern/audit_file.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "florin/base/text.h"

namespace florin::govern {
namespace {

constexpr std::string_view kHeadStart = "{\"head\":";

std::string Quoted(std::string_view text) { return base::JsonQuote(text); }

std::string HexOf(ByteView bytes) { return "\"" + base::Hex(bytes) + "\""; }

// Reads what ToLine writes. After the first fault every call answers nothing.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool is_done() const { return ok_ && rest_.empty(); }
  bool StartsWith(std::string_view text) const { return ok_ && rest_.starts_with(text); }
  void Expect(std::string_view text) {
    ok_ = StartsWith(text);
    if (ok_) rest_.remove_prefix(text.size());
  }
  uint64_t Number() {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    ok_ = ok_ && error == std::errc();
    if (ok_) rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }
  std::string Text();
  template <size_t kSize>
  void Hex(std::array<uint8_t, kSize>& bytes) {
    const auto found = base::FromHex(Text());
    ok_ = ok_ && found.ok() && found->size() == kSize;
    if (ok_) std::ranges::copy(*found, bytes.begin());
  }
  Time Instant();

 private:
  char Escaped();

  std::string_view rest_;
  bool ok_ = true;
};

std::string Cursor::Text() {
  std::string text;
  Expect("\"");
  while (ok_ && !rest_.empty() && rest_[0] != '"') {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    text += c == '\\' ? Escaped() : c;
  }
  Expect("\"");
  return text;
}

// What follows a backslash: itself, a quote, or u00XX of a control character.
char Cursor::Escaped() {
  if (StartsWith("\"") || StartsWith("\\")) {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }
  Expect("u00");
  unsigned value = 0;
  const std::string_view digits = rest_.substr(0, 2);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  ok_ = ok_ && error == std::errc() && digits.size() == 2 && end == digits.data() + 2;
  if (ok_) rest_.remove_prefix(2);
  return static_cast<char>(value);
}

// "2026-01-31T12:00:00.000000Z"; that it is written just so is seen when the line is written again.
Time Cursor::Instant() {
  constexpr int64_t kDay = 86'400'000'000;
  constexpr size_t kStarts[] = {0, 5, 8, 11, 14, 17, 20, 26};  // of year, month ... micros; the Z
  const std::string text = Text();
  int64_t parts[7] = {};
  ok_ = ok_ && text.size() == 27;
  for (size_t i = 0; ok_ && i < 7; ++i) {
    const size_t width = i == 6 ? 6 : kStarts[i + 1] - kStarts[i] - 1;
    const auto value = base::ParseInt(std::string_view(text).substr(kStarts[i], width));
    ok_ = value.has_value() && *value >= 0;
    if (ok_) parts[i] = *value;
  }
  ok_ = ok_ && parts[1] >= 1 && parts[1] <= 12 && parts[2] >= 1 && parts[2] <= 31;
  if (!ok_) return {};
  const int64_t days = base::DaysFromCivil(parts[0], static_cast<unsigned>(parts[1]),
                                           static_cast<unsigned>(parts[2]));
  const int64_t seconds = parts[3] * 3600 + parts[4] * 60 + parts[5];
  return {days * kDay + seconds * 1'000'000 + parts[6]};
}

Entry ReadEntry(Cursor& cursor) {
  Entry entry;
  cursor.Expect("{\"index\":");
  entry.index = cursor.Number();
  cursor.Expect(",\"time\":");
  entry.time = cursor.Instant();
  cursor.Expect(",\"actor\":");
  entry.actor = cursor.Text();
  cursor.Expect(",\"event\":");
  entry.event = cursor.Text();
  cursor.Expect(",\"fields\":{");
  while (cursor.ok() && !cursor.StartsWith("}")) {
    if (!entry.fields.empty()) cursor.Expect(",");
    std::string name = cursor.Text();
    cursor.Expect(":");
    entry.fields.insert_or_assign(std::move(name), cursor.Text());
  }
  cursor.Expect("},\"previous\":");
  cursor.Hex(entry.previous.bytes);
  cursor.Expect(",\"hash\":");
  cursor.Hex(entry.hash.bytes);
  cursor.Expect("}");
  return entry;
}

Head ReadHead(Cursor& cursor) {
  Head head;
  cursor.Expect(kHeadStart);
  head.index = cursor.Number();
  cursor.Expect(",\"hash\":");
  cursor.Hex(head.hash.bytes);
  cursor.Expect(",\"time\":");
  head.time = cursor.Instant();
  cursor.Expect(",\"key\":");
  cursor.Hex(head.key);
  cursor.Expect(",\"signature\":");
  cursor.Hex(head.signature);
  cursor.Expect("}");
  return head;
}

Status Unreadable(std::string_view line) {
  return Status(Kind::kFailed, "AUDIT-FORM",
                "audit line of " + std::to_string(line.size()) +
                    " bytes: expected an entry or a head as docs/spec/files.md writes them.");
}

template <typename T>
Result<AuditLine> Finish(const Cursor& cursor, T value, std::string_view line) {
  // Two spellings of one entry would be two files that both verify: there is one spelling.
  if (!cursor.is_done() || ToLine(value) != line) return Unreadable(line);
  return AuditLine(std::move(value));
}

}  // namespace

std::string ToLine(const Entry& entry) {
  std::string line = "{\"index\":" + std::to_string(entry.index) + ",\"time\":\"" +
                     entry.time.ToString() + "\",\"actor\":" + Quoted(entry.actor) +
                     ",\"event\":" + Quoted(entry.event) + ",\"fields\":{";
  for (const auto& [name, value] : entry.fields) {
    if (line.back() != '{') line += ',';
    line += Quoted(name) + ":" + Quoted(value);
  }
  return line + "},\"previous\":" + HexOf(entry.previous.bytes) +
         ",\"hash\":" + HexOf(entry.hash.bytes) + "}";
}

std::string ToLine(const Head& head) {
  return std::string(kHeadStart) + std::to_string(head.index) +
         ",\"hash\":" + HexOf(head.hash.bytes) + ",\"time\":\"" + head.time.ToString() +
         "\",\"key\":" + HexOf(head.key) + ",\"signature\":" + HexOf(head.signature) + "}";
}

Result<AuditLine> ParseLine(std::string_view line) {
  if (line.size() > kAuditLineMax) return Unreadable(line);
  Cursor cursor(line);
  if (line.starts_with(kHeadStart)) {
    Head head = ReadHead(cursor);
    return Finish(cursor, head, line);
  }
  Entry entry = ReadEntry(cursor);
  if (!CheckForm(entry).ok()) return Unreadable(line);
  return Finish(cursor, std::move(entry), line);
}

Status TakeLine(ChainCheck& check, std::string_view line) {
  const auto parsed = ParseLine(line);
  if (!parsed.ok()) return check.Unreadable("its line cannot be read");
  if (const Head* head = std::get_if<Head>(&*parsed)) return check.Take(*head);
  return check.Take(std::get<Entry>(*parsed));
}

}  // namespace florin::govern
