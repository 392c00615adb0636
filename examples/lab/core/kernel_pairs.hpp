// SPDX-License-Identifier: Apache-2.0
//
// Makes entries of the table of kernels from types.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <lowp/gemm/gemm.hpp>
#include <lowp/quant/as_any.hpp>
#include <lowp/quant/cast_into.hpp>

#include "kernels.hpp"
#include "treatment.hpp"

namespace lab {

/// Activations quantized by S, a scale for each row or for each group of one.
template <lowp::Scheme S>
struct by_scheme {
  static std::optional<lowp::any_scheme> twin() { return lowp::as_any_scheme<S>(); }
  static lowp::quantized_matrix<S> of(lowp::matrix_view<float const> x) { return lowp::quantize<S>(x); }
};

/// Activations rounded to bfloat16, without a scale.
struct as_bfloat16 {
  static std::optional<lowp::any_scheme> twin() { return unscaled(lowp::any_format::of<lowp::bfloat16>()); }

  struct matrix {
    std::vector<lowp::bfloat16> values;
    std::size_t rows;
    std::size_t cols;
  };
  static matrix of(lowp::matrix_view<float const> x) {
    matrix out{std::vector<lowp::bfloat16>(x.size()), x.rows(), x.cols()};
    for (std::size_t i = 0; i < x.rows(); ++i) {
      lowp::cast_into(x.row(i), std::span(out.values).subspan(i * x.cols(), x.cols()));
    }
    return out;
  }
};

/// Activations that stay floats.
struct as_floats {
  static std::optional<lowp::any_scheme> twin() { return std::nullopt; }
  static lowp::matrix_view<float const> of(lowp::matrix_view<float const> x) { return x; }
};

template <class Activations, lowp::Scheme W>
class typed_kernel final : public layer_kernel {
 public:
  explicit typed_kernel(lowp::any_quantized_matrix const& w)
      : packed_(lowp::pack(lowp::as_quantized<W>(w))), zeros_(w.rows()) {}

  void multiply(lowp::matrix_view<float const> x, std::span<float const> bias, lowp::matrix_view<float> y,
                crew const& threads) const override {
    auto const prepared = Activations::of(x);
    if constexpr (std::same_as<Activations, as_bfloat16>) {
      product(lowp::matrix_view<lowp::bfloat16 const>(prepared.values.data(), prepared.rows, prepared.cols), bias, y,
              threads);
    } else {
      product(prepared, bias, y, threads);
    }
  }

 private:
  template <class X>
  void product(X const& x, std::span<float const> bias, lowp::matrix_view<float> y, crew const& threads) const {
    // One epilogue for all, compiled once: without a bias, + 0.
    lowp::gemm(x, packed_, y, lowp::accumulate::float32{}, lowp::epilogue::bias{bias.empty() ? zeros_ : bias}, threads);
  }

  lowp::packed_weights<W> packed_;
  std::vector<float> zeros_;
};

template <class... Schemes>
struct weights_of {};

/// Appends the pair of `Activations` with each of the weights.
template <class Activations, class... W>
void add_pairs(std::vector<kernel_pair>& to, weights_of<W...>) {
  (to.push_back({lowp::as_any_scheme<W>(), Activations::twin(),
                 [](lowp::any_quantized_matrix const& w) -> std::unique_ptr<layer_kernel> {
                   return std::make_unique<typed_kernel<Activations, W>>(w);
                 }}),
   ...);
}

}  // namespace lab
