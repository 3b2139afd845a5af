// Bounding an update in L2. A value that is not finite is an error, never a zero.
#pragma once

#include "florin/base/span.h"
#include "florin/base/status.h"

namespace florin::dp {

struct Clipped {
  double norm = 0;    // before
  double factor = 1;  // what the update is to be multiplied by: min(1, clipping_norm / norm)
};

// Does not touch `update`: the factor is folded into the encoder's scale, one pass less.
// clipping_norm >= 0; 0 = no bound. Encoding on a grid of step s may move the norm by up to
// s sqrt(d) afterwards. [CLIP-NOT-FINITE] names the first index that is not finite.
Result<Clipped> MeasureClip(Span<const float> update, double clipping_norm);

}  // namespace florin::dp
