// What a site says to the coordinator when it says no.
#pragma once

#include "florin/base/status.h"
#include "florin/job/exchange.h"

namespace florin::site {

// The refusal of `offer` for `why`. The code always travels; the sentence only where it was made of
// the offer itself. Errors of views, sources and tasks may quote a cell of a row: their words stay
// in the site's own log, and the coordinator reads that it is to ask there.
job::Refusal Refuse(const job::Offer& offer, const Status& why);

}  // namespace florin::site
