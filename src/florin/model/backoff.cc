#include "florin/model/backoff.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace florin::model {
namespace {

constexpr size_t kSampledRowsMax = 5000;
constexpr size_t kSampledWorkMax = size_t{1} << 27;  // rows x classes x combinations
constexpr size_t kRankMax = 5;                       // MAP@5
constexpr double kErrorsMin = 2;                     // standard errors that a gain must exceed
constexpr std::array kFinestGrid = {1.0, 2.0, 4.0, 8.0, 16.0, 32.0};
constexpr std::array kCoarserGrid = {5.0, 10.0, 20.0, 40.0, 80.0, 160.0};

// One level's counts of a row as doubles; total 0 when the row's context is unknown.
struct LevelCounts {
  std::vector<double> count;
  double total = 0;
  bool is_known = false;
};

void Load(const CountShape& shape, Span<const int64_t> counts, size_t level, uint32_t row,
          LevelCounts& out) {
  out.count.resize(shape.classes);
  out.is_known = row != data::kUnknownRow;
  out.total = 0;
  if (!out.is_known) return;
  const int64_t* from = counts.data() + shape.level_begin[level] + row * shape.classes;
  int64_t total = 0;
  for (size_t g = 0; g < shape.classes; ++g) {
    total += from[g];
    out.count[g] = static_cast<double>(from[g]);
  }
  out.total = static_cast<double>(total);
}

// out = (count + weight p) / (total + weight); p itself where there is nothing to add.
void Mix(const LevelCounts& level, double weight, const double* p, size_t classes, double* out) {
  const double mass = level.total + weight;
  if (!level.is_known || mass <= 0) {
    if (out != p) std::copy_n(p, classes, out);
    return;
  }
  const double unit = 1 / mass;
  const double* count = level.count.data();
  for (size_t g = 0; g < classes; ++g) out[g] = (count[g] + weight * p[g]) * unit;
}

void MixFinest(const LevelCounts& level, double weight, const double* p, size_t classes,
               double* out) {
  const double* count = level.count.data();
  if (!level.is_known) {
    for (size_t g = 0; g < classes; ++g) out[g] = weight * p[g];
    return;
  }
  for (size_t g = 0; g < classes; ++g) out[g] = count[g] + weight * p[g];
}

// How many classes come before `label`; ties by index.
size_t Ahead(const double* scores, size_t classes, size_t label) {
  const double own = scores[label];
  size_t ahead = 0;
  for (size_t g = 0; g < label; ++g) ahead += scores[g] >= own ? 1 : 0;
  for (size_t g = label + 1; g < classes; ++g) ahead += scores[g] > own ? 1 : 0;
  return ahead;
}

// MAP@5 of left-out rows for every combination of weights at once, as gains over the given ones.
class BackoffGrid {
 public:
  BackoffGrid(const CountShape& shape, Span<const double> weights) : shape_(shape) {
    for (size_t l = 0; l < shape.levels(); ++l) {
      // The given weight comes first: combination 0 is what the others are compared with.
      std::vector<double> grid{weights[l]};
      const Span<const double> more =
          l == 0 ? Span<const double>(kFinestGrid) : Span<const double>(kCoarserGrid);
      for (const double weight : more) {
        if (weight != weights[l]) grid.push_back(weight);
      }
      combinations_ *= grid.size();
      grids_.push_back(std::move(grid));
      buffers_.emplace_back(shape.classes);
    }
    levels_.resize(shape.levels());
    gains_.resize(combinations_);
    squares_.resize(combinations_);
  }

  size_t combinations() const { return combinations_; }

  void AddRow(Span<const int64_t> counts, Span<const int64_t> prior, double prior_total,
              const uint32_t* row_levels, size_t label) {
    label_ = label;
    for (size_t l = 0; l < shape_.levels(); ++l) {
      LevelCounts& level = levels_[l];
      Load(shape_, counts, l, row_levels[l], level);
      if (level.is_known && level.count[label] >= 1) {
        level.count[label] -= 1;
        level.total -= 1;
      }
    }
    const double left = std::max(prior_total - 1, 1.0);
    prior_.resize(shape_.classes);
    for (size_t g = 0; g < shape_.classes; ++g) prior_[g] = static_cast<double>(prior[g]) / left;
    if (prior[label] >= 1) prior_[label] -= 1 / left;
    Descend(shape_.levels() - 1, prior_.data(), 0);
    ++rows_;
  }

