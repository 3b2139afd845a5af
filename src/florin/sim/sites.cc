#include "florin/sim/sites.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "florin/data/features/featurise.h"
#include "florin/job/parse.h"
#include "florin/source/csv.h"

namespace florin::sim {
namespace {

namespace fs = std::filesystem;

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.good() && !file.eof()) {
    return Status(Kind::kNotFound, "FILE-READ", path + ": cannot be read");
  }
  return text;
}

Result<data::Table> ReadPart(data::Source& source, const data::View& view,
                             const data::Schema& schema, data::Part part) {
  FLORIN_ASSIGN(auto reader, data::Featurise(source, view, schema, part));
  return data::Table::ReadAll(*reader);
}

}  // namespace

Result<SiteRows> LoadView(const std::string& path, const SiteId& id, const data::Schema& schema) {
  FLORIN_ASSIGN(const std::string yaml, ReadFile(path));
  auto parsed = job::ParseView(yaml, path);
  FLORIN_TRY(parsed.ToStatus());
  data::View& view = parsed.value;
  if (fs::path(view.csv.path).is_relative()) {
    view.csv.path = (fs::path(path).parent_path() / view.csv.path).string();
  }
  FLORIN_ASSIGN(auto source, source::OpenCsv(view.csv, view.csv.path));
  SiteRows rows;
  rows.id = id;
  FLORIN_ASSIGN(rows.train, ReadPart(*source, view, schema, data::Part::kTrain));
  FLORIN_ASSIGN(rows.test, ReadPart(*source, view, schema, data::Part::kTest));
  return rows;
}

Result<std::vector<SiteRows>> LoadSites(const std::string& root, const std::string& view,
                                        const data::Schema& schema) {
  std::vector<std::pair<std::string, std::string>> found;  // site name, view file
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error)) {
    const fs::path file = entry.path() / (view + ".view.yaml");
    if (fs::exists(file, error))
      found.emplace_back(entry.path().filename().string(), file.string());
  }
  if (found.empty()) {
    return Status(Kind::kNotFound, "SIM-SITES",
                  root + ": expected site directories that hold " + view +
                      ".view.yaml, found none. Name the folder whose subfolders are the sites.");
  }
  std::sort(found.begin(), found.end());
  std::vector<SiteRows> sites;
  for (const auto& [name, file] : found) {
    FLORIN_TRY(base::CheckName("site", name));
    auto rows = LoadView(file, SiteId(name), schema);
    if (!rows.ok()) return std::move(rows).status().Prefixed("site " + name);
    sites.push_back(std::move(rows).value());
  }
  return sites;
}

SiteRows Pool(const std::vector<SiteRows>& sites, const std::vector<SiteId>& members) {
  SiteRows pooled;
  pooled.id = SiteId("pooled");
  for (const SiteRows& site : sites) {
    if (std::find(members.begin(), members.end(), site.id) == members.end()) continue;
    pooled.train.Append(site.train.view());
    pooled.test.Append(site.test.view());
  }
  return pooled;
}

}  // namespace florin::sim
