// Collecting answers from a cohort, as Reporting and Evaluating both do. Internal to this room.
#pragma once

#include "florin/round/table.h"

namespace florin::round {

// Opens a party for `work` and offers it to the members that `is_asked(member)` picks.
// goal: contributions that close the phase; 0: all that are asked.
void Ask(Step& step, job::Work work, bool (*is_asked)(const Member&), uint32_t goal);

// Adds a site to a sorted list, or takes it out; whether that changed the list.
bool Insert(std::vector<SiteId>& sites, const SiteId& site);
bool Erase(std::vector<SiteId>& sites, const SiteId& site);

// Takes what concerns the cohort's answers, in any phase; every contribution gets a receipt.
void Collect(Step& step, const ContributionArrived& input);
void Collect(Step& step, const ContributionFolded& input);
void Collect(Step& step, const ContributionFailed& input);
void Collect(Step& step, const SiteRefused& input);
void Collect(Step& step, const SiteArrived& input);
void Collect(Step& step, const SiteLeft& input);
void Collect(Step& step, const CoordinatorRestarted& input);

// Cohort indices of the members that did not contribute.
std::vector<uint32_t> Dropouts(const RoundState& state, job::Work work);
// "3 contributions by the deadline", or that nobody is left to wait for.
std::string AnswersText(const Step& step, job::Work work);

}  // namespace florin::round
