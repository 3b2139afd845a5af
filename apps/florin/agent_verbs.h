// The verbs of `florin agent`, one file each group.
#pragma once

#include "commands.h"

namespace florin::apps {

void AddAgentRun(CLI::App& app, Context& context);    // agent_run.cc
void AddAgentShow(CLI::App& app, Context& context);   // agent_show.cc
void AddOwnerVerbs(CLI::App& app, Context& context);  // agent_owner.cc

}  // namespace florin::apps
