// SPDX-License-Identifier: Apache-2.0
//
// The only loops of the lab beside the products that take time. They must not be compiled with fused multiply-add where the
// source has none (CMakeLists.txt says so to the compiler): exp would differ in its last bits.
#include "attention.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace lab {
namespace {

constexpr std::size_t lanes = 8;

struct query_row {
  float const* query;
  std::size_t head;
  std::size_t seen;
  std::size_t stride;
  double const* keys;
  double const* values;
  double scale;
  double* weights;  // room for `seen`, rounded up to lanes
  float* out;
};

#if defined(__GNUC__)

template <std::size_t Bytes>
struct vectors {
  typedef double doubles [[gnu::vector_size(Bytes)]];
  typedef std::uint64_t words [[gnu::vector_size(Bytes)]];
  static constexpr std::size_t width = Bytes / sizeof(double);
  static constexpr std::size_t count = lanes / width;
};

#else

template <std::size_t Bytes>
struct vectors {
  using doubles = double;
  using words = std::uint64_t;
  static constexpr std::size_t width = 1;
  static constexpr std::size_t count = lanes;
};

#endif

#if defined(__GNUC__)
#define LAB_INLINE [[gnu::always_inline]] inline
#else
#define LAB_INLINE inline
#endif

/// Copied: doubles in a vector<double> are aligned as doubles are.
template <class Doubles>
LAB_INLINE void load(double const* from, Doubles& to) {
  std::memcpy(&to, from, sizeof to);
}
template <class Doubles>
LAB_INLINE void store(Doubles const& from, double* to) {
  std::memcpy(to, &from, sizeof from);
}

/// weights[j] = exp(max((weights[j] - greatest) * scale, -200)), cut to 24 significant bits.
///
///   1. x = k log(2) + r, |r| <= log(2) / 2: k by adding and subtracting 1.5 * 2^52.
///   2. exp(r) by Taylor's polynomial of degree 8: the rest is below (log(2) / 2)^9 / 9! = 2e-10.
///   3. k into the exponent: the low bits of `shifted` are k in two's complement.
template <class V>
LAB_INLINE void exponentials(double* weights, double greatest, double scale) {
  using doubles = typename V::doubles;
  using words = typename V::words;
  constexpr double taylor[] = {1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0};
  for (std::size_t part = 0; part < lanes; part += V::width) {
    doubles x;
    load(weights + part, x);
    x = (x - greatest) * scale;
    doubles const least = x - x - 200.0;
    x = x < least ? least : x;
    doubles const shifted = x * 0x1.71547652b82fep0 + 0x1.8p52;
    doubles const k = shifted - 0x1.8p52;
    doubles const r = (x - k * 0x1.62e42fefa0000p-1) - k * 0x1.cf79abc9e3b3ap-40;
    doubles p = r - r + 1.0 / 40320;
    for (double const c : taylor) {
      p = p * r + c;
    }
    // The builtin: a call of std::bit_cast would pass vectors between functions of different targets.
    words bits = __builtin_bit_cast(words, shifted) << 52;
    bits = (bits + __builtin_bit_cast(words, p)) & ~std::uint64_t{0x1fff'ffff};
    store(__builtin_bit_cast(doubles, bits), weights + part);
  }
}

template <std::size_t Bytes>
LAB_INLINE void attend_row(query_row const& q) {
  using V = vectors<Bytes>;
  using doubles = typename V::doubles;
  std::size_t const padded = (q.seen + lanes - 1) / lanes * lanes;
  // 1. query . key; products of floats are exact.
  for (std::size_t j = 0; j < padded; j += V::width) {
    doubles sum = {};
    for (std::size_t i = 0; i < q.head; ++i) {
      doubles key;
      load(q.keys + i * q.stride + j, key);
      sum += key * static_cast<double>(q.query[i]);
    }
    store(sum, q.weights + j);
  }
  // 2. Weights; positions that are not there have none.
  double const greatest = *std::max_element(q.weights, q.weights + q.seen);
  for (std::size_t j = 0; j < padded; j += lanes) {
    exponentials<V>(q.weights + j, greatest, q.scale);
  }
  std::fill(q.weights + q.seen, q.weights + padded, 0.0);
  // 3. Sums over positions: of the weights, and of weights times values.
  double const total = [&] {
    double sums[lanes] = {};
    for (std::size_t j = 0; j < padded; ++j) {
      sums[j % lanes] += q.weights[j];
    }
    return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  }();
  for (std::size_t i = 0; i < q.head; ++i) {
    double const* const values = q.values + i * q.stride;
    double sums[lanes] = {};
    for (std::size_t part = 0; part < lanes; part += V::width) {
      doubles sum = {};
      for (std::size_t j = part; j < padded; j += lanes) {
        doubles weight;
        doubles value;
        load(q.weights + j, weight);
        load(values + j, value);
        sum += weight * value;
      }
      store(sum, sums + part);
    }
    double const sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    q.out[i] = static_cast<float>(sum / total);
  }
}

#undef LAB_INLINE

void attend_plain(query_row const& q) { attend_row<16>(q); }

using row_function = void (*)(query_row const&);

#if defined(__x86_64__) && defined(__GNUC__)
[[gnu::target("avx2")]] void attend_avx2(query_row const& q) { attend_row<32>(q); }
[[gnu::target("avx512f")]] void attend_avx512(query_row const& q) { attend_row<64>(q); }

row_function function_here() noexcept {
  return __builtin_cpu_supports("avx512f") ? attend_avx512
         : __builtin_cpu_supports("avx2")  ? attend_avx2
                                           : attend_plain;
}
#else
row_function function_here() noexcept { return attend_plain; }
#endif

}  // namespace

attention_memory::attention_memory(std::size_t elements, std::size_t positions)
    : elements_(elements),
      stride_((positions + lanes - 1) / lanes * lanes),
      keys_(elements * stride_),
      values_(elements * stride_),
      weights_(stride_) {}

void attention_memory::put(std::size_t position, std::span<float const> keys, std::span<float const> values) {
  for (std::size_t i = 0; i < elements_; ++i) {
    keys_[i * stride_ + position] = static_cast<double>(keys[i]);
    values_[i * stride_ + position] = static_cast<double>(values[i]);
  }
}

void attention_memory::attend(std::span<float const> query, std::size_t first, std::size_t seen, double scale,
                              std::span<float> out) const {
  static row_function const run = function_here();
  run({query.data(), query.size(), seen, stride_, keys_.data() + first * stride_, values_.data() + first * stride_,
       scale, weights_.data(), out.data()});
}

}  // namespace lab
