// What `florin doctor` looks at in a member's folder: its parts, and the way to its coordinator.
#pragma once

#include <string>
#include <vector>

#include "florin/base/time.h"

namespace florin::apps {

enum class Health { kOk, kWarn, kFail };

struct Finding {
  std::string check;
  Health health = Health::kOk;
  std::string found;
  std::string fix;
};

bool IsMemberFolder(const std::string& folder);

// Each step of the way by itself, up to the first that fails: folder, certificate, name, TCP, TLS,
// enrolment port with the coordinator's clock. Changes nothing and disturbs no agent that runs.
// The clock lives as long as the process: a handshake may outlive the call.
std::vector<Finding> CheckMember(const std::string& folder, base::Clock& clock);

}  // namespace florin::apps
