// Distinct types for distinct names, so that a round cannot be passed where a job is asked for.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "florin/base/status.h"

namespace florin::base {

// A name a person chose: 1-64 characters of a-z, 0-9 and '-', starting with a letter or digit.
template <typename Tag>
class NameId {
 public:
  NameId() = default;
  explicit NameId(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const NameId&) const = default;

 private:
  std::string text_;
};

using JobId = NameId<struct JobTag>;
using SiteId = NameId<struct SiteTag>;

// Counted from 1; 0 means "no round yet".
struct RoundId {
  uint32_t number = 0;
  auto operator<=>(const RoundId&) const = default;
};

// 256-bit digests under their own names.
template <typename Tag>
struct Digest {
  std::array<uint8_t, 32> bytes{};
  bool empty() const { return *this == Digest{}; }
  std::string Hex() const;
  std::string Short() const { return Hex().substr(0, 12); }
  auto operator<=>(const Digest&) const = default;
};

struct ModelHashTag;
struct VersionIdTag;
struct PlanHashTag;
struct ContributionIdTag;
struct BodyDigestTag;
using ModelHash = Digest<ModelHashTag>;            // SHA-256 of layout and parameter bytes alone
using VersionId = Digest<VersionIdTag>;            // SHA-256 of lineage and model hash
using PlanHash = Digest<PlanHashTag>;              // SHA-256 of the canonical plan
using ContributionId = Digest<ContributionIdTag>;  // names one site's contribution to one round
using BodyDigest = Digest<BodyDigestTag>;          // SHA-256 of its header and its bulk's digest

// Checks the rule of NameId. `what` names the subject in the error: "job", "site". [NAME]
Status CheckName(std::string_view what, std::string_view text);

std::string HexDigest(const std::array<uint8_t, 32>& bytes);

template <typename Tag>
std::string Digest<Tag>::Hex() const {
  return HexDigest(bytes);
}

}  // namespace florin::base

namespace florin {
using base::BodyDigest;
using base::ContributionId;
using base::JobId;
using base::ModelHash;
using base::PlanHash;
using base::RoundId;
using base::SiteId;
using base::VersionId;
}  // namespace florin

template <typename Tag>
struct std::hash<florin::base::NameId<Tag>> {
  size_t operator()(const florin::base::NameId<Tag>& id) const {
    return std::hash<std::string>()(id.text());
  }
};

template <typename Tag>
struct std::hash<florin::base::Digest<Tag>> {
  size_t operator()(const florin::base::Digest<Tag>& digest) const {
    size_t value = 0;  // a digest is uniform already: its first bytes are its hash
    for (size_t i = 0; i < sizeof(value); ++i) value = value << 8 | digest.bytes[i];
    return value;
  }
};
