// The verbs that ask a coordinator, one file each group.
#pragma once

#include "commands.h"

namespace florin::apps {

void AddRemoteJobVerbs(CLI::App& app, Context& context);  // remote_job.cc: florin job
void AddOperatorVerbs(CLI::App& app, Context& context);   // members.cc: florin operator
void AddRollbackVerb(CLI::App& app, Context& context);    // remote_model.cc: florin model
void AddAuditShow(CLI::App& app, Context& context);       // audit_show.cc: florin audit

}  // namespace florin::apps
