#include "florin/dp/clip.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "florin/num/kernels.h"

namespace florin::dp {
namespace {

Status NotFinite(Span<const float> update) {
  const auto at =
      std::find_if(update.begin(), update.end(), [](float x) { return !std::isfinite(x); });
  return Status(Kind::kFailed, "CLIP-NOT-FINITE",
                "update entry " + std::to_string(at - update.begin()) + " of " +
                    std::to_string(update.size()) + ": expected a finite number, found " +
                    std::to_string(*at) + ". A smaller learning rate keeps training finite.");
}

}  // namespace

Result<Clipped> MeasureClip(Span<const float> update, double clipping_norm) {
  FLORIN_CHECK(clipping_norm >= 0);
  // A float squared is below 2^256, so the double sum is finite exactly when every entry is.
  const double squares = num::Active().sum_squares(update.data(), update.size());
  if (!std::isfinite(squares)) return NotFinite(update);
  Clipped clipped{.norm = std::sqrt(squares)};
  if (clipping_norm > 0 && clipped.norm > clipping_norm) {
    clipped.factor = clipping_norm / clipped.norm;
  }
  return clipped;
}

}  // namespace florin::dp
