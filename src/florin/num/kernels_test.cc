// Every instruction set of this machine against plain loops in double, at every remainder.
#include "florin/num/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "florin/base/rng.h"

namespace florin::num {
namespace {

constexpr size_t kSizeMax = 130;  // beyond four vectors of the widest set, and every remainder
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kSentinel = 12345.0F;

// A buffer that starts one value off any alignment and ends in sentinels.
template <typename T>
class Guarded {
 public:
  explicit Guarded(size_t n, T sentinel = T(kSentinel)) : n_(n), memory_(n + 3, sentinel) {}
  T* data() { return memory_.data() + 1; }
  T& operator[](size_t i) { return data()[i]; }
  bool intact() const {
    const T sentinel = memory_[0];
    return memory_[n_ + 1] == sentinel && memory_[n_ + 2] == sentinel;
  }

 private:
  size_t n_;
  std::vector<T> memory_;
};

Guarded<float> Normals(size_t n, uint64_t seed) {
  base::SeededRng rng(seed, n);
  Guarded<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = static_cast<float>(rng.Normal());
  return values;
}

std::vector<const Kernels*> Available() {
  std::vector<const Kernels*> all;
  for (const char* name : {"baseline", "avx2", "avx512"}) {
    if (const Kernels* kernels = Find(name)) all.push_back(kernels);
  }
  return all;
}

class KernelsTest : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels() const { return *GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(Paths, KernelsTest, testing::ValuesIn(Available()),
                         [](const auto& path) { return std::string(path.param->name); });

TEST(DispatchTest, KnowsItsNames) {
  ASSERT_NE(Find("baseline"), nullptr);
  EXPECT_EQ(Find("mmx"), nullptr);
  EXPECT_EQ(Find(""), nullptr);
  EXPECT_NE(Find(Active().name), nullptr);
  for (const Kernels* kernels : Available()) EXPECT_EQ(Find(kernels->name), kernels);
}

TEST(DispatchTest, TheFastestUnlessAnotherIsNamed) {
  const char* named = std::getenv("FLORIN_KERNELS");
  const Kernels* wanted = named == nullptr ? nullptr : Find(named);
  EXPECT_EQ(&Active(), wanted == nullptr ? Available().back() : wanted);
}

TEST_P(KernelsTest, DotAndSumSquares) {
  for (size_t n = 0; n <= kSizeMax; ++n) {
    Guarded<float> a = Normals(n, 1);
    Guarded<float> b = Normals(n, 2);
    double dot = 0;
    double squares = 0;
    for (size_t i = 0; i < n; ++i) {
      dot += double{a[i]} * double{b[i]};
      squares += double{a[i]} * double{a[i]};
    }
    EXPECT_NEAR(kernels().dot(a.data(), b.data(), n), dot, 1e-5) << n;
    EXPECT_NEAR(kernels().sum_squares(a.data(), n), squares, 1e-12 * squares) << n;
  }
  // The squares of these overflow or vanish in float32.
  const std::array<float, 3> extremes = {1e30F, 1e-30F, 3e38F};
  EXPECT_NEAR(kernels().sum_squares(extremes.data(), 1) / 1e60, 1, 1e-6);
  EXPECT_NEAR(kernels().sum_squares(extremes.data() + 1, 1) * 1e60, 1, 1e-6);
  EXPECT_NEAR(kernels().sum_squares(extremes.data() + 2, 1) / 9e76, 1, 1e-6);
}

TEST_P(KernelsTest, ElementwiseVectors) {
  for (size_t n = 0; n <= kSizeMax; ++n) {
    Guarded<float> x = Normals(n, 3);
    Guarded<float> y = Normals(n, 4);
    Guarded<float> sum = y;
    Guarded<float> scaled = x;
    Guarded<float> difference(n);
    Guarded<float> positive = x;
    kernels().axpy(-1.5F, x.data(), sum.data(), n);
    kernels().scale(-1.5F, scaled.data(), n);
    kernels().subtract(x.data(), y.data(), difference.data(), n);
    kernels().relu(positive.data(), n);
    for (size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(sum[i], y[i] - 1.5F * x[i], 1e-6) << n;
      EXPECT_EQ(scaled[i], -1.5F * x[i]) << n;
      EXPECT_EQ(difference[i], x[i] - y[i]) << n;
      EXPECT_EQ(positive[i], x[i] > 0 ? x[i] : 0) << n;
    }
    EXPECT_TRUE(sum.intact() && scaled.intact() && difference.intact() && positive.intact()) << n;
  }
}

// A model that diverged must be noticed, not rectified.
TEST_P(KernelsTest, NotFiniteStaysNotFinite) {
  for (const size_t n : {1U, 3U, 16U, 37U}) {
    for (size_t at = 0; at < n; ++at) {
      Guarded<float> x = Normals(n, 5);
      x[at] = kNan;
      Guarded<float> relu = x;
      Guarded<float> sigmoid = x;
      kernels().relu(relu.data(), n);
      kernels().sigmoid(sigmoid.data(), n);
      kernels().softmax_rows(x.data(), 1, n);
      EXPECT_TRUE(std::isnan(relu[at]) && std::isnan(sigmoid[at]) && std::isnan(x[at]));
    }
  }
}

TEST_P(KernelsTest, SigmoidIsAccurateEverywhere) {
  double worst = 0;
  for (int step = -10000; step <= 10000; ++step) {
    const float x = 0.01F * static_cast<float>(step);
    float value = x;
    kernels().sigmoid(&value, 1);
    worst = std::max(worst, std::abs(double{value} - 1 / (1 + std::exp(-double{x}))));
  }
  EXPECT_LT(worst, 2e-7);
  std::array<float, 6> ends = {-1e4F, 1e4F, -kInfinity, kInfinity, 0, -0.0F};
  kernels().sigmoid(ends.data(), ends.size());
  EXPECT_EQ(ends, (std::array<float, 6>{0, 1, 0, 1, 0.5F, 0.5F}));
  for (size_t n = 0; n <= kSizeMax; ++n) {
    Guarded<float> x = Normals(n, 6);
    Guarded<float> out = x;
    kernels().sigmoid(out.data(), n);
    for (size_t i = 0; i < n; ++i) EXPECT_NEAR(out[i], 1 / (1 + std::exp(-double{x[i]})), 2e-7);
    EXPECT_TRUE(out.intact());
  }
}

TEST_P(KernelsTest, SoftmaxOfEveryWidth) {
  for (size_t classes = 0; classes <= kSizeMax; ++classes) {
    constexpr size_t kRows = 13;
    Guarded<float> x = Normals(kRows * classes, 7);
    for (size_t i = 0; i < classes; ++i) x[classes + i] += 1000;  // a row far from zero
    Guarded<float> out = x;
    kernels().softmax_rows(out.data(), kRows, classes);
    EXPECT_TRUE(out.intact());
    for (size_t r = 0; r < kRows && classes > 0; ++r) {
      const float* row = x.data() + r * classes;
      const double top = *std::max_element(row, row + classes);
      double sum = 0;
      for (size_t i = 0; i < classes; ++i) sum += std::exp(double{row[i]} - top);
      for (size_t i = 0; i < classes; ++i) {
        EXPECT_NEAR(out[r * classes + i], std::exp(double{row[i]} - top) / sum, 3e-7);
      }
    }
  }
  std::array<float, 3> ends = {-1e4F, 1e4F, 9.99e3F};
  kernels().softmax_rows(ends.data(), 1, 3);
  EXPECT_EQ(ends[0], 0);
  EXPECT_NEAR(ends[1], 1 / (1 + std::exp(-10.0)), 1e-6);
  std::array<float, 2> low = {-3e38F, -3e38F};
  kernels().softmax_rows(low.data(), 1, 2);
  EXPECT_EQ(low, (std::array<float, 2>{0.5F, 0.5F}));
}

// How a(i, p) and b(p, j) lie in memory.
struct ProductCase {
  const char* name;
  decltype(Kernels::matmul_nn) Kernels::* member;
  bool a_transposed;
  bool b_transposed;
};
constexpr ProductCase kProducts[] = {{"nt", &Kernels::matmul_nt, false, true},
                                     {"nn", &Kernels::matmul_nn, false, false},
                                     {"tn", &Kernels::matmul_tn, true, false}};

void ExpectProduct(const Kernels& kernels, const ProductCase& product, size_t m, size_t n, size_t k,
                   bool accumulate) {
  Guarded<float> a = Normals(m * k, 8);
  Guarded<float> b = Normals(n * k, 9);
  Guarded<float> c = Normals(m * n, 10);
  Guarded<float> expected = c;
  (kernels.*product.member)(a.data(), b.data(), c.data(), m, n, k, accumulate);
  const double tolerance = 1e-5 * std::sqrt(static_cast<double>(k) + 1);
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      double sum = accumulate ? double{expected[i * n + j]} : 0;
      for (size_t p = 0; p < k; ++p) {
        sum += double{a[product.a_transposed ? p * m + i : i * k + p]} *
               double{b[product.b_transposed ? j * k + p : p * n + j]};
      }
      ASSERT_NEAR(c[i * n + j], sum, tolerance)
          << product.name << " " << m << " x " << n << " x " << k << " at " << i << "," << j;
    }
  }
  ASSERT_TRUE(c.intact()) << product.name << " " << m << " x " << n << " x " << k;
}

TEST_P(KernelsTest, ProductsOfEveryRemainder) {
  for (const ProductCase& product : kProducts) {
    for (const bool accumulate : {false, true}) {
      for (size_t size = 0; size <= kSizeMax; ++size) {
        ExpectProduct(kernels(), product, size % 19, size, 10, accumulate);
        ExpectProduct(kernels(), product, size % 19, 10, size, accumulate);
        ExpectProduct(kernels(), product, size, size % 23, 5, accumulate);
      }
    }
  }
}

TEST_P(KernelsTest, ProductsLargerThanOneBlock) {
  for (const ProductCase& product : kProducts) {
    ExpectProduct(kernels(), product, 10, 10, 784, true);
    ExpectProduct(kernels(), product, 10, 784, 10, false);
    ExpectProduct(kernels(), product, 37, 101, 600, false);
    ExpectProduct(kernels(), product, 50, 67, 261, true);
    ExpectProduct(kernels(), product, 3, 130, 4101, true);   // several depths of matmul_nt
    ExpectProduct(kernels(), product, 2, 300, 1000, false);  // several blocks of its b
  }
}

void ExpectGram(const Kernels& kernels, size_t rows, size_t d, bool weighted) {
  Guarded<float> x = Normals(rows * d, 11);
  Guarded<float> w = Normals(rows, 12);
  Guarded<float> h = Normals(d * d, 13);
  Guarded<float> before = h;
  kernels.gram(x.data(), weighted ? w.data() : nullptr, h.data(), rows, d);
  const double tolerance = 1e-5 * std::sqrt(static_cast<double>(rows) + 1);
  for (size_t i = 0; i < d; ++i) {
    for (size_t j = i; j < d; ++j) {
      double sum = before[i * d + j];
      for (size_t r = 0; r < rows; ++r) {
        sum += (weighted ? double{w[r]} : 1.0) * double{x[r * d + i]} * double{x[r * d + j]};
      }
      ASSERT_NEAR(h[i * d + j], sum, tolerance) << rows << " x " << d << " at " << i << "," << j;
    }
  }
  ASSERT_TRUE(h.intact()) << rows << " x " << d;
}

TEST_P(KernelsTest, GramOfEveryWidth) {
  for (size_t d = 0; d <= kSizeMax; ++d) ExpectGram(kernels(), 7, d, d % 2 == 0);
  for (const size_t rows : {0U, 1U, 255U, 256U, 257U, 600U}) ExpectGram(kernels(), rows, 21, true);
  ExpectGram(kernels(), 300, 120, true);
}

// -- integers

// The definition in the header, word for word.
uint64_t Quantised(float x, double scale, uint16_t u) {
  const double y = double{x} * scale;
  const double whole = std::floor(y);
  const bool up = (y - whole) + (u + 0.5) * 0x1p-16 >= 1;
  return static_cast<uint64_t>(static_cast<int64_t>(whole) + (up ? 1 : 0));
}

struct Draws {
  Guarded<float> x;
  Guarded<uint16_t> u;
};

// Values of every magnitude whose product with `scale` is in range.
Draws AnyDraws(size_t n, double scale) {
  base::SeededRng rng(n, std::bit_cast<uint64_t>(scale));
  Draws draws = {Guarded<float>(n), Guarded<uint16_t>(n)};
  for (size_t i = 0; i < n; ++i) {
    const double magnitude = std::ldexp(1 + rng.Uniform(), static_cast<int>(rng.Below(70)) - 20);
    draws.x[i] = static_cast<float>((rng.Below(2) == 0 ? 1 : -1) * magnitude / scale);
    draws.u[i] = static_cast<uint16_t>(rng.Next());
  }
  return draws;
}

TEST_P(KernelsTest, QuantiseRoundsAsDefined) {
  for (const double scale : {1.0, 0x1p20, 0x1p-3, 0x1p40, 12345.678, 0.1, 1e-9}) {
    for (size_t n = 0; n <= kSizeMax; ++n) {
      Draws draws = AnyDraws(n, scale);
      Guarded<uint64_t> out(n);
      Guarded<uint64_t> sum(n);
      for (size_t i = 0; i < n; ++i) sum[i] = ~uint64_t{0} - i;  // so that the sum wraps
      EXPECT_TRUE(kernels().quantise(draws.x.data(), scale, draws.u.data(), out.data(), n));
      EXPECT_TRUE(kernels().quantise_add(draws.x.data(), scale, draws.u.data(), sum.data(), n));
      for (size_t i = 0; i < n; ++i) {
        ASSERT_EQ(out[i], Quantised(draws.x[i], scale, draws.u[i])) << draws.x[i] << " " << scale;
        ASSERT_EQ(sum[i], ~uint64_t{0} - i + out[i]);
      }
      EXPECT_TRUE(out.intact() && sum.intact()) << n;
    }
  }
}

TEST_P(KernelsTest, QuantiseKeepsWholeStepsAndBothNeighbours) {
  const auto quantise = [&](float x, uint16_t u) {
    uint64_t out = 0;
    EXPECT_TRUE(kernels().quantise(&x, 1.0, &u, &out, 1));
    return static_cast<int64_t>(out);
  };
  for (const uint16_t u : std::initializer_list<uint16_t>{0, 1, 32767, 32768, 65535}) {
    for (const float whole : {0.0F, 1.0F, -1.0F, 1e6F, 0x1p45F, -0x1p51F, 0x1.fffffep50F}) {
      EXPECT_EQ(quantise(whole, u), static_cast<int64_t>(whole)) << whole << " " << u;
    }
  }
  EXPECT_EQ(quantise(0.25F, 0), 0);
  EXPECT_EQ(quantise(0.25F, 49151), 0);
  EXPECT_EQ(quantise(0.25F, 49152), 1);
  EXPECT_EQ(quantise(-0.25F, 16383), -1);
  EXPECT_EQ(quantise(-0.25F, 16384), 0);
  EXPECT_EQ(quantise(-7.5F, 0), -8);
  EXPECT_EQ(quantise(-7.5F, 65535), -7);
}

TEST_P(KernelsTest, QuantiseIsUnbiased) {
  for (const float x : {0.3F, -0.3F, 5.4999F, 1e-6F, -1e-6F}) {
    double sum = 0;
    for (uint32_t u = 0; u < 65536; ++u) {
      const auto draw = static_cast<uint16_t>(u);
      uint64_t out = 0;
      kernels().quantise(&x, 1.0, &draw, &out, 1);
      sum += static_cast<double>(static_cast<int64_t>(out));
    }
    EXPECT_NEAR(sum / 65536, x, 0x1p-17 * 1.001) << x;
  }
}

TEST_P(KernelsTest, QuantiseRefusesWhatDoesNotFit) {
  for (const float bad : {kNan, -kNan, kInfinity, -kInfinity, 0x1p51F, -0x1.000002p51F, 3e38F}) {
    for (size_t n = 1; n <= 40; ++n) {
      for (size_t at = 0; at < n; ++at) {
        Draws draws = AnyDraws(n, 1.0);
        draws.x[at] = bad;
        std::vector<uint64_t> out(n);
        EXPECT_FALSE(kernels().quantise(draws.x.data(), 1.0, draws.u.data(), out.data(), n));
        EXPECT_FALSE(kernels().quantise_add(draws.x.data(), 1.0, draws.u.data(), out.data(), n));
      }
    }
  }
  const float one = 1;
  const uint16_t u = 0;
  uint64_t out = 0;
  EXPECT_FALSE(kernels().quantise(&one, double{kInfinity}, &u, &out, 1));
  EXPECT_FALSE(kernels().quantise(&one, double{kNan}, &u, &out, 1));
}

TEST_P(KernelsTest, RingAddWraps) {
  for (size_t n = 0; n <= kSizeMax; ++n) {
    base::SeededRng rng(n);
    Guarded<uint64_t> sum(n);
    Guarded<uint64_t> term(n);
    rng.Fill({sum.data(), n});
    rng.Fill({term.data(), n});
    Guarded<uint64_t> before = sum;
    kernels().ring_add(sum.data(), term.data(), n);
    for (size_t i = 0; i < n; ++i) EXPECT_EQ(sum[i], before[i] + term[i]);
    EXPECT_TRUE(sum.intact());
  }
}

TEST_P(KernelsTest, RingMeasureTellsEntriesAndTheirBits) {
  for (size_t n = 0; n <= kSizeMax; ++n) {
    base::SeededRng rng(n);
    Guarded<uint64_t> words(n);
    uint64_t bits = 0;
    size_t entries = 0;
    for (size_t i = 0; i < n; ++i) {
      const uint64_t positive = rng.Next() >> 1 >> rng.Below(64);
      words[i] = rng.Below(2) == 0 ? positive : ~positive;
      bits |= positive;
      entries += words[i] != 0 ? 1 : 0;
    }
    uint64_t found = 0;
    EXPECT_EQ(kernels().ring_measure(words.data(), n, &found), entries);
    EXPECT_EQ(found, bits);
  }
}

// Words of every magnitude, of both signs.
std::vector<uint64_t> AnyWords(size_t n, uint64_t seed) {
  base::SeededRng rng(seed, n);
  std::vector<uint64_t> words(n);
  for (uint64_t& word : words) {
    const uint64_t positive = rng.Next() >> 1 >> rng.Below(64);
    word = rng.Below(2) == 0 ? positive : ~positive;
  }
  return words;
}

TEST_P(KernelsTest, RunsOfEveryWidthAreUnpackedAndPacked) {
  for (size_t width = 1; width <= 8; ++width) {
    for (size_t n = 0; n <= kSizeMax; ++n) {
      base::SeededRng rng(width, n);
      std::vector<uint8_t> run(n * width);  // ends where its memory does
      for (uint8_t& byte : run) byte = static_cast<uint8_t>(rng.Next());
      Guarded<uint64_t> words(n);
      Guarded<uint64_t> sum(n);
      Guarded<uint8_t> packed(n * width, 77);
      for (size_t i = 0; i < n; ++i) sum[i] = ~uint64_t{0} - i;
      kernels().unpack(run.data(), width, words.data(), n);
      kernels().unpack_add(run.data(), width, sum.data(), n);
      for (size_t i = 0; i < n; ++i) {
        uint64_t expected = run[(i + 1) * width - 1] < 128 ? 0 : ~uint64_t{0};
        for (size_t k = width; k > 0; --k) expected = expected << 8 | run[i * width + k - 1];
        ASSERT_EQ(words[i], expected) << width << " x " << n << " at " << i;
        ASSERT_EQ(sum[i], expected + ~uint64_t{0} - i) << width << " x " << n << " at " << i;
        words[i] += width < 8 ? uint64_t{1} << (8 * width) : 0;  // not in its low bytes
      }
      kernels().pack(words.data(), width, packed.data(), n);
      ASSERT_TRUE(std::equal(run.begin(), run.end(), packed.data())) << width << " x " << n;
      ASSERT_TRUE(words.intact() && sum.intact() && packed.intact()) << width << " x " << n;
    }
  }
}

TEST_P(KernelsTest, RingSquaresOfEverySize) {
  for (size_t n = 0; n <= kSizeMax; ++n) {
    const std::vector<uint64_t> words = AnyWords(n, 15);
    long double squares = 0;
    for (const uint64_t word : words) {
      const auto value = static_cast<long double>(static_cast<int64_t>(word));
      squares += value * value;
    }
    const double found = kernels().ring_squares(words.data(), n);
    EXPECT_NEAR(found, static_cast<double>(squares), 1e-14 * static_cast<double>(squares)) << n;
  }
  // Small ones are exact, and the largest neither overflows nor loses its sign.
  const std::vector<uint64_t> threes(100, static_cast<uint64_t>(int64_t{-3}));
  EXPECT_EQ(kernels().ring_squares(threes.data(), threes.size()), 900);
  const std::vector<uint64_t> least(20, uint64_t{1} << 63);
  EXPECT_EQ(kernels().ring_squares(least.data(), least.size()), 20 * 0x1p126);
  // Halfway between two doubles: to the even one.
  for (const uint64_t word : {(uint64_t{1} << 53) + 1, (uint64_t{1} << 53) + 3}) {
    const auto value = static_cast<double>(word);
    const std::vector<uint64_t> words(16, word);
    EXPECT_EQ(kernels().ring_squares(words.data(), 16), 16 * (value * value));
    EXPECT_EQ(kernels().ring_squares(words.data(), 1), value * value);
  }
}

TEST(PathsTest, SquaresHaveTheSameBits) {
  for (const size_t n : {1U, 15U, 16U, 17U, 256U, 100003U}) {
    const std::vector<uint64_t> words = AnyWords(n, 16);
    const double first = Find("baseline")->ring_squares(words.data(), n);
    for (const Kernels* kernels : Available()) {
      EXPECT_EQ(kernels->ring_squares(words.data(), n), first) << kernels->name << " " << n;
    }
  }
}

// Law 6: the same seed gives the same model hash whatever the machine adds with. A scale that is no
// power of two rounds its product, and a fused multiply-add would not.
TEST(PathsTest, IntegerKernelsGiveTheSameBits) {
  constexpr size_t kSize = 100003;
  for (const double scale : {0x1p24, 987654.321, 0.0123}) {
    std::vector<uint64_t> first;
    for (const Kernels* kernels : Available()) {
      Draws draws = AnyDraws(kSize, scale);
      std::vector<uint64_t> sum(kSize, 1);
      ASSERT_TRUE(kernels->quantise_add(draws.x.data(), scale, draws.u.data(), sum.data(), kSize));
      if (first.empty()) first = sum;
      EXPECT_EQ(sum, first) << kernels->name;
    }
  }
}

}  // namespace
}  // namespace florin::num
