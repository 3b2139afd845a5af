// Model versions at a coordinator.
#pragma once

#include "commands.h"
#include "florin/job/version.h"

namespace florin::apps {

// The versions of a job, old first.
Status ListRemoteModels(const std::string& folder, const std::string& job, const Context& context);
// version: hex digits, "current". [VERSION-UNKNOWN], [MODEL-FILE], [MODEL-HASH]
Result<job::Version> FetchModel(const std::string& folder, const std::string& job,
                                const std::string& version);

}  // namespace florin::apps
