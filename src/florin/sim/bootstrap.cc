#include "florin/sim/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "florin/base/parallel.h"
#include "florin/base/rng.h"

namespace florin::sim {
namespace {

// user index of every row, 0 .. count - 1.
struct Users {
  std::vector<uint32_t> of_row;
  size_t count = 0;
};

Users IndexUsers(Span<const uint64_t> user, size_t rows) {
  Users users;
  users.of_row.resize(rows);
  if (user.empty()) {
    std::iota(users.of_row.begin(), users.of_row.end(), 0U);
    users.count = rows;
    return users;
  }
  std::unordered_map<uint64_t, uint32_t> index;
  index.reserve(rows);
  for (size_t r = 0; r < rows; ++r) {
    users.of_row[r] = index.try_emplace(user[r], static_cast<uint32_t>(index.size())).first->second;
  }
  users.count = index.size();
  return users;
}

// How often each user is drawn: n draws with replacement.
void Draw(base::SeededRng& rng, std::vector<uint16_t>& times) {
  std::fill(times.begin(), times.end(), uint16_t{0});
  const size_t n = times.size();
  uint64_t words[256];
  for (size_t i = 0; i < n; ++i) {
    if (i % 512 == 0) rng.Fill(words);
    const uint64_t half = (words[(i % 512) / 2] >> (i % 2 * 32)) & 0xffffffffU;
    ++times[(half * n) >> 32];  // bias below n / 2^32
  }
}

Interval Percentiles(std::vector<double> values) {
  std::erase_if(values, [](double v) { return !std::isfinite(v); });
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    const double position = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(position);
    const size_t above = std::min(below + 1, values.size() - 1);
    const double part = position - static_cast<double>(below);
    return values[below] * (1 - part) + values[above] * part;
  };
  return {at(0.025), at(0.975)};
}

// The replicates of `statistic(times)`, each from its own stream: same for any thread count.
template <typename Statistic>
Interval Replicate(size_t users, const BootstrapOptions& options, const Statistic& statistic) {
  std::vector<double> values(options.replicates);
  std::vector<std::vector<uint16_t>> scratch(base::ThreadCount(), std::vector<uint16_t>(users));
  base::ParallelFor(options.replicates, [&](size_t i, size_t worker) {
    base::SeededRng rng(options.seed, i);
    Draw(rng, scratch[worker]);
    values[i] = statistic(scratch[worker]);
  });
  return Percentiles(std::move(values));
}

// Rows in score order with the first row of each run of equal scores marked.
struct Sorted {
  std::vector<uint32_t> user;  // by descending score
  std::vector<uint8_t> positive;
  std::vector<uint8_t> run_start;
};

Sorted SortByScore(Span<const float> scores, Span<const float> label, const Users& users) {
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](uint32_t i, uint32_t j) {
    return scores[i] != scores[j] ? scores[i] > scores[j] : i < j;
  });
  Sorted sorted;
  for (size_t i = 0; i < order.size(); ++i) {
    sorted.user.push_back(users.of_row[order[i]]);
    sorted.positive.push_back(label[order[i]] > 0.5F ? 1 : 0);
    sorted.run_start.push_back(i == 0 || scores[order[i]] != scores[order[i - 1]] ? 1 : 0);
  }
  return sorted;
}

// AUC with each row counted as often as its user was drawn; ties count half.
double WeightedAuc(const Sorted& sorted, const std::vector<uint16_t>& times) {
  double above = 0;  // positives ranked above the current run
  double in_run = 0;
  double negatives_in_run = 0;
  double concordant = 0;
  double negatives = 0;
  const auto close_run = [&] {
    concordant += negatives_in_run * (above + in_run / 2);
    negatives += negatives_in_run;
    above += in_run;
    in_run = negatives_in_run = 0;
  };
  for (size_t i = 0; i < sorted.user.size(); ++i) {
    if (sorted.run_start[i] != 0) close_run();
    const double count = times[sorted.user[i]];
    (sorted.positive[i] != 0 ? in_run : negatives_in_run) += count;
  }
  close_run();
  return concordant / (above * negatives);
}

}  // namespace

Difference CompareMeans(Span<const double> a, Span<const double> b, Span<const uint64_t> user,
                        const BootstrapOptions& options) {
  const Users users = IndexUsers(user, a.size());
  std::vector<double> sum(users.count);
  std::vector<double> rows(users.count);
  for (size_t r = 0; r < a.size(); ++r) {
    sum[users.of_row[r]] += b[r] - a[r];
    rows[users.of_row[r]] += 1;
  }
  const auto mean = [&](const std::vector<uint16_t>& times) {
    double total = 0;
    double count = 0;
    for (size_t u = 0; u < times.size(); ++u) {
      total += times[u] * sum[u];
      count += times[u] * rows[u];
    }
    return total / count;
  };
  Difference difference;
  difference.value = mean(std::vector<uint16_t>(users.count, 1));
  difference.interval = Replicate(users.count, options, mean);
  difference.pairs = static_cast<double>(users.count);
  return difference;
}

Difference CompareAuc(Span<const float> a, Span<const float> b, Span<const float> label,
                      Span<const uint64_t> user, const BootstrapOptions& options) {
  const Users users = IndexUsers(user, a.size());
  const Sorted by_a = SortByScore(a, label, users);
  const Sorted by_b = SortByScore(b, label, users);
  const auto gain = [&](const std::vector<uint16_t>& times) {
    return WeightedAuc(by_b, times) - WeightedAuc(by_a, times);
  };
  Difference difference;
  difference.value = gain(std::vector<uint16_t>(users.count, 1));
  difference.interval = Replicate(users.count, options, gain);
  difference.pairs = static_cast<double>(users.count);
  return difference;
}

}  // namespace florin::sim
