#include "florin/job/exchange.h"

namespace florin::job {

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return "accepted";
    case Verdict::kRejected:
      return "rejected";
    case Verdict::kDiscarded:
      return "discarded";
    case Verdict::kCommitted:
      return "committed";
    case Verdict::kAbandoned:
      return "abandoned";
  }
  return "?";
}

}  // namespace florin::job
