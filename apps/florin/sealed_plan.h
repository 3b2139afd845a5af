// What a sealed job costs and withstands, before anything runs: rows of `florin job plan`.
#pragma once

#include "florin/job/plan.h"
#include "output.h"

namespace florin::apps {

// For the smallest cohort and the largest; nothing under a protocol that hides nothing.
void AddSealed(Table& table, const job::Plan& plan);

}  // namespace florin::apps
