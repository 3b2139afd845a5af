#include "florin/base/time.h"

#include <cstdio>

namespace florin::base {

// Both conversions count from 0000-03-01 in 400-year eras, so that leap days fall at year ends.
int64_t DaysFromCivil(int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

Civil CivilFromDays(int64_t days) {
  const int64_t shifted = days + 719468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const int64_t day_of_era = shifted - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<unsigned>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const auto month =
      static_cast<unsigned>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  const int64_t weekday = ((days + 3) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
  return {year_of_era + era * 400 + (month <= 2), month, day, static_cast<unsigned>(weekday)};
}

std::string Time::ToString() const {
  constexpr int64_t kDay = 86'400'000'000;
  const int64_t days = micros / kDay - (micros % kDay < 0 ? 1 : 0);
  const int64_t in_day = micros % kDay + (micros % kDay < 0 ? kDay : 0);
  const Civil civil = CivilFromDays(days);
  char text[64];
  std::snprintf(text, sizeof(text), "%04lld-%02u-%02uT%02lld:%02lld:%02lld.%06lldZ",
                static_cast<long long>(civil.year), civil.month, civil.day,
                static_cast<long long>(in_day / 3'600'000'000),
                static_cast<long long>(in_day / 60'000'000 % 60),
                static_cast<long long>(in_day / 1'000'000 % 60),
                static_cast<long long>(in_day % 1'000'000));
  return text;
}

}  // namespace florin::base
