#include "florin/score/score.h"

#include <algorithm>
#include <limits>

namespace florin::score {
namespace {

constexpr size_t kChunkScoresMax = size_t{1} << 19;  // 2 MB of scores at a time
constexpr size_t kChunkRowsMax = 4096;

}  // namespace

void TopK(Span<const float> scores, size_t k, std::vector<Ranked>& out) {
  // A heap of the k best so far, its worst in front: one comparison for most scores.
  const auto is_before = [](const Ranked& a, const Ranked& b) {
    return a.score > b.score || (a.score == b.score && a.index < b.index);
  };
  out.clear();
  if (k == 0) return;
  for (size_t i = 0; i < scores.size(); ++i) {
    // What is not a number cannot be ordered: it comes last.
    const float score =
        scores[i] == scores[i] ? scores[i] : -std::numeric_limits<float>::infinity();
    const Ranked item{.index = static_cast<uint32_t>(i), .score = score};
    if (out.size() < k) {
      out.push_back(item);
      std::ranges::push_heap(out, is_before);
    } else if (score > out.front().score) {
      std::ranges::pop_heap(out, is_before);
      out.back() = item;
      std::ranges::push_heap(out, is_before);
    }
  }
  std::ranges::sort_heap(out, is_before);
}

Status ScoreAll(const model::Model& model, const model::State& state,
                const model::PrivateState& own, data::BatchReader& rows,
                const std::function<Status(size_t first_row, const data::Batch&,
                                           Span<const float> scores)>& sink) {
  const size_t width = model.output_count();
  const size_t chunk = std::clamp<size_t>(kChunkScoresMax / width, 1, kChunkRowsMax);
  std::vector<float> scores;
  size_t done = 0;
  while (true) {
    FLORIN_ASSIGN(const data::Batch* batch, rows.Next());
    if (batch == nullptr) return {};
    for (size_t first = 0; first < batch->rows; first += chunk) {
      const data::Batch part = batch->Slice(first, std::min(chunk, batch->rows - first));
      scores.resize(part.rows * width);
      FLORIN_TRY(model.Predict(state, own, part, scores));
      FLORIN_TRY(sink(done, part, scores));
      done += part.rows;
    }
  }
}

}  // namespace florin::score
