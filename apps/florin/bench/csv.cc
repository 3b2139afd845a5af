// CSV text to batches of features: the whole way a site's rows go, on one core.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bench.h"
#include "florin/base/rng.h"
#include "florin/data/features/featurise.h"
#include "florin/source/csv.h"

namespace florin::apps::bench {
namespace {

constexpr char kHeader[] =
    "date_time,site_name,continent,country,region,city,distance,user_id,is_mobile,is_package,"
    "channel,arrival,departure,adults,children,rooms,destination,destination_type,is_booking,cnt,"
    "hotel_continent,hotel_country,hotel_market,hotel_cluster\n";

// Rows shaped like a travel site's searches. Synthetic: every value is drawn.
void WriteSynthetic(const std::string& path, size_t rows) {
  std::ofstream file(path);
  file << kHeader;
  base::SeededRng rng(5);
  const auto draw = [&](uint64_t n) { return static_cast<unsigned>(rng.Below(n)); };
  char line[256];
  for (size_t r = 0; r < rows; ++r) {
    const int size = std::snprintf(
        line, sizeof(line),
        "2013-%02u-%02u %02u:%02u:%02u,%u,%u,%u,%u,%u,%u.%04u,%u,%u,%u,%u,2014-%02u-%02u,"
        "2014-%02u-%02u,%u,%u,%u,%u,%u,%u,1,%u,%u,%u,%u\n",
        1 + draw(12), 1 + draw(28), draw(24), draw(60), draw(60), draw(42), draw(5), draw(200),
        draw(800), draw(40000), draw(9000), draw(10000), draw(1200000), draw(2), draw(2), draw(11),
        1 + draw(12), 1 + draw(28), 1 + draw(12), 1 + draw(28), 1 + draw(4), draw(3), 1 + draw(2),
        draw(30000), 1 + draw(8), draw(2), draw(6), draw(200), draw(2000), draw(100));
    file.write(line, size);
  }
}

data::Feature Number(const std::string& field) {
  data::Feature feature;
  feature.name = feature.field = field;
  return feature;
}

data::Feature OneHot(const std::string& field, int values) {
  data::Feature feature = Number(field);
  feature.encoding = data::Encoding::kOneHot;
  for (int v = 0; v < values; ++v) feature.vocabulary.push_back(std::to_string(v));
  return feature;
}

data::Feature Days(const std::string& name, const std::string& from, const std::string& to) {
  data::Feature feature = Number(to);
  feature.name = name;
  feature.days_from = from;
  feature.log = true;
  return feature;
}

data::Schema SearchSchema() {
  data::Schema schema;
  schema.label = {data::Label::Kind::kBinary, "is_booking", 0, {}};
  schema.time_field = "date_time";
  schema.features = {Number("adults"),
                     Number("children"),
                     Number("rooms"),
                     Number("is_mobile"),
                     Number("is_package"),
                     OneHot("channel", 11),
                     OneHot("destination_type", 9),
                     OneHot("hotel_continent", 6),
                     Days("lead", "date_time", "arrival"),
                     Days("nights", "arrival", "departure")};
  return schema;
}

}  // namespace

Result<std::vector<Measurement>> BenchCsv(const Options& options) {
  const std::string path = (std::filesystem::temp_directory_path() /
                            ("florin_bench_" + std::to_string(::getpid()) + ".csv"))
                               .string();
  WriteSynthetic(path, options.is_quick ? 20'000 : 400'000);
  const double megabytes = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
  data::View view;
  view.csv.path = path;
  const data::Schema schema = SearchSchema();
  size_t rows = 0;
  const auto read = [&]() -> Status {
    FLORIN_ASSIGN(auto source, source::OpenCsv(view.csv, path));
    FLORIN_ASSIGN(auto reader, data::Featurise(*source, view, schema, data::Part::kAll));
    for (rows = 0;;) {
      FLORIN_ASSIGN(const data::Batch* batch, reader->Next());
      if (batch == nullptr) return {};
      rows += batch->rows;
    }
  };
  Status failure;
  const double seconds = Fastest(5, [&] { failure = read(); });
  std::filesystem::remove(path);
  FLORIN_TRY(std::move(failure));
  return std::vector<Measurement>{
      {"csv.to_batch", megabytes / seconds, "MB/s", ">= 300",
       std::to_string(rows) + " synthetic rows of 24 columns, 13 of them read, one core"}};
}

}  // namespace florin::apps::bench
