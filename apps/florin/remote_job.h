// florin job submit, list, show, watch, pause, resume, cancel: jobs at a coordinator.
#pragma once

#include "commands.h"

namespace florin::apps {

void AddRemoteJobVerbs(CLI::App& app, Context& context);

}  // namespace florin::apps
