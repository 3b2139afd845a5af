#include "florin/data/parse.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "florin/base/text.h"
#include "florin/base/time.h"

namespace florin::data {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;
constexpr int64_t kMillisecondsFrom = 100'000'000'000;  // 1e11: larger integers are milliseconds
constexpr size_t kQuotedMax = 40;

// 10^0 .. 10^22 are doubles without error, so one division or product of an integer below 2^53 is
// correctly rounded (Clinger 1990).
constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr unsigned Digit(char c) { return static_cast<unsigned>(c - '0'); }

// The rare numbers: exponents, long mantissas. `text` has no sign.
double ParseLong(std::string_view text, char decimal_point, bool is_negative) {
  std::string copy;  // only where the point is not the one from_chars knows
  if (decimal_point != '.') {
    if (text.find('.') != std::string_view::npos) return kMissingNumber;
    copy = text;
    for (char& c : copy) c = c == decimal_point ? '.' : c;
    text = copy;
  }
  if (text.empty() || !(IsDigit(text.front()) || text.front() == '.')) return kMissingNumber;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || !std::isfinite(value)) return kMissingNumber;
  return is_negative ? -value : value;
}

// Eight characters as differences from `pattern`, a digit's from '0'; all ones when one that
// stands for a digit is none, or another is not the pattern's own.
uint64_t Differences(const char* text, const char* pattern, uint64_t digits) {
  uint64_t word;
  uint64_t expected;
  std::memcpy(&word, text, 8);
  std::memcpy(&expected, pattern, 8);
  word ^= expected;
  const uint64_t not_digits = ((word + 0x7676767676767676) | word) & 0x8080808080808080;
  return not_digits != 0 || (word & ~digits) != 0 ? ~uint64_t{0} : word;
}

// Two digits at `text`, or 100 and more when they are not digits.
unsigned TwoDigits(const char* text) {
  return IsDigit(text[0]) && IsDigit(text[1]) ? Digit(text[0]) * 10 + Digit(text[1]) : 100;
}

unsigned DaysInMonth(unsigned year, unsigned month) {
  constexpr std::array<uint8_t, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && is_leap ? 1U : 0U);
}

// Microseconds at the start of a day; kMissingTime when there is no such day. As
// base::DaysFromCivil, for four-digit years alone.
int64_t StartOfDay(unsigned year, unsigned month, unsigned day) {
  constexpr std::array<uint16_t, 12> kDaysBefore = {306, 337, 0,   31,  61,  92,
                                                    122, 153, 184, 214, 245, 275};  // from March
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) {
    return kMissingTime;
  }
  const unsigned y = month <= 2 ? year - 1 : year;
  const unsigned days = 365 * y + y / 4 - y / 100 + y / 400 + kDaysBefore[month - 1] + day - 1;
  return (static_cast<int64_t>(days) - 719'468) * kDay;
}

// The start of the day "YYYY-MM-DD".
int64_t ParseDay(const char* text) {
  const uint64_t word = Differences(text, "0000-00-", 0x00ffff00ffffffff);
  const unsigned day = TwoDigits(text + 8);
  if (word == ~uint64_t{0}) return kMissingTime;
  const uint64_t pairs = word * 10 + (word >> 8);  // each byte: its digit and the next
  const auto year = static_cast<unsigned>((pairs & 0xff) * 100 + (pairs >> 16 & 0xff));
  return StartOfDay(year, static_cast<unsigned>(pairs >> 40 & 0xff), day);
}

// Microseconds of "HH:MM:SS", or a negative number.
int64_t ParseTimeOfDay(const char* text) {
  const uint64_t word = Differences(text, "00:00:00", 0xffff00ffff00ffff);
  if (word == ~uint64_t{0}) return -1;
  const uint64_t pairs = word * 10 + (word >> 8);
  const uint64_t hour = pairs & 0xff;
  const uint64_t minute = pairs >> 24 & 0xff;
  const uint64_t second = pairs >> 48 & 0xff;
  if (hour > 23 || minute > 59 || second > 59) return -1;
  return static_cast<int64_t>((hour * 60 + minute) * 60 + second) * kSecond;
}

// Microseconds of "HH:MM", or a negative number.
int64_t HourAndMinute(const char* text, unsigned hour_max) {
  const unsigned hour = TwoDigits(text);
  const unsigned minute = TwoDigits(text + 3);
  if (hour > hour_max || minute > 59 || text[2] != ':') return -1;
  return (static_cast<int64_t>(hour) * 60 + minute) * 60 * kSecond;
}

