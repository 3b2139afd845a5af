// The site's policy: what the owner of the data allows, whoever asks.
//
// A policy is a short list of rules, each with the line of the file it was read from. Check() is
// pure: what an offer asks comes in as a Passage, in words and numbers that this room understands,
// and the answer names the rule that forbids it. What no rule speaks of is not limited; but unless
// a rule for it says otherwise, every new plan waits for its owner's yes (gate.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/ids.h"
#include "florin/base/span.h"
#include "florin/base/status.h"

namespace florin::govern {

// Names of what a plan says, and what it says: for people to read, and to see what changed.
using Summary = std::map<std::string, std::string>;

// Sites by name, with their identity keys in lower-case hex.
using Peers = std::map<std::string, std::string>;

// What an offer asks of a site.
struct Passage {
  std::string coordinator;  // fingerprint of who asks, lower-case hex; "" = not known
  JobId job;
  PlanHash plan;
  std::string purpose;
  std::string work;  // "train" (updates and exact sums) or "evaluate"
  std::string view;
  std::vector<std::string> fields;      // of the view, that will be read
  std::string protocol;                 // "plain", "secagg", "threshold_he"
  uint64_t contributors = 0;            // fewest that are opened together
  std::optional<double> clipping_norm;  // L2 bound on what leaves; none: nothing bounds its length
  uint64_t weight = 0;                  // rows the site may count for, at most
  uint64_t rounds = 0;                  // of the whole job
  uint64_t epochs = 0;                  // of one round; 0: the work has none
  std::optional<uint64_t> rows;         // of the site's own, once they are counted
  std::optional<Peers> peers;           // whom a sealed protocol would hide it among, once named
  Summary summary;                      // of the whole plan
};

// A rule that was given, and where.
template <typename T>
struct Rule {
  T value{};
  size_t line = 0;  // of the policy file; 0 = not from a file
};
using Names = std::vector<std::string>;

// The fields of one view that may be read; without a list, all that the view has.
struct ViewRule {
  std::string view;
  std::optional<Names> fields;
  size_t line = 0;
};

// Whom the site takes part with in sealed sums: these, with these keys; or whoever is named.
struct PeerRule {
  bool is_any = false;
  Peers peers;
};

// Plans that need no yes of their own: jobs by pattern (empty: any), with one of these purposes
// (empty: any).
struct ApprovalRule {
  Names jobs;
  Names purposes;
  size_t line = 0;
};

struct SitePolicy {
  std::string name;
  std::string file;                 // named in verdicts
  std::optional<Rule<Names>> jobs;  // names, or patterns: '*' any characters, '?' any one
  std::optional<Rule<std::vector<ViewRule>>> views;
  std::optional<Rule<Names>> purposes;
  std::optional<Rule<Names>> work;
  std::optional<Rule<std::string>> protocol_min;  // the weakest of Protocols() that is enough
  std::optional<Rule<uint64_t>> contributors_min;
  std::optional<Rule<PeerRule>> peers;
  std::optional<Rule<double>> clipping_norm_max;
  std::optional<Rule<uint64_t>> weight_max;
  std::optional<Rule<uint64_t>> rounds_max;
  std::optional<Rule<uint64_t>> epochs_max;
  std::optional<Rule<uint64_t>> rows_min;
  std::optional<Rule<std::string>> coordinator;  // the one fingerprint that is served
  std::vector<ApprovalRule> approve;             // empty: the owner is asked about every plan
  size_t approve_line = 0;
};

// What a coordinator hears of an owner: not decided yet, and no.
inline constexpr std::string_view kApprovalPending = "APPROVAL-PENDING";
inline constexpr std::string_view kApprovalRefused = "APPROVAL-REFUSED";

struct Verdict {
  enum class Kind : uint8_t {
    kPass,
    kHold,  // wait for the owner
    kStop,
  };
  Kind kind = Kind::kPass;
  std::string code = {};  // "POLICY-COLUMN", "APPROVAL-PENDING"; "" on kPass
  std::string why = {};   // subject, expected, found, remedy, the policy's line; "" on kPass
  std::string rule = {};  // the policy's key
  size_t line = 0;        // of the policy file

  bool passes() const { return kind == Kind::kPass; }
  // kRefused with the code, or ok.
  Status ToStatus() const;
};

// What one rule says of a passage.
struct Finding {
  enum class Outcome : uint8_t {
    kUnlimited,  // the policy has no such rule
    kMet,
    kBroken,
    kUnknown,  // not to be told yet: the rows are not counted
  };
  std::string_view rule;  // the policy's key: "purposes"
  std::string_view code;  // of its refusal
  Outcome outcome = Outcome::kUnlimited;
  size_t line = 0;
  std::string expected = {};
  std::string found = {};
  std::string remedy = {};
};

// Every rule's finding, in the order of the policy's keys.
std::vector<Finding> Review(const SitePolicy& policy, const Passage& passage);

// The verdict of one broken rule.
Verdict StopOf(const SitePolicy& policy, const Passage& passage, const Finding& finding);

// The first broken rule stops: [POLICY-COORDINATOR], [POLICY-JOB], [POLICY-PURPOSE], [POLICY-WORK],
// [POLICY-COLUMN] (views too), [POLICY-PROTOCOL], [POLICY-CONTRIBUTORS], [POLICY-PEER],
// [POLICY-CLIP], [POLICY-LIMIT] (weight, rounds, epochs), [POLICY-ROWS]. Else a plan that no
// approval rule takes is held, [APPROVAL-PENDING], and the others pass. A rule on rows holds back
// nothing while they are not counted: ask again when they are, before anything leaves.
Verdict Check(const SitePolicy& policy, const Passage& passage);

}  // namespace florin::govern
