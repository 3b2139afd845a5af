// Lattice encryption of sums: what threshold decryption would cost, by the scheme that it stands
// on.
#include "florin/base/rng.h"
#include "florin/crypto/rlwe/kernels.h"
#include "florin/crypto/rlwe/keys.h"
#include "florin/crypto/rlwe/vectors.h"
#include "privacy.h"

namespace florin::apps::bench {
namespace {

using namespace crypto::rlwe;

constexpr uint32_t kSites = 10;
constexpr uint32_t kDecryptors = 3;

Bytes SeedOf(uint32_t number) { return Bytes(kSeedSize, static_cast<uint8_t>(number)); }

// Seconds of every part, of all sites together.
struct Pipeline {
  double seal = 0;
  double keys = 0;  // drawn, and sealed to the decryptors
  double parse = 0;
  double add = 0;
  double answer = 0;  // of all decryptors
  double open = 0;
  double All() const { return seal + keys + parse + add + answer + open; }
  double polynomials = 0;
  double bytes = 0;  // of one vector
};

template <typename Body>
void Time(double& seconds, const Body& body) {
  const double start = CpuSeconds();
  body();
  seconds += CpuSeconds() - start;
}

class Sites {
 public:
  Sites(size_t entries, const Packing& packing)
      : packing_(packing), values_(entries), count_(packing.polynomials(entries)), sum_(count_) {
    base::SeededRng rng(9);
    for (uint32_t& value : values_) {
      value = static_cast<uint32_t>(rng.Next() & packing.value_max);
    }
  }

  Result<Pipeline> Run() {
    SetUpDecryptors();
    pipeline_.polynomials = static_cast<double>(count_);
    for (uint32_t site = 1; site <= kSites; ++site) FLORIN_TRY(Contribute(site));
    FLORIN_TRY(Open());
    return pipeline_;
  }

 private:
  Span<const uint32_t> PartOf(size_t j) const {
    const Span<const uint32_t> all = values_;
    return all.subspan(j * packing_.values(),
                       std::min(packing_.values(), values_.size() - j * packing_.values()));
  }

  // Keys of a session, made once before its rounds: not in the figures.
  void SetUpDecryptors() {
    for (uint32_t i = 0; i < kDecryptors; ++i) {
      decryptors_.emplace_back(SeedOf(100 + i), SeedOf(0));
      shares_.push_back(decryptors_.back().Share());
    }
  }

  Status Contribute(uint32_t site) {
    std::vector<Message> announced;
    for (const Bytes& share : shares_) {
      FLORIN_ASSIGN(const Message message,
                    Message::Parse(MessageKind::kKeyShare, kKeySharePolynomials, share));
      announced.push_back(message);
    }
    const JointKey joint(announced, SeedOf(0));
    Bytes sealed_key;
    Bytes message;
    std::vector<VectorKey> key;
    Time(pipeline_.keys, [&] {
      key.emplace_back(SeedOf(site), SeedOf(0));
      sealed_key = joint.Seal(key.front());
    });
    Time(pipeline_.seal, [&] {
      message = NewMessage(MessageKind::kVector, count_);
      VectorSealer sealer(key.front(), packing_);
      for (size_t j = 0; j < count_; ++j) {
        sealer.Seal(static_cast<uint32_t>(j), PartOf(j), message);
      }
    });
    pipeline_.bytes = static_cast<double>(message.size());
    Status status;
    Time(pipeline_.parse,
         [&] { status = Message::Parse(MessageKind::kVector, count_, message).status(); });
    FLORIN_TRY(std::move(status));
    FLORIN_ASSIGN(const Message vector, Message::Parse(MessageKind::kVector, count_, message));
    FLORIN_ASSIGN(const Message its_key,
                  Message::Parse(MessageKind::kSealedKey, kSealedKeyPolynomials, sealed_key));
    Time(pipeline_.add, [&] {
      sum_.Add(vector);
      key_sum_.Add(its_key);
    });
    return {};
  }

