// Rounds of secure aggregation: what a contributor and the coordinator pay, step by step, and of
// what that is made.
#include <array>

#include "florin/base/rng.h"
#include "florin/crypto/ecdh.h"
#include "florin/crypto/hkdf.h"
#include "florin/crypto/kt128.h"
#include "florin/crypto/mask.h"
#include "florin/crypto/shamir.h"
#include "florin/job/graph.h"
#include "florin/protocol/pack.h"
#include "florin/protocol/secagg/keys.h"
#include "florin/protocol/secagg/neighbours.h"
#include "privacy.h"

namespace florin::apps::bench {
namespace {

using namespace protocol::secagg;
using crypto::SecretBytes;

constexpr std::array<const char*, kSteps> kStepNames = {"advertise", "shares", "masked_input",
                                                        "consistency", "unmask"};
constexpr auto kCurve = crypto::EcdhCurve::kX25519;

// Seconds of one of each.
struct Prices {
  double agree = 0;   // X25519
  double keys = 0;    // its public key
  double verify = 0;  // Ed25519, of a digest
  double sign = 0;
  double derive = 0;  // HKDF
  double deal = 0;    // shares of a secret for all neighbours
  double box = 0;     // two shares sealed, and as many opened
  double opener = 0;  // the coefficients of one set of shares
  double open = 0;    // a secret of it
  double mask = 0;    // of the whole vector
  double pack = 0;    // of the whole vector, and so the next three
  double check = 0;
  double digest = 0;
  double add = 0;
};

// Of small things: many at once.
double Price(const std::function<void()>& body) {
  constexpr int kTimes = 20;
  return FastestCpu(10,
                    [&] {
                      for (int i = 0; i < kTimes; ++i) body();
                    }) /
         kTimes;
}

void PriceKeys(uint32_t count, uint32_t threshold, Prices& prices) {
  const Context context{};
  const SecretBytes round(Bytes(32, 7));
  const crypto::Ed25519Seed seed{1};
  const auto identity = crypto::PublicKeyOf(seed);
  const Advert advert = MakeAdvert(round, context, {1}, seed);
  prices.agree =
      Price([&] { FLORIN_CHECK(crypto::EcdhAgree(kCurve, round.view(), advert.mask).ok()); });
  prices.keys = Price([&] { FLORIN_CHECK(crypto::EcdhKeyPairOf(kCurve, round.view()).ok()); });
  prices.verify = Price([&] { FLORIN_CHECK(IsSignedBy(identity, advert, context, {1})); });
  prices.sign = Price([&] { crypto::SignEd25519(seed, context); });
  prices.derive = Price([&] { BoxKey(round, context, {1}, {2}); });
  prices.deal = Price([&] { Deal(KeyUse::kMask, round, context, threshold, count); });
  const Bytes shares(kSharesSize, 1);
  prices.box = Price([&] {
    const Box box = SealShares(round, context, {1}, {2}, shares);
    FLORIN_CHECK(!OpenShares(round, context, {1}, {2}, box).view().empty());
  });
  const auto dealt = Deal(KeyUse::kMask, round, context, threshold, threshold);
  std::vector<uint32_t> indices;
  std::vector<ByteView> views;
  for (const SecretBytes& share : dealt) {
    views.push_back(share.view());
    indices.push_back(static_cast<uint32_t>(views.size()));
  }
  prices.opener = Price([&] { FLORIN_CHECK(crypto::ShareOpener::Make(indices).ok()); });
  const auto opener = crypto::ShareOpener::Make(indices);
  prices.open = Price([&] { FLORIN_CHECK(opener->Open(views).ok()); });
}

void PriceVectors(size_t entries, Prices& prices) {
  constexpr size_t kMasks = 20;
  std::vector<crypto::Mask> masks;
  masks.reserve(kMasks);
  for (size_t i = 0; i < kMasks; ++i) {
    masks.emplace_back(Bytes(16, static_cast<uint8_t>(i)), crypto::MaskSign::kAdd);
  }
  std::vector<uint32_t> narrow(entries);
  prices.mask =
      FastestCpu(5, [&] { crypto::ApplyMasks(masks, 0, Span<uint32_t>(narrow)); }) / kMasks;
  std::vector<uint64_t> words(entries);
  for (size_t i = 0; i < entries; ++i) {
    words[i] = static_cast<uint64_t>(int64_t{static_cast<int32_t>(narrow[i])});
  }
  const protocol::PackedVector packed{entries, protocol::Pack(words)};
  prices.pack = FastestCpu(5, [&] { protocol::Pack(words); });
  prices.check =
      FastestCpu(5, [&] { FLORIN_CHECK(protocol::CheckPacked(packed.bytes, entries).ok()); });
  prices.digest = FastestCpu(5, [&] { crypto::HashKt128(packed.bytes); });
  prices.add = FastestCpu(5, [&] { protocol::AddPacked(packed, words); });
}

class Rows {
 public:
  Rows(std::string prefix, const RoundShape& shape, const RoundTimes& times)
      : prefix_(std::move(prefix)), shape_(shape), times_(times) {}

  void Add(const std::string& id, double value, const char* unit, const std::string& goal,
           const std::string& note) {
    rows_.push_back({prefix_ + id, value, unit, goal, note});
  }

