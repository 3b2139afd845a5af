#include "florin/site/site.h"

#include <string>
#include <utility>

namespace florin::site {

Site::Site(Options options, Rows& rows, SiteStore& store, KitCache& kits)
    : options_(std::move(options)), rows_(rows), store_(store), kits_(kits) {}

Status Site::Receive(const job::Receipt& receipt) {
  if (receipt.site != options_.id) {
    return Status(
        Kind::kDenied, "RECEIPT-SITE",
        "receipt: expected site " + options_.id.text() + ", found " + receipt.site.text() + ".");
  }
  const bool ends_round =
      receipt.verdict == job::Verdict::kCommitted || receipt.verdict == job::Verdict::kAbandoned;
  if (!ends_round) return {};
  for (const job::Work work : {job::Work::kUpdate, job::Work::kEvaluate}) {
    FLORIN_TRY(store_.ForgetContributions(receipt.job, receipt.round, work));
  }
  return {};
}

Status Site::Personalise(const job::SiteKit& kit, const model::State& state) {
  const job::JobSpec& spec = kit.plan->spec;
  if (!spec.model.is_personalised) return {};
  FLORIN_ASSIGN(auto reader, rows_.Open(spec.view, spec.schema, data::Part::kTrain));
  FLORIN_ASSIGN(const data::Table rows, data::Table::ReadAll(*reader));
  if (rows.rows() == 0) return {};
  FLORIN_ASSIGN(model::PrivateState own, store_.LoadPrivate(spec.id));
  FLORIN_TRY(kit.model->Personalise(state, rows.view(), own));
  return store_.SavePrivate(spec.id, own);
}

}  // namespace florin::site
