// The rows of a simulated federation: one pair of tables a site, read through each site's own view.
//
// A site directory holds `<view>.view.yaml` and whatever that view reads; its name is the site's
// name. The same directory is what an agent would serve: nothing changes for the owner later.
#pragma once

#include <string>
#include <vector>

#include "florin/base/ids.h"
#include "florin/base/status.h"
#include "florin/data/batch.h"
#include "florin/data/schema.h"
#include "florin/data/source.h"

namespace florin::sim {

struct SiteRows {
  SiteId id;
  data::Table train;
  data::Table test;
};

// Every directory below `root` that holds the view, sorted by name. [SIM-SITES] none; errors of
// the views and sources, prefixed with the site.
Result<std::vector<SiteRows>> LoadSites(const std::string& root, const std::string& view,
                                        const data::Schema& schema);

// One view file read whole, as one site named `id`.
Result<SiteRows> LoadView(const std::string& path, const SiteId& id, const data::Schema& schema);

// All rows of `sites` as one site: only possible where one process may see them all.
SiteRows Pool(const std::vector<SiteRows>& sites, const std::vector<SiteId>& members);

}  // namespace florin::sim
