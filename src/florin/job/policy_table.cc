// The keys of a site's policy file, in the order its owner meets them.
#include "florin/govern/words.h"
#include "florin/job/fields.h"

namespace florin::job {
namespace {

std::vector<std::string> Purposes() {
  std::vector<std::string> names;
  for (const govern::Purpose& purpose : govern::Purposes()) names.emplace_back(purpose.name);
  return names;
}

std::vector<std::string> Protocols() {
  const auto protocols = govern::Protocols();
  return {protocols.begin(), protocols.end()};
}

std::vector<std::string> Work() { return {"train", "evaluate"}; }
std::vector<std::string> Approvals() { return {"ask", "rule"}; }

constexpr Bound Between(double low, double high) { return {.low = low, .high = high}; }

using enum FieldType;

constexpr Field kPolicyFields[] = {
    {.path = "policy",
     .type = kName,
     .is_required = true,
     .help = "The policy's name. An agent reads the file `policy.yaml` of its folder."},
    {.path = "coordinator",
     .type = kText,
     .help =
         "The one coordinator that is served: the SHA-256 fingerprint (of the DER bytes, 64 hex "
         "digits) of the root certificate that vouches for it."},
    {.path = "jobs",
     .type = kTexts,
     .help = "Names of the jobs that may run; `*` stands for any characters, `?` for any one."},
    {.path = "purposes",
     .type = kChoices,
     .choices = Purposes,
     .help = "What rows may be used for; see below. With this rule a job has to say its purpose, "
             "unless `unspecified` is listed."},
    {.path = "work",
     .type = kChoices,
     .choices = Work,
     .help = "What may be done with rows. train: updates and exact sums of the training rows. "
             "evaluate: metrics of the test rows."},
    {.path = "views",
     .type = kMapping,
     .help = "The views that may be read, by their names: `searches:` with nothing behind it gives "
             "all fields of that view."},
    {.path = "views.*.fields",
     .type = kTexts,
     .help = "The fields of the view that a job may read, its label, time and user among them; in "
             "the words of the view file, not its columns."},
    {.path = "minimum_protocol",
     .type = kChoice,
     .choices = Protocols,
     .help = "The weakest way of summing that is enough, plain being the weakest: plain < secagg < "
             "threshold_he."},
    {.path = "minimum_contributors",
     .type = kWhole,
     .bound = Between(1, 1'000'000),
     .unit = "sites",
     .help = "Fewest contributions that the plan opens together (cohort.minimum)."},
    {.path = "peers",
     .type = kTexts,
     .help = "Whom this site takes part with in sealed sums: `NAME KEY` for each site, KEY its "
             "identity key as `florin agent show` prints it there; or `any`. Without this rule the "
             "owner is asked about each new name and key."},
    {.path = "clipping_norm_max",
     .type = kNumber,
     .bound = {.low = 0, .excludes_low = true},
     .help = "Every update has to be bounded, by a clipping norm of at most this. Exact sums are "
             "not clipped and cannot meet this rule."},
    {.path = "weight_max",
     .type = kWhole,
     .bound = Between(1, 16'777'215),
     .unit = "rows",
     .help = "Most rows this site may count for (privacy.weight_max)."},
    {.path = "rounds_max",
     .type = kWhole,
     .bound = Between(1, 1'000'000),
     .unit = "rounds",
     .help = "Most rounds of one job. No offer of a later round is taken, abandoned ones counted."},
    {.path = "epochs_max",
     .type = kWhole,
     .bound = Between(1, 10'000),
     .unit = "epochs",
     .help = "Most passes over the rows in one round."},
    {.path = "minimum_rows",
     .type = kWhole,
     .bound = Between(1, 9007199254740991),
     .unit = "rows",
     .help = "Fewest rows of its own with which this site takes part. Rows of the work asked for: "
             "those that train, or those that test."},
    {.path = "approve",
     .type = kChoice,
     .standard = "ask",
     .choices = Approvals,
     .help = "ask: the owner decides on every new plan. rule: plans that one of `rules` takes need "
             "no yes; on the others the owner decides."},
    {.path = "rules",
     .type = kList,
     .applies = "rule",
     .help = "Plans that need no yes. A rule takes a plan when all that it says fits."},
    {.path = "rules[].jobs", .type = kTexts, .help = "Names of jobs, or patterns, as above."},
    {.path = "rules[].purposes", .type = kChoices, .choices = Purposes, .help = "Their purposes."},
};

}  // namespace

Span<const Field> PolicyFields() { return kPolicyFields; }

}  // namespace florin::job
