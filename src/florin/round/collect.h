// Collecting answers from a cohort, step by step, as all phases do that wait for one. Internal to
// this room.
#pragma once

#include "florin/round/table.h"

namespace florin::round {

// A protocol has one step with the contributions, and may have others around it (protocol/party.h).
// Opens a party for `work` and asks the members that `is_asked(member)` picks for its first step.
// goal: answers that close the step; 0: of all that are asked.
void Begin(Step& step, job::Work work, bool (*is_asked)(const Member&), uint32_t goal);
// Asks those that have answered the step before for the present one.
void AskNext(Step& step, job::Work work, uint32_t goal);
// No more answers count in the present step: the party goes on to the next, or opens the sum.
void End(Step& step, job::Work work);

// Is the present step the one with the contributions? And has the protocol a step before it?
bool IsContribution(const Step& step);
bool HasSetup(const Step& step);
// The counters of the present step.
Counters& TallyOf(Step& step, job::Work work);
// Whether one of those asked is missing only because its owner has not decided.
bool IsShortOfOwners(const RoundState& state);

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
void Collect(Step& step, const MemberBlamed& input);

// "3 contributions by the deadline", or that nobody is left to wait for.
std::string AnswersText(Step& step, job::Work work);

}  // namespace florin::round