  // The combination of the largest gain over the given weights, or those when that gain is within
  // two standard errors of nothing: the best of many looks better than it is, most of all on few
  // rows, and a market must not lose by fitting.
  std::vector<double> Best() const {
    auto index = static_cast<size_t>(std::ranges::max_element(gains_) - gains_.begin());
    const double gain = gains_[index];
    const double variance = squares_[index] - gain * gain / static_cast<double>(rows_);
    if (gain * gain <= kErrorsMin * kErrorsMin * variance) index = 0;
    std::vector<double> weights(shape_.levels());
    for (size_t l = 0; l < weights.size(); ++l) {  // the finest level is the fastest digit
      weights[l] = grids_[l][index % grids_[l].size()];
      index /= grids_[l].size();
    }
    return weights;
  }

 private:
  void Descend(size_t level, const double* p, size_t combination) {
    combination *= grids_[level].size();
    double* out = buffers_[level].data();
    for (const double weight : grids_[level]) {
      if (level > 0) {
        Mix(levels_[level], weight, p, shape_.classes, out);
        Descend(level - 1, out, combination);
      } else {
        MixFinest(levels_[0], weight, p, shape_.classes, out);
        const size_t ahead = Ahead(out, shape_.classes, label_);
        const double value = ahead < kRankMax ? 1 / static_cast<double>(ahead + 1) : 0;
        if (combination == 0) given_value_ = value;
        const double gain = value - given_value_;
        gains_[combination] += gain;
        squares_[combination] += gain * gain;
      }
      ++combination;
    }
  }

  const CountShape& shape_;
  std::vector<std::vector<double>> grids_;  // by level
  size_t combinations_ = 1;
  std::vector<double> gains_;    // by combination, summed over rows
  std::vector<double> squares_;  // of the gains
  double given_value_ = 0;       // of the row in hand
  size_t rows_ = 0;
  std::vector<LevelCounts> levels_;  // of the row in hand
  std::vector<std::vector<double>> buffers_;
  std::vector<double> prior_;
  size_t label_ = 0;
};

}  // namespace

void ScoreCounts(const CountShape& shape, Span<const int64_t> counts, Span<const double> prior,
                 Span<const double> weights, const data::Batch& batch, Span<float> scores) {
  LevelCounts level;
  std::vector<double> p(shape.classes);
  for (size_t r = 0; r < batch.rows; ++r) {
    const uint32_t* rows = batch.levels.data() + r * shape.levels();
    const double* from = prior.data();
    for (size_t l = shape.levels() - 1; l > 0; --l) {
      if (rows[l] == data::kUnknownRow) continue;
      Load(shape, counts, l, rows[l], level);
      Mix(level, weights[l], from, shape.classes, p.data());
      from = p.data();
    }
    Load(shape, counts, 0, rows[0], level);
    MixFinest(level, weights[0], from, shape.classes, p.data());
    std::ranges::transform(p, scores.begin() + static_cast<std::ptrdiff_t>(r * shape.classes),
                           [](double value) { return static_cast<float>(value); });
  }
}

std::vector<double> FitBackoff(const CountShape& shape, Span<const int64_t> counts,
                               Span<const int64_t> prior, Span<const double> weights,
                               const data::Batch& batch) {
  BackoffGrid grid(shape, weights);
  const size_t row_work = shape.classes * grid.combinations();
  const size_t rows =
      std::min({batch.rows, kSampledRowsMax, std::max<size_t>(kSampledWorkMax / row_work, 1)});
  const auto prior_total =
      static_cast<double>(std::accumulate(prior.begin(), prior.end(), int64_t{0}));
  for (size_t i = 0; i < rows; ++i) {
    const size_t r = i * batch.rows / rows;
    grid.AddRow(counts, prior, prior_total, batch.levels.data() + r * shape.levels(),
                static_cast<size_t>(batch.label[r]));
  }
  return grid.Best();
}

}  // namespace florin::model
