// SPDX-License-Identifier: Apache-2.0
#include "kernels.hpp"

#include <utility>
#include <vector>

#include <lowp/gemm/any_packed.hpp>
#include <lowp/gemm/gemm.hpp>
#include <lowp/quant/as_any.hpp>
#include <lowp/quant/cast_into.hpp>

#include "treatment.hpp"

namespace lab {
namespace {

using lowp::any_scheme;

/// Whether both schemes make the same codes and scales of everything. Requires `b` to be one of those below.
bool same_scheme(any_scheme const& a, any_scheme const& b) {
  return a.element == b.element && a.granularity == b.granularity && a.scale.which == b.scale.which &&
         a.scale.stored == b.scale.stored && !a.scale.outer && a.scale.fixed == b.scale.fixed &&
         a.rounding.which == b.rounding.which && a.overflow.which == b.overflow.which;
}

class packed_layer : public layer_kernel {
 public:
  explicit packed_layer(lowp::any_quantized_matrix const& w) : packed_(lowp::pack(w)), zeros_(w.rows()) {}

 protected:
  template <class X>
  void product(X const& x, std::span<float const> bias, lowp::matrix_view<float> y, crew const& threads) const {
    // One epilogue for all, compiled once: without a bias, + 0.
    lowp::gemm(x, packed_, y, lowp::accumulate::float32{}, lowp::epilogue::bias{bias.empty() ? zeros_ : bias}, threads);
  }

 private:
  lowp::any_packed packed_;
  std::vector<float> zeros_;
};

class on_floats final : public packed_layer {
 public:
  using packed_layer::packed_layer;
  void multiply(lowp::matrix_view<float const> x, std::span<float const> bias, lowp::matrix_view<float> y,
                crew const& threads) const override {
    product(x, bias, y, threads);
  }
};

class on_bfloat16 final : public packed_layer {
 public:
  using packed_layer::packed_layer;
  static any_scheme twin() { return unscaled(lowp::any_format::of<lowp::bfloat16>()); }
  void multiply(lowp::matrix_view<float const> x, std::span<float const> bias, lowp::matrix_view<float> y,
                crew const& threads) const override {
    std::vector<lowp::bfloat16> values(x.size());
    for (std::size_t i = 0; i < x.rows(); ++i) {
      lowp::cast_into(x.row(i), std::span(values).subspan(i * x.cols(), x.cols()));
    }
    product(lowp::matrix_view<lowp::bfloat16 const>(values.data(), x.rows(), x.cols()), bias, y, threads);
  }
};

template <lowp::Scheme S>
class on_scheme final : public packed_layer {
 public:
  using packed_layer::packed_layer;
  static any_scheme twin() { return lowp::as_any_scheme<S>(); }
  void multiply(lowp::matrix_view<float const> x, std::span<float const> bias, lowp::matrix_view<float> y,
                crew const& threads) const override {
    product(lowp::quantize<S>(x), bias, y, threads);
  }
};

/// The same with codes and scales copied into the twin, whose gemm is there anyway: a second less to compile.
template <lowp::Scheme S>
class on_copied_scheme final : public packed_layer {
 public:
  using packed_layer::packed_layer;
  static any_scheme twin() { return lowp::as_any_scheme<S>(); }
  void multiply(lowp::matrix_view<float const> x, std::span<float const> bias, lowp::matrix_view<float> y,
                crew const& threads) const override {
    product(lowp::as_any_quantized(lowp::quantize<S>(x)), bias, y, threads);
  }
};

class on_any_scheme final : public packed_layer {
 public:
  on_any_scheme(lowp::any_quantized_matrix const& w, any_scheme activations)
      : packed_layer(w), activations_(std::move(activations)) {}
  void multiply(lowp::matrix_view<float const> x, std::span<float const> bias, lowp::matrix_view<float> y,
                crew const& threads) const override {
    product(lowp::quantize(activations_, x), bias, y, threads);
  }

 private:
  any_scheme activations_;
};

struct compiled {
  any_scheme activations;
  std::unique_ptr<layer_kernel> (*pack)(lowp::any_quantized_matrix const& w);
};

template <class Kernel>
compiled entry() {
  return {Kernel::twin(), [](lowp::any_quantized_matrix const& w) -> std::unique_ptr<layer_kernel> {
            return std::make_unique<Kernel>(w);
          }};
}

template <class Element>
using token = on_scheme<lowp::scheme<Element, lowp::per_channel<0>>>;

}  // namespace

std::unique_ptr<layer_kernel> pack_layer(lowp::any_quantized_matrix const& weights,
                                         std::optional<any_scheme> const& activations) {
  static std::vector<compiled> const all{entry<token<lowp::int8>>(),
                                         entry<token<lowp::e4m3fn>>(),
                                         entry<token<lowp::e5m2>>(),
                                         entry<token<lowp::e3m4fn>>(),
                                         entry<on_copied_scheme<lowp::scheme<lowp::int4, lowp::per_group<32>>>>(),
                                         entry<on_copied_scheme<lowp::scheme<lowp::e2m1fn, lowp::per_group<32>>>>(),
                                         entry<on_bfloat16>()};
  if (!activations) {
    return std::make_unique<on_floats>(weights);
  }
  for (compiled const& c : all) {
    // Without a scale it does not matter how much of a matrix shares it.
    any_scheme wanted = *activations;
    if (wanted.scale.which == lowp::any_scale::kind::fixed) {
      wanted.granularity = c.activations.granularity;
    }
    if (same_scheme(wanted, c.activations)) {
      return c.pack(weights);
    }
  }
  return std::make_unique<on_any_scheme>(weights, *activations);
}

bool kernels_serve(any_scheme const& weights, std::optional<any_scheme> const& activations) {
  // Of two levels, the outer scale of activations would span the batch: a row would depend on the others.
  bool const activations_served = !activations || (!activations->scale.outer && !activations->scale.is_affine() &&
                                                   !activations->scale.has_offset());
  bool const one_block = weights.granularity.rows == 0 && weights.granularity.cols == 0;
  return activations_served && !weights.scale.has_offset() && !(one_block && weights.scale.outer);
}

}  // namespace lab
