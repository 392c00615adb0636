// SPDX-License-Identifier: Apache-2.0
#include "float_product.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lab {
namespace {

constexpr std::size_t panel = 8;

/// sums = x * w for some rows of x and a panel of w. x: k times one element of each row; w: k times `panel` elements;
/// sums: rows x panel.
using tile_function = void (*)(double const* x, double const* w, std::size_t k, double* sums);

struct tile {
  tile_function run;
  std::size_t rows;
};

#if defined(__GNUC__)

// GCC and Clang lower these vectors to what the function's target has.
template <std::size_t Bytes>
struct vector_of {
  typedef double type [[gnu::vector_size(Bytes)]];
};

/// Copied: doubles in a vector<double> are aligned as doubles are.
template <class Lanes>
[[gnu::always_inline]] inline void load(double const* from, Lanes& to) {
  std::memcpy(&to, from, sizeof to);
}
template <class Lanes>
[[gnu::always_inline]] inline void store(Lanes const& from, double* to) {
  std::memcpy(to, &from, sizeof from);
}
template <class Lanes>
[[gnu::always_inline]] inline void add_product(double x, double const* w, Lanes& sum) {
  Lanes lanes;
  load(w, lanes);
  sum += x * lanes;
}

/// Is: the accumulators, rows x (vectors of a panel); their number does not depend on Bytes.
template <std::size_t Bytes, std::size_t... Is>
[[gnu::always_inline]] inline void run_tile(std::index_sequence<Is...>, double const* x, double const* w, std::size_t k,
                                            double* sums) {
  using lanes = typename vector_of<Bytes>::type;
  constexpr std::size_t width = Bytes / sizeof(double);
  constexpr std::size_t parts = panel / width;
  constexpr std::size_t rows = sizeof...(Is) / parts;
  lanes acc[sizeof...(Is)] = {};
  for (std::size_t i = 0; i < k; ++i) {
    double const* const xi = x + i * rows;
    double const* const wi = w + i * panel;
    (add_product(xi[Is / parts], wi + Is % parts * width, acc[Is]), ...);
  }
  (store(acc[Is], sums + Is * width), ...);
}

using accumulators = std::make_index_sequence<8>;

void run_16(double const* x, double const* w, std::size_t k, double* sums) {
  run_tile<16>(accumulators(), x, w, k, sums);
}

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void run_32(double const* x, double const* w, std::size_t k, double* sums) {
  run_tile<32>(accumulators(), x, w, k, sums);
}
[[gnu::target("avx512f")]] void run_64(double const* x, double const* w, std::size_t k, double* sums) {
  run_tile<64>(accumulators(), x, w, k, sums);
}
#endif

tile tile_here() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    return {run_64, 8};
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {run_32, 4};
  }
#endif
  return {run_16, 2};
}

#else

void run_plain(double const* x, double const* w, std::size_t k, double* sums) {
  for (std::size_t j = 0; j < panel; ++j) {
    double sum = 0;
    for (std::size_t i = 0; i < k; ++i) {
      sum += x[i] * w[i * panel + j];
    }
    sums[j] = sum;
  }
}

tile tile_here() noexcept { return {run_plain, 1}; }

#endif

}  // namespace

float_weights::float_weights(lowp::matrix_view<float const> w)
    : outputs_(w.rows()), inputs_(w.cols()), panels_((w.rows() + panel - 1) / panel * panel * w.cols()) {
  for (std::size_t j = 0; j < outputs_; ++j) {
    double* const at = panels_.data() + j / panel * panel * inputs_ + j % panel;
    for (std::size_t k = 0; k < inputs_; ++k) {
      at[k * panel] = static_cast<double>(w(j, k));
    }
  }
}

void float_weights::multiply(lowp::matrix_view<float const> x, std::span<float const> bias,
                             lowp::matrix_view<float> y) const {
  static tile const here = tile_here();
  // Rows of x that are converted at a time: they stay in the first-level cache while the panels of w pass by.
  std::vector<double> rows(here.rows * inputs_);
  double sums[8 * panel];
  for (std::size_t first = 0; first < x.rows(); first += here.rows) {
    std::size_t const count = std::min(here.rows, x.rows() - first);
    for (std::size_t r = 0; r < count; ++r) {
      float const* const from = x.row(first + r).data();
      for (std::size_t k = 0; k < inputs_; ++k) {
        rows[k * here.rows + r] = static_cast<double>(from[k]);
      }
    }
    for (std::size_t j = 0; j < outputs_; j += panel) {
      here.run(rows.data(), panels_.data() + j * inputs_, inputs_, sums);
      std::size_t const width = std::min(panel, outputs_ - j);
      for (std::size_t r = 0; r < count; ++r) {
        float* const to = y.row(first + r).data() + j;
        for (std::size_t c = 0; c < width; ++c) {
          double const add = bias.empty() ? 0.0 : static_cast<double>(bias[j + c]);
          to[c] = static_cast<float>(sums[r * panel + c] + add);
        }
      }
    }
  }
}

}  // namespace lab
