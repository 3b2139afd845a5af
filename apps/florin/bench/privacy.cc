// What hiding a vector costs: the kernels here, whole rounds in the files beside.
#include "privacy.h"

#include "florin/base/parallel.h"
#include "florin/base/rng.h"
#include "florin/crypto/kt128.h"
#include "florin/crypto/mask.h"
#include "florin/crypto/mask_kernels.h"
#include "florin/num/ring.h"
#include "florin/protocol/pack.h"

namespace florin::apps::bench {
namespace {

constexpr int kRepeats = 15;
constexpr size_t kMasks = 20;

// G elements times masks a second.
template <typename Word>
double MaskRate(size_t entries) {
  std::vector<crypto::Mask> masks;
  masks.reserve(kMasks);
  for (size_t i = 0; i < kMasks; ++i) {
    const Bytes key(crypto::Mask::kKeySize, static_cast<uint8_t>(i));
    masks.emplace_back(key, i % 2 == 0 ? crypto::MaskSign::kAdd : crypto::MaskSign::kSubtract);
  }
  std::vector<Word> values(entries);
  const double seconds =
      FastestCpu(kRepeats, [&] { crypto::ApplyMasks(masks, 0, Span<Word>(values)); });
  return static_cast<double>(kMasks * entries) / seconds / 1e9;
}

std::string MaskGoal(const std::string& path) {
  if (path == "avx512") return ">= 3";
  return path == "avx2" ? ">= 1.5" : "";
}

// G values a second, over so many of them again and again.
double RingRate(size_t entries) {
  std::vector<uint64_t> sum(entries);
  const std::vector<uint64_t> term(entries, 3);
  const size_t times = 1 + 4'000'000 / entries;
  const double seconds = FastestCpu(kRepeats, [&] {
    for (size_t i = 0; i < times; ++i) num::RingAdd(sum, term);
  });
  return static_cast<double>(entries * times) / seconds / 1e9;
}

std::vector<Measurement> MeasureKernels(const Options& options) {
  const size_t entries = options.is_quick ? 100'000 : 1'000'000;
  const std::string size = "d = " + std::to_string(entries);
  const std::string path = crypto::mask::Active().name;
  std::vector<uint64_t> words(entries);
  base::SeededRng rng(3);
  rng.Fill(words);
  for (uint64_t& word : words) word = static_cast<uint64_t>(static_cast<int64_t>(word) >> 32);
  const protocol::PackedVector packed{entries, protocol::Pack(words)};
  const auto rate = [&](const std::function<void()>& body) {
    return static_cast<double>(entries) / FastestCpu(kRepeats, body) / 1e9;
  };
  const double digest = FastestCpu(kRepeats, [&] { crypto::HashKt128(packed.bytes); });
  return {
      {"privacy.mask_u32", MaskRate<uint32_t>(entries), "G/s", MaskGoal(path),
       "elements of 32 bits times masks, " + size + ", 20 masks in one pass, path " + path},
      {"privacy.mask_u64", MaskRate<uint64_t>(entries), "G/s", "", "the same of 64 bits"},
      {"privacy.ring_sum", RingRate(4096), "G/s", ">= 8",
       "values of 64 bits, in the nearest caches; the product sums in words of 64 bits alone"},
      {"privacy.ring_sum_large", RingRate(entries), "G/s", "", "the same, " + size},
      {"privacy.add_packed", rate([&] { protocol::AddPacked(packed, words); }), "G/s", "",
       "what the coordinator does: entries of 4 bytes onto words of 64 bits, " + size},
      {"privacy.check_packed",
       rate([&] { FLORIN_CHECK(protocol::CheckPacked(packed.bytes, entries).ok()); }), "G/s", "",
       "that the bytes that arrive are a packing, " + size},
      {"privacy.pack", rate([&] { protocol::Pack(words); }), "G/s", "", "values to bytes, " + size},
      {"privacy.digest", static_cast<double>(packed.bytes.size()) / digest / 1e9, "GB/s", "",
       "KT128 of what is signed, " + std::to_string(packed.bytes.size()) + " bytes"},
  };
}

}  // namespace

Result<std::vector<Measurement>> BenchPrivacy(const Options& options) {
  const size_t threads = base::ThreadCount();
  base::SetThreadCount(1);
  std::vector<Measurement> all = MeasureKernels(options);
  auto secagg = MeasureSecagg(options);
  auto lattice = secagg.ok() ? MeasureLattice(options) : secagg.status();
  base::SetThreadCount(threads);
  if (!lattice.ok()) return lattice.status();
  all.insert(all.end(), secagg->begin(), secagg->end());
  all.insert(all.end(), lattice->begin(), lattice->end());
  return all;
}

}  // namespace florin::apps::bench
