#include "florin/sim/partition.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <numeric>

#include "florin/base/text.h"

namespace florin::sim {
namespace {

using Rows = std::vector<uint32_t>;

std::vector<double> Dirichlet(size_t count, double alpha, Rng& rng) {
  std::vector<double> shares(count);
  double total = 0;
  for (double& share : shares) total += share = rng.Gamma(alpha);
  for (double& share : shares) share = total > 0 ? share / total : 1.0 / static_cast<double>(count);
  return shares;
}

// Deals shuffled rows to sites so that each gets its share, rounded down, and the rest in turn.
void Deal(Rows rows, const std::vector<double>& shares, Rng& rng, std::vector<Rows>& sites) {
  base::Shuffle(Span<uint32_t>(rows), rng);
  double cumulated = 0;
  size_t begin = 0;
  for (size_t s = 0; s < sites.size(); ++s) {
    cumulated += shares[s];
    const bool is_last = s + 1 == sites.size();
    const auto end =
        is_last ? rows.size()
                : std::min(rows.size(), static_cast<size_t>(std::llround(
                                            cumulated * static_cast<double>(rows.size()))));
    for (; begin < end; ++begin) sites[s].push_back(rows[begin]);
  }
}

Rows AllRows(const data::Batch& batch) {
  Rows rows(batch.rows);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

std::map<float, Rows> ByLabel(const data::Batch& batch) {
  std::map<float, Rows> groups;
  for (uint32_t r = 0; r < batch.rows; ++r) groups[batch.label[r]].push_back(r);
  return groups;
}

// Row lists of every site, for one table. `shares` is drawn once, so train and test agree.
std::vector<Rows> CutRows(const data::Batch& batch, const Partition& partition,
                          const std::map<float, std::vector<double>>& label_shares,
                          const std::vector<double>& shares, Rng& rng) {
  std::vector<Rows> sites(partition.sites);
  if (partition.kind != Partition::Kind::kDirichlet) {
    Deal(AllRows(batch), shares, rng, sites);
    return sites;
  }
  for (auto& [label, rows] : ByLabel(batch)) {
    const auto found = label_shares.find(label);
    Deal(rows, found != label_shares.end() ? found->second : shares, rng, sites);
  }
  return sites;
}

std::vector<SiteRows> CutByUser(const SiteRows& rows) {
  std::map<uint64_t, std::pair<Rows, Rows>> users;
  const data::Batch train = rows.train.view();
  const data::Batch test = rows.test.view();
  for (uint32_t r = 0; r < train.rows; ++r) users[train.user[r]].first.push_back(r);
  for (uint32_t r = 0; r < test.rows; ++r) users[test.user[r]].second.push_back(r);
  std::vector<SiteRows> sites;
  for (const auto& [user, lists] : users) {
    if (lists.first.empty()) continue;
    sites.push_back({{}, rows.train.Gather(lists.first), rows.test.Gather(lists.second)});
  }
  return sites;
}

void Name(std::vector<SiteRows>& sites) {
  for (size_t s = 0; s < sites.size(); ++s) {
    char name[32];
    std::snprintf(name, sizeof(name), "site-%0*zu", sites.size() > 9999 ? 7 : 4, s + 1);
    sites[s].id = SiteId(name);
  }
}

}  // namespace

Result<Partition> Partition::Parse(std::string_view text) {
  const auto parts = base::Split(text, ':');
  const auto fault = [&] {
    return Status(
        base::Kind::kUsage, "SIM-PARTITION",
        "partition \"" + std::string(text) +
            "\": expected iid:SITES, dirichlet:SITES:ALPHA, quantity:SITES:ALPHA or user");
  };
  Partition partition;
  if (parts[0] == "user") {
    partition.kind = Kind::kUser;
    return parts.size() == 1 ? Result<Partition>(partition) : fault();
  }
  const bool has_alpha = parts[0] == "dirichlet" || parts[0] == "quantity";
  if ((!has_alpha && parts[0] != "iid") || parts.size() != (has_alpha ? 3U : 2U)) return fault();
  const auto sites = base::ParseInt(parts[1]);
  const auto alpha = has_alpha ? base::ParseDouble(parts[2]) : 1.0;
  if (!sites || *sites < 1 || *sites > 10'000'000 || !alpha || *alpha <= 0) return fault();
  partition.kind = parts[0] == "iid"         ? Kind::kIid
                   : parts[0] == "dirichlet" ? Kind::kDirichlet
                                             : Kind::kQuantity;
  partition.sites = static_cast<size_t>(*sites);
  partition.alpha = *alpha;
  return partition;
}

std::vector<SiteRows> Cut(const SiteRows& rows, const Partition& partition, Rng& rng) {
  std::vector<SiteRows> sites;
  if (partition.kind == Partition::Kind::kUser) {
    sites = CutByUser(rows);
  } else {
    const bool is_skewed = partition.kind == Partition::Kind::kQuantity;
    const std::vector<double> shares =
        is_skewed
            ? Dirichlet(partition.sites, partition.alpha, rng)
            : std::vector<double>(partition.sites, 1.0 / static_cast<double>(partition.sites));
    std::map<float, std::vector<double>> label_shares;
    if (partition.kind == Partition::Kind::kDirichlet) {
      for (const auto& [label, unused] : ByLabel(rows.train.view())) {
        label_shares[label] = Dirichlet(partition.sites, partition.alpha, rng);
      }
    }
    const auto train = CutRows(rows.train.view(), partition, label_shares, shares, rng);
    const auto test = CutRows(rows.test.view(), partition, label_shares, shares, rng);
    for (size_t s = 0; s < partition.sites; ++s) {
      if (train[s].empty()) continue;
      sites.push_back({{}, rows.train.Gather(train[s]), rows.test.Gather(test[s])});
    }
  }
  Name(sites);
  return sites;
}

}  // namespace florin::sim
