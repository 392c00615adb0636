// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/kernel/fp_env.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/quant/quantized_matrix.hpp>
#include <lowp/scale/scheme.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// What an outer scale of S spans in a matrix without end; without one, all of it.
template <Scheme S>
constexpr block_shape outer_box() noexcept {
  constexpr auto all = static_cast<std::size_t>(-1);
  if constexpr (TwoLevelScheme<S>) {
    return typename S::scale_rule::outer_granularity{}.block(all, all);
  } else {
    return {all, all};
  }
}
template <Scheme S>
inline constexpr bool outer_by_row = outer_box<S>().rows == 1;
template <Scheme S>
inline constexpr bool outer_follows_rows = outer_box<S>().cols == static_cast<std::size_t>(-1) &&
                                           (outer_by_row<S> || outer_box<S>().rows == static_cast<std::size_t>(-1));

}  // namespace detail

/// What fold_scales makes of a matrix of scheme S.
template <Format To, Scheme S>
using folded_scheme =
    scheme<To, std::conditional_t<detail::outer_by_row<S>, per_channel<0>, per_tensor>, scale::absmax<float>>;

/// Multiplies block scales into the elements: code = cast<To>(stored scale * decode(q)), the product rounded once to To. The
/// outer of two scales stays outside.
///
/// Meaning   the table mode of FireQ, fold_scales<e4m3fn>(quantize<fireq>(w)): its kernel multiplies by RN_E4M3(sigma q), not
///           by sigma q. (294 of the 885 products below 448 differ.) gemm of the result is that product; gemm of the original
///           is the exact mode.
/// Requires  S without zero points; of two levels the outer one spans the tensor or a row.
/// Exact     one rounding, nearest even unless `rounding` says else; beyond the range `overflow` decides (448 for FireQ).
/// Cost      a code of To an element: the 4-bit matrix becomes one of 8 bits, which products read at half the speed.
/// Source    llm-fireq/fireq; arXiv 2505.20839.
template <Format To, Scheme S, RoundingPolicy Rounding = rounding::nearest_even,
          OverflowPolicy Overflow = overflow::saturate>
quantized_matrix<folded_scheme<To, S>> fold_scales(quantized_matrix<S> const& q, Rounding rounding = {},
                                                   Overflow overflow = {}) {
  static_assert(!AffineScheme<S> && !OffsetScheme<S>,
                "lowp::fold_scales: a code with a zero point is not proportional to its value");
  static_assert(detail::outer_follows_rows<S>, "lowp::fold_scales: the outer scale spans the tensor or a row");
  quantized_matrix<folded_scheme<To, S>> folded(q.rows(), q.cols());
  auto const out = folded.view();
  kernel::fp_env const environment;
  quantized_size const size = q.size();
  block_shape const block = q.block();
  for (std::size_t i = 0; i < q.rows(); ++i) {
    std::uint8_t* const row = out.row(i);
    for (std::size_t j = 0; j < q.cols(); ++j) {
      // Significands of at most 24 and 11 bits: exact in double.
      double const product =
          static_cast<double>(scale::value(q.scales()[block.block_row_of(i) * size.block_cols + j / block.cols])) *
          static_cast<double>(static_cast<float>(q.code(i, j)));
      To const code = cast<To>(product, rounding::at(rounding, i * q.cols() + j), overflow);
      row_order<To>::set(row, j, To::bits, to_bits(code));
    }
  }
  for (std::size_t k = 0; k < out.size().scale_count; ++k) {
    if constexpr (TwoLevelScheme<S>) {
      out.scales[k] = q.outer_scales().empty() ? 1.0F : q.outer_scales()[k];
    } else {
      out.scales[k] = 1.0F;
    }
  }
  return folded;
}

}  // namespace lowp::inline LOWP_ABI
