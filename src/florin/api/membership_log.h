// The audit chain of one workspace's members among its records: the log "membership", a line of
// govern/audit_file.h each. Whoever appends does it in the transaction of what happened, so the log
// and the state tell the same story.
#pragma once

#include <string>

#include "florin/govern/audit.h"
#include "florin/store/records.h"

namespace florin::api {

inline constexpr std::string_view kMembershipLog = "membership";

// The next entry, linked to the last one. [AUDIT-FORM] a text outside its bounds, or what was
// stored is no audit line; and what the transaction says.
Status AppendNews(store::Transaction& change, Time now, std::string actor, std::string event,
                  govern::AuditFields fields);

}  // namespace florin::api
