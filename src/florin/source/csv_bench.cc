// CSV to batches, on a synthetic file: made-up rows in the shape of a travel log with 24 columns of
// about 108 bytes a row, 3 of them times, one a distance that a third of the rows lack.
#include <benchmark/benchmark.h>

#include "florin/base/rng.h"
#include "florin/base/text.h"
#include "florin/base/time.h"
#include "florin/data/features/featurise.h"
#include "florin/source/csv.h"
#include "florin/source/csv_scan.h"
#include "florin/source/csv_testing.h"

namespace florin::source {
namespace {

using data::DatePart;
using data::Encoding;
using data::Feature;

constexpr size_t kRows = 100'000;
constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

std::string TimeText(int64_t time, size_t size) {
  std::string text = Time{time}.ToString().substr(0, size);
  if (size > 10) text[10] = ' ';
  return text;
}

std::string SyntheticLog() {
  base::SeededRng rng(1);
  std::string log =
      "date_time,site_name,posa_continent,user_location_country,user_location_region,"
      "user_location_city,orig_destination_distance,user_id,is_mobile,is_package,channel,srch_ci,"
      "srch_co,srch_adults_cnt,srch_children_cnt,srch_rm_cnt,srch_destination_id,"
      "srch_destination_type_id,is_booking,cnt,hotel_continent,hotel_country,hotel_market,"
      "hotel_cluster\n";
  const auto below = [&](uint64_t bound) { return std::to_string(rng.Below(bound)) + ","; };
  for (size_t row = 0; row < kRows; ++row) {
    const int64_t time = (15'700 * kDay) + static_cast<int64_t>(rng.Below(730 * 86'400)) * kSecond;
    const int64_t check_in = time + static_cast<int64_t>(rng.Below(120)) * kDay;
    const int64_t check_out = check_in + static_cast<int64_t>(1 + rng.Below(9)) * kDay;
    log +=
        TimeText(time, 19) + "," + below(42) + below(5) + below(239) + below(999) + below(50'000);
    log += rng.Below(3) == 0 ? "," : base::Fixed(rng.Uniform() * 9000, 4) + ",";
    log += below(1'200'000) + below(2) + below(2) + below(11);
    log += TimeText(check_in, 10) + "," + TimeText(check_out, 10) + ",";
    log += below(6) + below(4) + below(3) + below(60'000) + below(9);
    log += (rng.Below(12) == 0 ? "1," : "0,") + below(9) + below(6) + below(200) + below(2000);
    log += std::to_string(rng.Below(100)) + "\n";
  }
  return log;
}

const std::string& Log() {
  static const std::string log = SyntheticLog() + std::string(kScanSlack, ' ');
  return log;
}

size_t LogSize() { return Log().size() - kScanSlack; }

Feature Named(std::string name, std::string field, Encoding encoding = Encoding::kNumber) {
  Feature feature;
  feature.name = std::move(name);
  feature.field = std::move(field);
  feature.encoding = encoding;
  return feature;
}

// Booking propensity: 13 fields, 3 of them times; 40 dense columns and a hashed destination.
data::Schema Propensity() {
  data::Schema schema;
  for (const char* field : {"is_mobile", "is_package", "srch_adults_cnt", "srch_children_cnt"}) {
    schema.features.push_back(Named(field, field));
  }
  Feature distance = Named("distance", "orig_destination_distance");
  distance.log = true;
  Feature lead = Named("lead", "srch_ci");
  lead.days_from = "date_time";
  lead.log = true;
  Feature stay = Named("stay", "srch_co", Encoding::kBucket);
  stay.days_from = "srch_ci";
  stay.edges = {2, 3, 4, 8};
  Feature hour = Named("hour", "date_time", Encoding::kBucket);
  hour.date_part = DatePart::kHour;
  hour.edges = {6, 12, 18};
  Feature channel = Named("channel", "channel", Encoding::kOneHot);
  for (int i = 0; i < 11; ++i) channel.vocabulary.push_back(std::to_string(i));
  Feature type = Named("type", "srch_destination_type_id", Encoding::kOneHot);
  for (int i = 0; i < 9; ++i) type.vocabulary.push_back(std::to_string(i));
  Feature destination = Named("destination", "srch_destination_id", Encoding::kHash);
  destination.hash_width = 1 << 14;
  schema.features.insert(schema.features.end(),
                         {distance, lead, stay, hour, channel, type, destination});
  schema.label.kind = data::Label::Kind::kBinary;
  schema.label.field = "is_booking";
  schema.time_field = "date_time";
  schema.user_field = "user_id";
  schema.split = {.kind = data::Split::Kind::kTime, .time = 16'200 * kDay};
  return schema;
}

void CsvToBatch(benchmark::State& state) {
  const TemporaryFile file(std::string_view(Log()).substr(0, LogSize()));
  const auto source = OpenCsv(file.format(), "synthetic.csv");
  const auto reader = data::Featurise(**source, data::View(), Propensity(), data::Part::kAll);
  for (auto _ : state) {
    if (!(*reader)->Rewind().ok()) state.SkipWithError("rewind");
    size_t rows = 0;
    while (const data::Batch* batch = (*reader)->Next().value()) rows += batch->rows;
    if (rows != kRows) state.SkipWithError("rows lost");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(LogSize()));
}
BENCHMARK(CsvToBatch)->Unit(benchmark::kMillisecond);

// The columns of Propensity() as numbers, times and texts, without features.
void CsvToColumns(benchmark::State& state) {
  const TemporaryFile file(std::string_view(Log()).substr(0, LogSize()));
  const auto source = OpenCsv(file.format(), "synthetic.csv");
  const auto reader = (*source)->Scan({.columns = *Propensity().Fields(), .reject_share_max = 0});
  for (auto _ : state) {
    if (!(*reader)->Rewind().ok()) state.SkipWithError("rewind");
    size_t rows = 0;
    while (const data::Columns* chunk = (*reader)->Next().value()) rows += chunk->rows;
    if (rows != kRows) state.SkipWithError("rows lost");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(LogSize()));
}
BENCHMARK(CsvToColumns)->Unit(benchmark::kMillisecond);

// Cell and row ends of the file in windows of 256 KiB; the argument picks the version.
void CsvScan(benchmark::State& state) {
  const std::vector<ScanVersion> versions = ScanVersions();
  const auto index = static_cast<size_t>(state.range(0));
  if (index >= versions.size()) return state.SkipWithError("not on this processor");
  Structure structure;
  for (auto _ : state) {
    for (size_t offset = 0; offset < LogSize(); offset += 256 << 10) {
      const size_t size = std::min<size_t>(256 << 10, LogSize() - offset);
      Scan(Log().data() + offset, size, ',', '"', structure, versions[index].scan);
    }
    benchmark::DoNotOptimize(structure.separators.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(LogSize()));
  state.SetLabel(versions[index].name);
}
BENCHMARK(CsvScan)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace florin::source