  void AddMeasured(bool has_goals) {
    const std::string what = "n = " + std::to_string(shape_.contributors) +
                             ", d = " + std::to_string(shape_.entries) + " of 32 bits, " +
                             std::to_string(times_.neighbours) + " neighbours, " +
                             std::to_string(shape_.dropouts) + " stop after their shares";
    Add("client", 1e3 * times_.Contributor(), "ms", has_goals ? "<= 10" : "",
        what + "; CPU of one contributor, all steps");
    Add("coordinator", 1e3 * times_.Aggregator(), "ms", has_goals ? "<= 250" : "",
        "CPU for all contributors, all steps");
    Add("neighbours", times_.neighbours, "", "", "that a contributor was given");
    Add("memory", times_.memory_megabytes, "MB", "",
        "of the coordinator at most, without the sum and what arrives");
    Add("bytes_per_value",
        static_cast<double>(times_.message_bytes) / static_cast<double>(shape_.entries), "B", "",
        "of a masked vector");
    for (size_t step = 0; step < kSteps; ++step) {
      Add(std::string("client.") + kStepNames[step], 1e3 * times_.contributor[step], "ms", "", "");
    }
    for (size_t step = 0; step < kSteps; ++step) {
      Add(std::string("coordinator.") + kStepNames[step],
          1e3 * (times_.asking[step] + times_.receiving[step]), "ms", "",
          step == kMaskedInput ? "signatures, digests and adding" : "asking and taking answers");
    }
    Add("coordinator.check", 1e3 * times_.checking, "ms", "", "that vectors are well packed");
    Add("coordinator.open", 1e3 * times_.closing[kUnmask], "ms", "", "secrets opened, masks off");
  }

  // Prices times how often the protocol does it.
  void AddDerived() {
    const double k = times_.neighbours;
    const double n = shape_.contributors;
    const double gone = shape_.dropouts;
    const double left = n - gone;
    const double near = k * left / n;  // neighbours of a dropout that are in the sum, on average
    protocol::ProtocolSetup setup;
    setup.degree = shape_.degree;
    setup.threshold = shape_.threshold;
    const uint32_t threshold = ThresholdOf(setup, times_.neighbours);
    Prices price;
    PriceKeys(times_.neighbours + 1, threshold, price);
    PriceVectors(shape_.entries, price);
    const auto add = [&](const std::string& id, double seconds, const std::string& note) {
      Add(id, 1e3 * seconds, "ms", "", "derived: " + note);
    };
    add("client.part.agreement", 2 * k * price.agree + 4 * price.keys,
        "2 X25519 a neighbour, 4 keys");
    add("client.part.signatures", (k + threshold - 1) * price.verify + 3 * price.sign,
        "a key of each neighbour, the list of as many as shares are needed; 3 of its own");
    add("client.part.shares", 3 * price.deal + k * (price.box + 3 * price.derive),
        "3 dealings; a box sealed, one opened, 3 keys a neighbour");
    add("client.part.masks", (k + 1) * price.mask, "one a neighbour and the own one");
    add("client.part.digest", price.digest, "of the vector, to sign it");
    add("client.part.packing", price.pack, "of the vector");
    add("coordinator.part.agreement", (2 * n + gone * near) * price.agree + gone * price.keys,
        "2 X25519 a contributor to test its keys, one a mask of a dropout");
    add("coordinator.part.signatures", (n + 2 * left) * price.verify, "keys, vectors, lists");
    add("coordinator.part.shares",
        n * (price.open + price.derive) + gone * near * price.derive +
            (times_.neighbours + 1 == shape_.contributors ? 1 : n) * price.opener,
        "a secret of each contributor");
    add("coordinator.part.masks", (left + gone * near) * price.mask,
        "the own ones of the sum, those of dropouts");
    add("coordinator.part.digests", left * price.digest, "of the vectors");
    add("coordinator.part.adding", left * price.add, "of the packed vectors");
  }

  std::vector<Measurement> Take() && { return std::move(rows_); }

 private:
  std::string prefix_;
  const RoundShape& shape_;
  const RoundTimes& times_;
  std::vector<Measurement> rows_;
};

}  // namespace

Result<std::vector<Measurement>> MeasureSecagg(const Options& options) {
  struct Case {
    const char* name;
    RoundShape shape;
    bool has_goals;
  };
  const bool is_quick = options.is_quick;
  const uint32_t n = is_quick ? 20 : 100;
  const uint32_t gone = n / 20;
  const size_t large = is_quick ? 10'000 : 1'000'000;
  // What the plan of a job takes that says nothing else (job/plan.cc).
  FLORIN_ASSIGN(const auto graph, job::ChooseGraph(n, 0.2, 0.05));
  const Case cases[] = {
      {"privacy.secagg_sparse.", {n, gone, is_quick ? 6U : 20U, 0, large}, true},
      {"privacy.secagg_default.",
       {n, gone, graph.degree + 1 < n ? graph.degree : 0, graph.threshold, large},
       false},
      {"privacy.secagg_all.", {n, gone, 0, 0, large / 10}, false},
      {"privacy.secagg_ten.", {10, 0, 0, 0, large}, false},
  };
  std::vector<Measurement> all;
  for (const Case& one : cases) {
    FLORIN_ASSIGN(const RoundTimes times, PlayRound(one.shape));
    Rows rows(one.name, one.shape, times);
    rows.AddMeasured(one.has_goals);
    rows.AddDerived();
    auto taken = std::move(rows).Take();
    all.insert(all.end(), taken.begin(), taken.end());
  }
  return all;
}

}  // namespace florin::apps::bench
