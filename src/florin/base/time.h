// Instants, durations and the Clock port. Below the adapters nothing reads a clock: `now` comes in
// with each event, so a run can be replayed and a simulator can bend time.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace florin::base {

struct Duration {
  int64_t micros = 0;
  auto operator<=>(const Duration&) const = default;
  static constexpr Duration Millis(int64_t n) { return {n * 1000}; }
  static constexpr Duration Seconds(int64_t n) { return {n * 1'000'000}; }
};

// Microseconds since 1970-01-01T00:00:00Z.
struct Time {
  int64_t micros = 0;
  auto operator<=>(const Time&) const = default;
  // "2026-01-31T12:00:00.000000Z"
  std::string ToString() const;
};

constexpr Time operator+(Time time, Duration d) { return {time.micros + d.micros}; }
constexpr Duration operator-(Time a, Time b) { return {a.micros - b.micros}; }

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar. month 1-12, day 1-31.
int64_t DaysFromCivil(int64_t year, unsigned month, unsigned day);

struct Civil {
  int64_t year;
  unsigned month;    // 1-12
  unsigned day;      // 1-31
  unsigned weekday;  // 0 = Monday
};
Civil CivilFromDays(int64_t days);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() = 0;
};

}  // namespace florin::base

namespace florin {
using base::Duration;
using base::Time;
}  // namespace florin
