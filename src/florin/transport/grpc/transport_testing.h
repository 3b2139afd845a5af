// For this room's tests: a job of any size, its nouns, and a workspace's certificates in files.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "florin/base/rng.h"
#include "florin/identity/authority.h"
#include "florin/job/exchange.h"
#include "florin/job/plan.h"
#include "florin/job/version.h"
#include "florin/transport/grpc/tls.h"

namespace florin::transport {

// What a test waits at most for what will come.
constexpr auto kPatience = std::chrono::seconds(20);

// Logistic regression on `width` numbers: an update has width + 2 or 3 entries.
inline std::shared_ptr<const job::Plan> PlanOf(size_t width, const std::string& name = "job") {
  job::JobSpec spec;
  spec.id = JobId(name);
  spec.view = "rows";
  spec.schema.label.field = "label";
  spec.model.kind = "logistic";
  spec.model.dense_width = width;
  spec.strategy.kind = "fedavg";
  spec.cohort.minimum = 1;
  spec.privacy.weight_max = 1000;
  auto plan = job::MakePlan(std::move(spec));
  EXPECT_TRUE(plan.ok()) << plan.status().ToString();
  return *plan;
}

inline job::Offer OfferOf(const std::shared_ptr<const job::Plan>& plan, const SiteId& site,
                          uint32_t round, float parameter = 0.25F) {
  auto state = std::make_shared<model::State>();
  state->layout = plan->update.values;
  state->parameters = num::Values::Zeros(num::Scalar::kFloat32, state->layout.size());
  for (float& value : state->parameters.f32()) value = parameter;
  job::Version version;
  version.state = state;
  job::SealVersion(version);
  job::Offer offer;
  offer.job = plan->spec.id;
  offer.round = RoundId{round};
  offer.site = site;
  offer.plan = plan;
  offer.state = state;
  offer.model_hash = version.model_hash;
  offer.self = {1};
  offer.cohort_size = 1;
  return offer;
}

// Words that a sparse form would not shorten.
inline job::Contribution ContributionOf(const job::Offer& offer, uint64_t seed) {
  base::SeededRng rng(seed);
  job::Contribution contribution = job::ContributionTo(offer);
  contribution.id.bytes.fill(static_cast<uint8_t>(seed));
  contribution.message.from = {1};
  contribution.message.bulk.words.resize(offer.plan->vector(offer.work).size());
  for (uint64_t& word : contribution.message.bulk.words) word = rng.Next() | uint64_t{1} << 63;
  return contribution;
}

// A folder with root.pem and, per member, key.pem and certificate.pem.
class Workspace {
 public:
  explicit Workspace(Time now, const std::string& name = "test")
      : name_(name), authority_(*identity::Authority::Make(name, now)) {
    char pattern[] = "/tmp/florin-transport-XXXXXX";
    folder_ = mkdtemp(pattern);
    Write("root.pem", authority_.trust().roots[0]);
  }
  ~Workspace() { std::filesystem::remove_all(folder_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  const identity::Authority& authority() const { return authority_; }
  const identity::Trust& trust() const { return authority_.trust(); }
  std::string root() const { return folder_ + "/root.pem"; }

  TlsFiles Coordinator(Time now) {
    const std::string key = crypto::NewTlsKey();
    const auto issued =
        authority_.IssueCoordinator(PublicKeyOf(key), {"localhost"}, {"127.0.0.1"}, now);
    return Keep("coordinator", key, issued->certificate_pem);
  }
  // For the enrolment listener: leaf and root in one file.
  TlsFiles Listener(Time now) {
    TlsFiles files = Coordinator(now);
    std::ofstream(files.certificate, std::ios::app) << authority_.trust().roots[0];
    files.roots.clear();
    return files;
  }
  TlsFiles Site(const std::string& site, Time now) {
    const std::string key = crypto::NewTlsKey();
    const auto issued = authority_.Issue(identity::Peer::Site(SiteId(site)), PublicKeyOf(key), now);
    return Keep(site, key, issued->certificate_pem);
  }

  static Bytes PublicKeyOf(const std::string& key) {
    return crypto::ParseCsr(*crypto::MakeCsr(key, "test"))->public_key;
  }
  TlsFiles Keep(const std::string& member, const std::string& key,
                const std::string& certificate) const {
    Write(member + ".key", key);
    Write(member + ".pem", certificate);
    return {folder_ + "/" + member + ".key", folder_ + "/" + member + ".pem", root()};
  }

 private:
  void Write(const std::string& file, const std::string& text) const {
    std::ofstream(folder_ + "/" + file) << text;
  }

  std::string name_;
  std::string folder_;
  identity::Authority authority_;
};

}  // namespace florin::transport
