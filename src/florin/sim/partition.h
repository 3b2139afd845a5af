// Cutting one table into virtual sites: the usual ways to make federations uneven, by seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "florin/base/rng.h"
#include "florin/base/status.h"
#include "florin/sim/sites.h"

namespace florin::sim {

struct Partition {
  enum class Kind : uint8_t {
    kIid,        // equal shares, at random
    kDirichlet,  // label skew: each label's rows spread by Dirichlet(alpha) (Hsu et al. 2019)
    kQuantity,   // size skew: shares from Dirichlet(alpha), labels alike
    kUser,       // one site per value of the user field
  };
  Kind kind = Kind::kIid;
  size_t sites = 10;
  double alpha = 0.5;

  // "iid:10", "dirichlet:10:0.3", "quantity:10:0.5", "user". [SIM-PARTITION]
  static Result<Partition> Parse(std::string_view text);
};

// Virtual sites named `site-0001` ...; with kUser a user's train and test rows stay together.
// Sites that would have no training row are left out. Train and test are cut by the same rule.
std::vector<SiteRows> Cut(const SiteRows& rows, const Partition& partition, Rng& rng);

}  // namespace florin::sim
