// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/portable/decode.hpp>
#include <lowp/isa/portable/target.hpp>
#include <lowp/kernel/affine_code.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/scale/minmax.hpp>
#include <lowp/scale/offset.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI::kernel {

namespace portable_kernels {

/// Integers in the order of the floats, -0 below +0.
inline std::int32_t total_key(float x) noexcept {
  std::uint32_t const bits = detail::bits_of(x);
  return std::bit_cast<std::int32_t>(detail::is_negative(x) ? bits ^ ~detail::float_sign : bits);
}

/// The stored scale of a block whose finite elements lie in [low, high]. Needs fp_env.
template <class Rule>
scale::stored_scale<typename Rule::stored_type> scale_of_range(Rule const& rule, float low, float high,
                                                               format_facts const& element) noexcept {
  using stored = scale::stored_scale<typename Rule::stored_type>;
  bool const flat = detail::bits_of(low) == detail::bits_of(high) || (detail::is_zero(low) && detail::is_zero(high));
  return flat ? stored::one() : stored::from(rule.ideal(low, high, element));
}

}  // namespace portable_kernels

template <>
struct range_slot<isa::portable> {
  using served_by = isa::portable;
  static bool run(float const* in, std::size_t n, std::size_t group, float* low, float* high) noexcept {
    bool has_nan = false;
    for (std::size_t start = 0; start < n; start += group) {
      std::size_t const end = n - start < group ? n : start + group;
      float least = low[start / group];
      float most = high[start / group];
      for (std::size_t i = start; i < end; ++i) {
        float const x = in[i];
        if (detail::is_finite(x)) {
          least = portable_kernels::total_key(x) < portable_kernels::total_key(least) ? x : least;
          most = portable_kernels::total_key(x) > portable_kernels::total_key(most) ? x : most;
        } else {
          has_nan = has_nan || detail::is_nan(x);
        }
      }
      low[start / group] = least;
      high[start / group] = most;
    }
    return has_nan;
  }
};

template <class Rule>
struct range_scales_slot<isa::portable, Rule> {
  using served_by = isa::portable;
  using stored_type = typename Rule::stored_type;
  static bool run(Rule rule, format_facts const& element, float const* low, float const* high, std::size_t n,
                  stored_type* stored, float* values, std::int32_t* zeros) noexcept {
    bool fit = true;
    for (std::size_t i = 0; i < n; ++i) {
      auto const s = portable_kernels::scale_of_range(rule, low[i], high[i], element);
      stored[i] = s.stored;
      values[i] = s.value;
      fit = fit && s.status == scale::storing::exact_or_rounded;
      if constexpr (AffineRule<Rule>) {
        zeros[i] = fit ? rule.zero_point(low[i], s.value, element) : 0;
      }
    }
    return fit;
  }
};

template <class F, class Order, class Rounding, class Shift>
struct shifted_quantize_slot<isa::portable, F, Order, Rounding, Shift> {
  using served_by = isa::portable;
  static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, float const* shifts,
                  std::size_t group, Rounding r) noexcept {
    if constexpr (std::same_as<Shift, shift::zero_point>) {
      detail::affine_encode<Order>(in, out, n, scales, shifts, group, F::bits, detail::integers_of<F>(), r);
    } else {
      detail::offset_encode<Order>(in, out, n, scales, shifts, group, F::bits, detail::integers_of<F>(), r);
    }
  }
};

template <class F, class Order, class Shift>
struct shifted_dequantize_slot<isa::portable, F, Order, Shift> {
  using served_by = isa::portable;
  static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* shifts,
                  std::size_t group) noexcept {
    for (std::size_t start = 0; start < n; start += group) {
      std::size_t const end = n - start < group ? n : start + group;
      float const scale = scales[start / group];
      float const shift = shifts[start / group];
      for (std::size_t i = start; i < end; ++i) {
        float const x = portable_kernels::decode_code<F>(Order::get(in, i, F::bits));
        if constexpr (std::same_as<Shift, shift::zero_point>) {
          out[i] = detail::multiply_once(detail::add_once(x, -shift), scale);  // integers: the difference is exact
        } else {
          out[i] = detail::add_once(detail::multiply_once(x, scale), shift);
        }
      }
    }
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel
