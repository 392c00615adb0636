// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the two benches of matrix products share: time, peaks in the same breath, data, errors against double.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#if defined(__unix__)
#include <time.h>
#endif

#include <lowp/gemm.hpp>

#include "dot_peaks.hpp"

namespace bench {

/// Time of this thread alone: other work on the machine costs clock and cache, not this.
inline double cpu_seconds() {
#if defined(__unix__)
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
#else
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}

template <class F>
double seconds_of(F&& f) {
  double const start = cpu_seconds();
  f();
  return cpu_seconds() - start;
}

inline double median(std::vector<double> x) {
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end());
  return x[x.size() / 2];
}

/// An instruction's peak, as multiply-adds a second.
using peak_kernel = std::size_t (*)(std::size_t rounds);

/// What is to be measured: work multiplies `macs`; `peak` is what its instruction can do.
struct timing {
  double gmacs = 0;  ///< median
  double share = 0;  ///< median of the ratios to a peak measured right before
};

inline timing measure(double macs, peak_kernel peak, std::function<void()> const& work) {
  work();
  std::vector<double> rates;
  std::vector<double> shares;
  double spent = 0;
  for (std::size_t i = 0; i < 5 || (spent < 0.3 && i < 300); ++i) {
    std::size_t done = 0;
    double const peak_seconds = seconds_of([&] { done = peak(20000); });
    double const seconds = seconds_of(work);
    rates.push_back(macs / seconds);
    shares.push_back(done == 0 ? 0 : rates.back() / (static_cast<double>(done) / peak_seconds));
    spent += seconds;
  }
  return {median(rates) * 1e-9, median(shares)};
}

/// The peak of the instruction that a path's name begins with.
inline peak_kernel peak_of(std::string const& path) {
  return path.find("vdpbf16ps") == 0         ? &multiply_bfloat16
         : path.find("vpdpbusd zmm") == 0    ? &multiply_bytes
         : path.find("tdpbssd") == 0         ? &multiply_tiles
         : path.find("vfmadd231ps zmm") == 0 ? &multiply_floats
         : path.find("vpmaddubsw") == 0      ? &multiply_bytes_ymm
                                             : &multiply_floats_ymm;
}

enum class tails { gaussian, heavy };

/// Activations or weights: Gaussian, or Student's t with 3 degrees of freedom, whose outliers are what real layers have.
inline std::vector<float> random_matrix(std::size_t count, tails kind, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::student_t_distribution<float> student(3.0F);
  std::vector<float> x(count);
  for (float& v : x) {
    v = kind == tails::gaussian ? normal(random) : student(random);
  }
  return x;
}

/// Root of the mean squared error of some elements of y against x w^T in double, relative to its root mean square.
inline double relative_error(std::vector<float> const& x, std::vector<float> const& w, std::vector<float> const& y,
                             std::size_t m, std::size_t n, std::size_t k) {
  double error = 0;
  double size = 0;
  for (std::size_t s = 0; s < 400; ++s) {
    std::size_t const i = s * 7919 % m;
    std::size_t const j = s * 104729 % n;
    double sum = 0;
    for (std::size_t l = 0; l < k; ++l) {
      sum += static_cast<double>(x[i * k + l]) * static_cast<double>(w[j * k + l]);
    }
    double const e = static_cast<double>(y[i * n + j]) - sum;
    error += e * e;
    size += sum * sum;
  }
  return std::sqrt(error / size);
}

/// The values that a quantized matrix stands for.
template <class S>
std::vector<float> values_of(lowp::quantized_matrix<S> const& q) {
  std::vector<float> v(q.rows() * q.cols());
  lowp::dequantize_into(q, lowp::matrix_view<float>(v.data(), q.rows(), q.cols()));
  return v;
}

/// 64-byte aligned memory for a workspace.
class aligned_bytes {
 public:
  std::span<std::byte> of(std::size_t bytes) {
    lines_.resize(bytes / 64 + 1);
    return {lines_.data()->bytes, lines_.size() * 64};
  }

 private:
  struct alignas(64) line {
    std::byte bytes[64];
  };
  std::vector<line> lines_;
};

}  // namespace bench
