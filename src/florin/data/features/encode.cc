#include "florin/data/features/encode.h"

#include <algorithm>
#include <cmath>

#include "florin/base/check.h"
#include "florin/base/time.h"

namespace florin::data {
namespace {

constexpr int64_t kHour = 3'600'000'000;
constexpr int64_t kDay = 24 * kHour;
constexpr uint32_t kDatePartMax = 366;
constexpr size_t kEdgesCounted = 16;  // up to here counting edges beats searching them

int64_t DayOf(int64_t time) { return (time >= 0 ? time : time - kDay + 1) / kDay; }

uint32_t HourOf(int64_t time) { return static_cast<uint32_t>((time - DayOf(time) * kDay) / kHour); }

uint32_t WeekdayOf(int64_t time) {
  return static_cast<uint32_t>(((DayOf(time) + 3) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
}

uint32_t MonthOf(int64_t time) { return base::CivilFromDays(DayOf(time)).month; }

uint32_t DayOfYearOf(int64_t time) {
  const int64_t day = DayOf(time);
  return static_cast<uint32_t>(day - base::DaysFromCivil(base::CivilFromDays(day).year, 1, 1) + 1);
}

template <typename PartOf>
void FillParts(Span<const int64_t> times, Span<const uint32_t> rows, PartOf part_of,
               std::vector<double>& parts) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t time = times[rows[i]];
    parts[i] = time == kMissingTime ? kMissingNumber : part_of(time);
  }
}

}  // namespace

Categories::Categories(Span<const std::string> vocabulary, uint32_t hash_width, uint64_t hash_seed)
    : index_(hash_width > 0 ? Span<const std::string>() : vocabulary),
      hash_width_(hash_width),
      hash_seed_(hash_seed) {}

void Categories::FindAll(Span<const std::string_view> texts, Span<const uint32_t> rows,
                         uint32_t* places, size_t stride) const {
  for (size_t i = 0; i < rows.size(); ++i) places[i * stride] = Find(texts[rows[i]]);
}

Encoder::Encoder(const Feature& feature, const FieldReader& fields, size_t dense_offset,
                 uint32_t sparse_base)
    : feature_(feature),
      field_(fields.Find(feature.field)),
      dense_offset_(dense_offset),
      sparse_base_(sparse_base),
      categories_(feature.vocabulary, feature.hash_width, base::HashText(feature.name)) {
  if (!feature.days_from.empty()) from_field_ = fields.Find(feature.days_from);
  if (feature.date_part == DatePart::kNone) return;
  for (uint32_t part = 0; part <= kDatePartMax; ++part) {
    part_places_.push_back(categories_.Find(std::to_string(part)));
  }
}

void Encoder::Encode(const FieldReader& fields, Span<const uint32_t> rows, float* dense,
                     size_t stride, uint32_t* sparse) {
  switch (feature_.encoding) {
    case Encoding::kNumber:
      ReadNumbers(fields, rows);
      WriteNumbers(dense + dense_offset_, stride);
      break;
    case Encoding::kBucket:
      ReadNumbers(fields, rows);
      WriteBuckets(dense + dense_offset_, stride);
      break;
    case Encoding::kOneHot:
      ReadCategories(fields, rows);
      dense += dense_offset_;
      for (size_t i = 0; i < rows.size(); ++i, dense += stride) {
        if (places_[i] != kUnknownRow) dense[places_[i]] = 1;
      }
      break;
    case Encoding::kVocabulary:
    case Encoding::kHash:
      ReadCategories(fields, rows);
      for (size_t i = 0; i < rows.size(); ++i) {
        sparse[i] = places_[i] == kUnknownRow ? kUnknownRow : sparse_base_ + places_[i];
      }
      break;
  }
}

void Encoder::ReadNumbers(const FieldReader& fields, Span<const uint32_t> rows) {
  numbers_.resize(rows.size());
  const Column& field = fields.field(field_);
  if (feature_.date_part != DatePart::kNone) {
    ReadDateParts(field.times, rows);
  } else if (!feature_.days_from.empty()) {
    const Column& from = fields.field(from_field_);
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t end = field.times[rows[i]];
      const int64_t start = from.times[rows[i]];
      const bool is_missing = end == kMissingTime || start == kMissingTime;
      numbers_[i] = is_missing ? kMissingNumber
                               : (static_cast<double>(end) - static_cast<double>(start)) /
                                     static_cast<double>(kDay);
    }
  } else {
    for (size_t i = 0; i < rows.size(); ++i) numbers_[i] = field.numbers[rows[i]];
  }
  for (double& x : numbers_) x = x == x ? x : feature_.missing;
  if (feature_.log) {
    for (double& x : numbers_) x = std::copysign(std::log1p(std::fabs(x)), x);
  }
}

void Encoder::ReadDateParts(Span<const int64_t> times, Span<const uint32_t> rows) {
  numbers_.resize(rows.size());
  switch (feature_.date_part) {
    case DatePart::kNone:
      break;
    case DatePart::kHour:
      return FillParts(times, rows, HourOf, numbers_);
    case DatePart::kWeekday:
      return FillParts(times, rows, WeekdayOf, numbers_);
    case DatePart::kMonth:
      return FillParts(times, rows, MonthOf, numbers_);
    case DatePart::kDayOfYear:
      return FillParts(times, rows, DayOfYearOf, numbers_);
  }
}

void Encoder::ReadCategories(const FieldReader& fields, Span<const uint32_t> rows) {
  places_.resize(rows.size());
  const Column& field = fields.field(field_);
  if (feature_.date_part == DatePart::kNone) {
    categories_.FindAll(field.texts, rows, places_.data(), 1);
    return;
  }
  ReadDateParts(field.times, rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    const double part = numbers_[i];
    places_[i] = part == part ? part_places_[static_cast<size_t>(part)] : kUnknownRow;
  }
}

void Encoder::WriteNumbers(float* dense, size_t stride) const {
  for (const double x : numbers_) {
    *dense = static_cast<float>((x - feature_.mean) / feature_.deviation);
    dense += stride;
  }
}

void Encoder::WriteBuckets(float* dense, size_t stride) const {
  const std::vector<double>& edges = feature_.edges;
  for (const double x : numbers_) {
    size_t bucket = 0;
    if (edges.size() <= kEdgesCounted) {
      for (const double edge : edges) bucket += x >= edge;
    } else {
      bucket = static_cast<size_t>(std::upper_bound(edges.begin(), edges.end(), x) - edges.begin());
    }
    dense[bucket] = 1;
    dense += stride;
  }
}

}  // namespace florin::data