  Status Open() {
    std::vector<Bytes> answers;
    Time(pipeline_.answer, [&] {
      for (const DecryptorKey& decryptor : decryptors_) answers.push_back(decryptor.Open(key_sum_));
    });
    std::vector<Message> openings;
    for (const Bytes& answer : answers) {
      FLORIN_ASSIGN(const Message message,
                    Message::Parse(MessageKind::kOpening, kOpeningPolynomials, answer));
      openings.push_back(message);
    }
    std::vector<uint64_t> opened(values_.size());
    Status status;
    Time(pipeline_.open, [&] { status = OpenAll(openings, opened); });
    FLORIN_TRY(std::move(status));
    for (size_t i = 0; i < opened.size(); ++i) {
      if (opened[i] != uint64_t{kSites} * values_[i]) {
        return {Kind::kFailed, "BENCH-SUM", "privacy: lattice encryption gave a wrong sum."};
      }
    }
    return {};
  }

  Status OpenAll(const std::vector<Message>& openings, Span<uint64_t> opened) {
    FLORIN_ASSIGN(const std::vector<int64_t> keys, OpenKeys(key_sum_, openings));
    VectorOpener opener(keys, SeedOf(0), packing_);
    for (size_t j = 0; j < count_; ++j) {
      const size_t first = j * packing_.values();
      FLORIN_TRY(
          opener.Open(sum_, static_cast<uint32_t>(j), opened.subspan(first, PartOf(j).size())));
    }
    return {};
  }

  Packing packing_;
  std::vector<uint32_t> values_;
  size_t count_;
  VectorSum sum_;
  KeySum key_sum_;
  std::vector<DecryptorKey> decryptors_;
  std::vector<Bytes> shares_;
  Pipeline pipeline_;
};

}  // namespace

Result<std::vector<Measurement>> MeasureLattice(const Options& options) {
  const size_t entries = options.is_quick ? 100'000 : 1'000'000;
  const auto packing = PackingFor((uint64_t{1} << 32) - 1, kSites);
  FLORIN_CHECK(packing.has_value());
  FLORIN_ASSIGN(Pipeline best, Sites(entries, *packing).Run());
  for (int i = 0; i < 2; ++i) {
    FLORIN_ASSIGN(const Pipeline again, Sites(entries, *packing).Run());
    if (again.All() < best.All()) best = again;
  }
  const std::string path = Active().name;
  const bool is_portable = path == "portable";
  const double values = static_cast<double>(entries);
  const std::string what = "10 sites, 3 decryptors, d = " + std::to_string(entries) +
                           ", values of 32 bits, " + std::to_string(packing->slots) +
                           " slots, path " + path;
  const auto rate = [&](double seconds) { return values / seconds / 1e6; };
  return std::vector<Measurement>{
      {"privacy.lattice.seal", rate(best.seal / kSites), "M/s", is_portable ? ">= 30" : ">= 200",
       "values, to bytes; " + what},
      {"privacy.lattice.add", rate(best.add / kSites) / 1e3, "G/s", ">= 3",
       "values, from bytes, with the sealed keys"},
      {"privacy.lattice.open", rate(best.open), "M/s", ">= 100", "values, with the sum of keys"},
      {"privacy.lattice.bytes_per_value", best.bytes / values, "B", "<= 6", "of a sealed vector"},
      {"privacy.lattice.parse", rate(best.parse / kSites) / 1e3, "G/s", "",
       "values, each residue checked"},
      {"privacy.lattice.site", 1e3 * (best.seal + best.keys) / kSites, "ms", "",
       "CPU of a site, with its key"},
      {"privacy.lattice.decryptor", 1e3 * best.answer / kDecryptors, "ms", "",
       "CPU of a decryptor"},
      {"privacy.lattice.opening", 1e3 * best.open, "ms", "", "of keys and values, of the next"},
      {"privacy.lattice.coordinator", 1e3 * (best.parse + best.add + best.open), "ms", "",
       "CPU of the coordinator"},
      {"privacy.lattice.all", best.All(), "s", "", "all parties on one core"},
  };
}

}  // namespace florin::apps::bench
