// What this machine can do at best, so that every other figure can be read as a share of it.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "bench.h"
#include "florin/base/bytes.h"
#include "florin/crypto/random.h"
#include "florin/crypto/sha256.h"
#include "florin/num/kernels.h"
#include "florin/num/machine.h"

namespace florin::apps::bench {
namespace {

constexpr size_t kHashed = 1 << 20;

double FsyncMillis() {
  char path[] = "/tmp/florin_fsync_XXXXXX";
  const int file = ::mkstemp(path);
  if (file < 0) return 0;
  const char block[4096] = {};
  const double seconds = Fastest(20, [&] {
    FLORIN_CHECK(::pwrite(file, block, sizeof(block), 0) == sizeof(block));
    ::fsync(file);
  });
  ::close(file);
  ::unlink(path);
  return seconds * 1e3;
}

}  // namespace

double CopyBandwidth() {
  static const double bandwidth = num::MeasureAddBandwidth(Seconds, 0.5);
  return bandwidth;
}

double FmaPeak() {
  static const double peak = num::MeasureFmaPeak(Seconds, 0.3);
  return peak;
}

Result<std::vector<Measurement>> BenchMachine(const Options&) {
  const Bytes block(kHashed, 0x5a);
  const double sha = Fastest(20, [&] { crypto::HashSha256(block); });
  std::vector<uint64_t> words(kHashed / 8);
  crypto::KeyedRng rng(crypto::SecretKey{}, base::AsBytes("bench"));
  const double aes = Fastest(20, [&] { rng.Fill(words); });
  const std::string path = num::Active().name;
  return std::vector<Measurement>{
      {"machine.read_bandwidth", num::MeasureReadBandwidth(Seconds, 0.5), "GB/s", "",
       "one core reading 256 MiB"},
      {"machine.add_bandwidth", CopyBandwidth(), "GB/s", "",
       "one core, a += b over 256 MiB arrays, all three streams counted"},
      {"machine.fma_peak", FmaPeak(), "GFLOP/s", "", "one core, float32, kernels " + path},
      {"machine.sha256", kHashed / sha / 1e9, "GB/s", "", "one core, 1 MiB blocks"},
      {"machine.aes_ctr", kHashed / aes / 1e9, "GB/s", "", "one core, the rounding stream"},
      {"machine.fsync", FsyncMillis(), "ms", "", "4 KiB in the temporary directory, fastest of 20"},
  };
}

}  // namespace florin::apps::bench
