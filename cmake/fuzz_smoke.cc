// Runs a fuzz target without libFuzzer: every seed file of a folder, then a fixed number of seeded
// mutations of each. The point is that no input crashes; ./check --full runs the long campaigns.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr int kMutationsPerSeed = 2000;
constexpr size_t kSeedSizeMax = 1 << 16;

using Input = std::vector<uint8_t>;

Input Mutate(Input input, std::mt19937_64& random) {
  const size_t edits = 1 + random() % 4;
  for (size_t i = 0; i < edits; ++i) {
    const size_t at = input.empty() ? 0 : random() % input.size();
    switch (random() % 5) {
      case 0:
        if (!input.empty()) input[at] = static_cast<uint8_t>(random());
        break;
      case 1:
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(at),
                     static_cast<uint8_t>(random()));
        break;
      case 2:
        if (!input.empty()) input.erase(input.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 3:
        if (!input.empty()) input[at] ^= static_cast<uint8_t>(1U << (random() % 8));
        break;
      default:
        input.resize(at);
    }
  }
  return input;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Input> seeds{{}};
  if (argc > 1 && std::filesystem::is_directory(argv[1])) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
      std::ifstream file(entry.path(), std::ios::binary);
      Input seed{std::istreambuf_iterator<char>(file), {}};
      if (seed.size() <= kSeedSizeMax) seeds.push_back(std::move(seed));
    }
  }
  std::mt19937_64 random(20260101);  // fixed: a failure repeats
  size_t runs = 0;
  for (const Input& seed : seeds) {
    LLVMFuzzerTestOneInput(seed.data(), seed.size());
    for (int i = 0; i < kMutationsPerSeed; ++i, ++runs) {
      const Input input = Mutate(seed, random);
      LLVMFuzzerTestOneInput(input.data(), input.size());
    }
  }
  std::printf("%zu seeds, %zu mutations, no crash\n", seeds.size(), runs);
  return 0;
}
