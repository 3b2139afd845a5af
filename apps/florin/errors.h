// How the program ends: one error line, the last one, and the kind of the error as exit code.
#pragma once

#include <string>

#include "florin/base/status.h"

namespace florin::apps {

// Prints `error: message [CODE]` to standard error, after any further lines of the message, and
// answers the exit code. 0 and silent when ok.
int Finish(const Status& status);

Status UsageFault(std::string message);  // kUsage, [USAGE]

}  // namespace florin::apps
