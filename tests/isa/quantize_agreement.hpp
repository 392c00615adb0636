// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whole schemes on every ISA against the portable kernels.

#include "isa/agreement.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <lowp/quantize.hpp>

namespace isa_test {

/// Rows of every kind: Gaussian, of wildly different magnitudes, tiny, with infinities, with NaNs.
inline std::vector<float> rows_of_every_kind(std::size_t rows, std::size_t cols, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> w(rows * cols);
  for (std::size_t i = 0; i < w.size(); ++i) {
    std::size_t const kind = i / cols % 6;
    float x = normal(random);
    x *= kind == 1 ? std::exp2(20 * normal(random)) : kind == 2 ? 0x1p-120F : kind == 5 ? 0.0F : 1.0F;
    if (kind == 3 && random() % 16 == 0) {
      x = std::bit_cast<float>((std::bit_cast<std::uint32_t>(x) & 0x8000'0000U) | 0x7f80'0000U);
    }
    w[i] = x;
    if (kind == 4 && random() % 16 == 0) {
      w[i] = std::bit_cast<float>(static_cast<std::uint32_t>(0x7fc0'0001U | (random() & 0x8000'0000U)));
    }
  }
  return w;
}

template <class S>
void check_scheme(char const* name, std::size_t most_cols = 4099) {
  for (vector_isa const& isa : vector_isas()) {
    INFO(name << " on " << isa.name);
    std::mt19937 random(11);
    std::size_t wrong = 0;
    for (std::size_t cols : {1U, 15U, 16U, 33U, 63U, 64U, 65U, 172U, 1000U, 4099U}) {
      if (cols > most_cols) break;
      std::size_t const rows = 6;
      std::vector<float> const w = rows_of_every_kind(rows, cols, random);
      lowp::matrix_view<float const> const x(w.data(), rows, cols);
      std::vector<float> got(w.size());
      std::vector<float> want(w.size());
      lowp::quantized_matrix<S> a;
      lowp::quantized_matrix<S> b;
      {
        auto const pin = lowp::with_isa(lowp::isa::portable{});
        a = lowp::quantize<S>(x, lowp::nan::zero{});
        lowp::dequantize_into(a, lowp::matrix_view<float>(want.data(), rows, cols));
      }
      {
        lowp::isa_pin const pin(isa.position);
        b = lowp::quantize<S>(x, lowp::nan::zero{});
        lowp::dequantize_into(b, lowp::matrix_view<float>(got.data(), rows, cols));
      }
      wrong += a.zero_points() != b.zero_points() || a.offsets() != b.offsets() ? 1U : 0U;
      wrong += a.codes() != b.codes() ||
                       std::memcmp(a.scales().data(), b.scales().data(), a.scales().size() * sizeof(a.scales()[0])) != 0
                   ? 1U
                   : 0U;
      wrong += std::memcmp(got.data(), want.data(), 4 * got.size()) != 0 ? 1U : 0U;
    }
    CHECK(wrong == 0);
  }
}

}  // namespace isa_test