// Takes ":SS[.f...]" off the front of `rest`: microseconds, or a negative number.
int64_t TakeSeconds(std::string_view& rest) {
  if (rest.size() < 3 || rest[0] != ':') return 0;
  const unsigned second = TwoDigits(rest.data() + 1);
  if (second > 59) return -1;
  rest.remove_prefix(3);
  int64_t micros = second * kSecond;
  if (rest.empty() || rest[0] != '.') return micros;
  rest.remove_prefix(1);
  if (rest.empty() || !IsDigit(rest[0])) return -1;
  for (int64_t unit = kSecond / 10; !rest.empty() && IsDigit(rest[0]); unit /= 10) {
    micros += unit * Digit(rest[0]);
    rest.remove_prefix(1);
  }
  return micros;
}

// "", "Z" or "+hh:mm": what to take off to reach UTC, or kMissingTime.
int64_t ParseOffset(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-')) return kMissingTime;
  const int64_t offset = HourAndMinute(text.data() + 1, 23);
  if (offset < 0) return kMissingTime;
  return text[0] == '+' ? offset : -offset;
}

// Seconds or milliseconds of the years 1 to 9999.
int64_t ParseEpoch(std::string_view text) {
  constexpr int64_t kFirstSecond = -62'135'596'800;
  constexpr int64_t kEnd = 253'402'300'800;
  const std::optional<int64_t> value = base::ParseInt(text);
  if (!value) return kMissingTime;
  const bool is_seconds = *value > -kMillisecondsFrom && *value < kMillisecondsFrom;
  const int64_t unit = is_seconds ? 1 : 1000;
  if (*value < kFirstSecond * unit || *value >= kEnd * unit) return kMissingTime;
  return *value * (kSecond / unit);
}

bool AreDigits(std::string_view text) {
  for (const char c : text) {
    if (!IsDigit(c)) return false;
  }
  return true;
}

}  // namespace

double ParseNumber(std::string_view text, char decimal_point) {
  text = base::Trim(text);
  if (text.empty()) return kMissingNumber;
  const bool is_negative = text[0] == '-';
  if (is_negative || text[0] == '+') text.remove_prefix(1);
  uint64_t mantissa = 0;
  size_t digits = 0;
  size_t point = text.size();
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsDigit(text[i])) {
      mantissa = mantissa * 10 + Digit(text[i]);
      ++digits;
    } else if (text[i] == decimal_point && point == text.size()) {
      point = i;
    } else {
      return ParseLong(text, decimal_point, is_negative);
    }
  }
  const size_t fraction = point == text.size() ? 0 : text.size() - point - 1;
  if (digits == 0 || digits > 15) return ParseLong(text, decimal_point, is_negative);
  const double value = static_cast<double>(mantissa) / kPowersOfTen[fraction];
  return is_negative ? -value : value;
}

int64_t ParseTime(std::string_view text) {
  const auto is_separator = [&] { return text[10] == ' ' || text[10] == 'T'; };
  if (text.size() == 19 && is_separator()) {  // by far the most common
    const int64_t day = ParseDay(text.data());
    const int64_t in_day = ParseTimeOfDay(text.data() + 11);
    if (day != kMissingTime && in_day >= 0) return day + in_day;
  }
  text = base::Trim(text);
  if (text.size() == 8 && AreDigits(text)) {
    const char* const t = text.data();
    return StartOfDay(TwoDigits(t) * 100 + TwoDigits(t + 2), TwoDigits(t + 4), TwoDigits(t + 6));
  }
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return ParseEpoch(text);
  const int64_t day = ParseDay(text.data());
  if (day == kMissingTime || text.size() == 10) return day;
  if (text.size() < 16 || !is_separator()) return kMissingTime;
  const int64_t minutes = HourAndMinute(text.data() + 11, 23);
  std::string_view rest = text.substr(16);
  const int64_t seconds = TakeSeconds(rest);
  const int64_t offset = ParseOffset(rest);
  if (minutes < 0 || seconds < 0 || offset == kMissingTime) return kMissingTime;
  return day + minutes + seconds - offset;
}

std::string QuoteCell(std::string_view text) {
  if (!base::IsUtf8(text)) {
    std::string ascii(text);
    for (char& c : ascii) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
    return QuoteCell(ascii);
  }
  size_t size = text.size();
  if (size > kQuotedMax) {
    size = kQuotedMax;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  }
  std::string quoted = base::JsonQuote(text.substr(0, size));
  if (size < text.size()) quoted.insert(quoted.size() - 1, "…");
  return quoted;
}

std::string WrongKind(std::string_view column, FieldKind kind, std::string_view text) {
  const char* expected = kind == FieldKind::kNumber ? "a number" : "a date or time";
  return std::string(column) + ": expected " + expected + ", found " + QuoteCell(text);
}

}  // namespace florin::data
