// The verb `join`, the same for sites and operators.
#pragma once

#include "commands.h"
#include "florin/identity/peer.h"

namespace florin::apps {

void AddJoin(CLI::App& app, Context& context, identity::Role role);

}  // namespace florin::apps
