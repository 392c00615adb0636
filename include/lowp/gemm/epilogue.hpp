// SPDX-License-Identifier: Apache-2.0
//
// What happens to an element of y between the sum and the store. Each step is one rounded operation, the same on every ISA.
//
// An epilogue has two functions:
//   void check(std::size_t m, std::size_t n) const          raises where its operands do not fit y
//   void apply(std::size_t row, std::size_t col, float* values, std::size_t count) const noexcept
//                                                           on y[row][col .. col + count), in place, under fp_env
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/view.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/kernel/nonlinear.hpp>

namespace lowp::inline LOWP_ABI {

template <class E>
concept Epilogue = requires(E const& e, std::size_t n, float* values) {
  e.check(n, n);
  { e.apply(n, n, values, n) }
  noexcept;
};

namespace epilogue {

/// Nothing.
struct none {
  static void check(std::size_t, std::size_t) noexcept {}
  static void apply(std::size_t, std::size_t, float*, std::size_t) noexcept {}
};

/// y + bias[column].
struct bias {
  std::span<float const> values;

  void check(std::size_t, std::size_t n) const {
    if (values.size() != n) {
      detail::raise(error(
          error_code::shape, "bias", 0, values.size(),
          "gemm: bias has " + std::to_string(values.size()) + " elements for y of " + std::to_string(n) + " columns"));
    }
  }
  void apply(std::size_t, std::size_t col, float* y, std::size_t count) const noexcept {
    kernel::dispatch([&](auto tag) { kernel::row_slot<decltype(tag)>::add(y, values.data() + col, count); });
  }
};

/// A matrix of y's shape, element by element.
struct matrix_operand {
  matrix_view<float const> values;

  void check(std::size_t m, std::size_t n) const {
    if (values.rows() != m || values.cols() != n) {
      int const axis = values.rows() != m ? 0 : 1;
      detail::raise(error(error_code::shape, "epilogue", axis, axis == 0 ? values.rows() : values.cols(),
                          "gemm: an epilogue's matrix is " + std::to_string(values.rows()) + " x " +
                              std::to_string(values.cols()) + ", y " + std::to_string(m) + " x " + std::to_string(n)));
    }
  }
};

/// y + matrix: a residual.
struct add : matrix_operand {
  void apply(std::size_t row, std::size_t col, float* y, std::size_t count) const noexcept {
    kernel::dispatch([&](auto tag) { kernel::row_slot<decltype(tag)>::add(y, &values(row, col), count); });
  }
};

/// y * matrix: a gate.
struct multiply : matrix_operand {
  void apply(std::size_t row, std::size_t col, float* y, std::size_t count) const noexcept {
    kernel::dispatch([&](auto tag) { kernel::row_slot<decltype(tag)>::multiply(y, &values(row, col), count); });
  }
};

/// max(y, +0); NaN stays.
struct relu {
  static void check(std::size_t, std::size_t) noexcept {}
  static void apply(std::size_t, std::size_t, float* y, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      y[i] = detail::is_negative(y[i]) && !detail::is_nan(y[i]) ? 0.0F : y[i];
    }
  }
};

/// y / (1 + exp(-y)), also called swish.
struct silu {
  static void check(std::size_t, std::size_t) noexcept {}
  static void apply(std::size_t, std::size_t, float* y, std::size_t count) noexcept {
    kernel::dispatch([&](auto tag) { kernel::silu_slot<decltype(tag)>::run(y, count); });
  }
};

/// y * Phi(y), Phi the normal distribution: the definition with erf.
struct gelu {
  static void check(std::size_t, std::size_t) noexcept {}
  static void apply(std::size_t, std::size_t, float* y, std::size_t count) noexcept {
    kernel::dispatch([&](auto tag) { kernel::gelu_slot<decltype(tag)>::run(y, count); });
  }
};

/// y / 2 * (1 + tanh(sqrt(2 / pi) (y + 0.044715 y^3))): what many networks were trained with.
struct gelu_tanh {
  static void check(std::size_t, std::size_t) noexcept {}
  static void apply(std::size_t, std::size_t, float* y, std::size_t count) noexcept {
    kernel::dispatch([&](auto tag) { kernel::gelu_tanh_slot<decltype(tag)>::run(y, count); });
  }
};

/// Several, left to right: chain{bias{b}, silu{}}.
template <Epilogue... Steps>
struct chain {
  constexpr chain() = default;
  constexpr explicit(sizeof...(Steps) == 1) chain(Steps... all) : steps(all...) {}

  std::tuple<Steps...> steps;

  void check(std::size_t m, std::size_t n) const {
    std::apply([=](Steps const&... step) { (step.check(m, n), ...); }, steps);
  }
  void apply(std::size_t row, std::size_t col, float* y, std::size_t count) const noexcept {
    std::apply([=](Steps const&... step) { (step.apply(row, col, y, count), ...); }, steps);
  }
};

}  // namespace epilogue

}  // namespace lowp::inline LOWP_ABI
