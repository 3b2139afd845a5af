// The transform on any processor. Every step computes what ntt_ifma.cc does in eight lanes.
#include "florin/num/ntt_kernels.h"

namespace florin::num {
namespace {

__extension__ using Wide = unsigned __int128;

// value, or value - bound where that is not negative; value < 2 bound. Free of branches.
uint64_t Less(uint64_t value, uint64_t bound) {
  const uint64_t less = value - bound;
  return less + (bound & (0 - (less >> 63)));
}

// factor * value mod q, below 2 q, for value < 2^52 (Harvey 2014, section 3, after Shoup).
uint64_t TimesLazy(uint64_t factor, uint64_t quotient, uint64_t value, uint64_t prime) {
  const auto estimate = static_cast<uint64_t>(Wide{quotient} * value >> kNttWord);
  return factor * value - estimate * prime;
}

// a b mod q, below q, for a and b below q. With p = a b the estimate is more than p / q - 2.5.
uint64_t Times(const NttPlan& plan, uint64_t a, uint64_t b) {
  const Wide product = Wide{a} * b;
  const auto high = static_cast<uint64_t>(product >> plan.shift);
  const auto estimate = static_cast<uint64_t>(Wide{high} * plan.ratio >> kNttWord);
  const uint64_t rest = static_cast<uint64_t>(product) - estimate * plan.prime;
  return Less(Less(rest, 2 * plan.prime), plan.prime);
}

// Harvey 2014, alg. 4: inputs and outputs below 4 q.
void Forward(const NttPlan& plan, uint64_t* values) {
  const uint64_t prime = plan.prime;
  for (size_t groups = 1; groups < plan.size; groups *= 2) {
    const size_t half = plan.size / (2 * groups);
    for (size_t group = 0; group < groups; ++group) {
      const uint64_t root = plan.roots[groups + group];
      const uint64_t quotient = plan.root_quotients[groups + group];
      uint64_t* x = values + 2 * half * group;
      uint64_t* y = x + half;
      for (size_t i = 0; i < half; ++i) {
        const uint64_t kept = Less(x[i], 2 * prime);
        const uint64_t turned = TimesLazy(root, quotient, y[i], prime);
        x[i] = kept + turned;
        y[i] = kept - turned + 2 * prime;
      }
    }
  }
  for (size_t i = 0; i < plan.size; ++i) values[i] = Less(Less(values[i], 2 * prime), prime);
}

// Harvey 2014, alg. 3: inputs and outputs below 2 q. The last butterflies divide by N as well.
void Inverse(const NttPlan& plan, uint64_t* values) {
  const uint64_t prime = plan.prime;
  for (size_t groups = plan.size / 2; groups > 1; groups /= 2) {
    const size_t half = plan.size / (2 * groups);
    for (size_t group = 0; group < groups; ++group) {
      const uint64_t root = plan.inverse_roots[groups + group];
      const uint64_t quotient = plan.inverse_quotients[groups + group];
      uint64_t* x = values + 2 * half * group;
      uint64_t* y = x + half;
      for (size_t i = 0; i < half; ++i) {
        const uint64_t difference = x[i] - y[i] + 2 * prime;
        x[i] = Less(x[i] + y[i], 2 * prime);
        y[i] = TimesLazy(root, quotient, difference, prime);
      }
    }
  }
  const uint64_t* roots = plan.inverse_roots;
  const uint64_t* quotients = plan.inverse_quotients;
  uint64_t* y = values + plan.size / 2;
  for (size_t i = 0; i < plan.size / 2; ++i) {
    const uint64_t sum = values[i] + y[i];
    const uint64_t difference = values[i] - y[i] + 2 * prime;
    values[i] = Less(TimesLazy(roots[0], quotients[0], sum, prime), prime);
    y[i] = Less(TimesLazy(roots[1], quotients[1], difference, prime), prime);
  }
}

void Multiply(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = Times(plan, a[i], b[i]);
}

void MultiplyAdd(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* sum,
                 size_t n) {
  for (size_t i = 0; i < n; ++i) sum[i] = Less(sum[i] + Times(plan, a[i], b[i]), plan.prime);
}

void Add(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = Less(a[i] + b[i], plan.prime);
}

void Subtract(const NttPlan& plan, const uint64_t* a, const uint64_t* b, uint64_t* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = Less(a[i] + (plan.prime - b[i]), plan.prime);
}

}  // namespace

constinit const NttKernels kPortableNtt = {.name = "portable",
                                           .forward = Forward,
                                           .inverse = Inverse,
                                           .multiply = Multiply,
                                           .multiply_add = MultiplyAdd,
                                           .add = Add,
                                           .subtract = Subtract};

}  // namespace florin::num
