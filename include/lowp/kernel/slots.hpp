// SPDX-License-Identifier: Apache-2.0
//
// The operations that an ISA may improve. A missing specialisation means "my parent does it"; portable ends every chain
// and is the meaning. Interfaces are raw pointers and counts: no vector types, no allocation, no exceptions. All are called
// under fp_env.
#pragma once

#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/kernel/gemm_tile.hpp>

namespace lowp::inline LOWP_ABI::kernel {

/// n floats to n codes: `static void run(float const* in, std::uint8_t* out, std::size_t n, Rounding, Overflow)`.
/// Order says where code i sits in `out` (bit_order::padded for a span<F>); Rounding is at element 0.
template <class Isa, class F, class Order, class Rounding, class Overflow>
struct encode_slot : encode_slot<typename Isa::parent, F, Order, Rounding, Overflow> {};

/// n codes to n floats: `static void run(std::uint8_t const* in, float* out, std::size_t n)`.
template <class Isa, class F, class Order>
struct decode_slot : decode_slot<typename Isa::parent, F, Order> {};

/// n codes to n bfloat16, which hold every value of F: `static void run(std::uint8_t const* in, std::uint16_t* out,
/// std::size_t n)`.
template <class Isa, class F, class Order>
struct decode_bfloat16_slot : decode_bfloat16_slot<typename Isa::parent, F, Order> {};

/// The greatest finite magnitude of each run of `group` among n floats, where it exceeds what greatest[j / group] holds, and
/// whether one of them is a NaN: `static bool run(float const* in, std::size_t n, std::size_t group, float* greatest)`,
/// group >= 1, greatest >= +0.
template <class Isa>
struct absmax_slot : absmax_slot<typename Isa::parent> {};

/// Whether one of n floats is a NaN: `static bool run(float const* in, std::size_t n)`.
template <class Isa>
struct contains_nan_slot : contains_nan_slot<typename Isa::parent> {};

/// From the greatest finite magnitudes of n blocks to their scales, as stored and as floats:
/// `static void run(Rule, format_facts const& element, float const* greatest, std::size_t n, Stored* stored,
/// float* values)`; and whether all of them, 1 for a magnitude of 0 too, fit their stored type: `static bool fit(Rule, format_facts const& element,
/// float const* greatest, std::size_t n)`.
template <class Isa, class Rule>
struct scales_slot : scales_slot<typename Isa::parent, Rule> {};

/// A row of n floats to n codes of x / scales[j / group], the quotient rounded once to float:
/// `static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group, Rounding,
/// Overflow, Nan)`, group >= 1.
template <class Isa, class F, class Order, class Rounding, class Overflow, class Nan>
struct quantize_slot : quantize_slot<typename Isa::parent, F, Order, Rounding, Overflow, Nan> {};

/// A row of n codes to n floats decode(q) * scales[j / group], rounded once to float:
/// `static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, std::size_t group)`,
/// group >= 1; where that helps also run_streamed, with the same arguments, past the cache (the caller ends
/// with end_streams).
template <class Isa, class F, class Order>
struct dequantize_slot : dequantize_slot<typename Isa::parent, F, Order> {};

/// The least and the greatest finite float of each run of `group` among n, where they lie beyond low[j / group] and
/// high[j / group], -0 below +0; and whether one of them is a NaN: `static bool run(float const* in, std::size_t n,
/// std::size_t group, float* low, float* high)`, group >= 1.
template <class Isa>
struct range_slot : range_slot<typename Isa::parent> {};

/// From the ends of n blocks, finite, low <= high, to their scales, as stored and as floats (1 where both ends are equal),
/// and under an AffineRule their zero points: `static bool run(Rule, format_facts const& element, float const* low, float
/// const* high, std::size_t n, Stored* stored, float* values, std::int32_t* zeros)`, zeros may be nullptr under an
/// OffsetRule. False, and then no zero point is right, where one of the scales does not fit its stored type.
template <class Isa, class Rule>
struct range_scales_slot : range_scales_slot<typename Isa::parent, Rule> {};

/// A row of n floats to n integer codes, scales[j / group] and shifts[j / group] each a block's; Shift, of kernel::shift, says
/// what the latter are: `static void run(float const* in, std::uint8_t* out, std::size_t n, float const* scales, float const*
/// shifts, std::size_t group, Rounding)`, group >= 1.
template <class Isa, class F, class Order, class Rounding, class Shift>
struct shifted_quantize_slot : shifted_quantize_slot<typename Isa::parent, F, Order, Rounding, Shift> {};

/// And back: `static void run(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* shifts,
/// std::size_t group)`; run_streamed as in dequantize_slot.
template <class Isa, class F, class Order, class Shift>
struct shifted_dequantize_slot : shifted_dequantize_slot<typename Isa::parent, F, Order, Shift> {};

/// n scales before they are rounded to storage, positive doubles, to their values afterwards, not below 2^-126; to 0 or what
/// is not finite where they do not fit: `static void run(double const* ideal, std::size_t n, float* values)`.
template <class Isa, class Stored>
struct rounded_scales_slot : rounded_scales_slot<typename Isa::parent, Stored> {};

/// Estimates of the sum of errors |values[i] - x[i]|^p, as kernel/search.hpp bounds them: `static double run(float const* x,
/// float const* values, std::size_t n, scale::norm, float per_unit)`; `is_quick` says whether that is worth it.
template <class Isa>
struct error_estimate_slot : error_estimate_slot<typename Isa::parent> {};

/// The same for n floats and `count` scales, under nearest_even and saturate: `static void run(float const* x, std::size_t n,
/// float const* scales, std::size_t count, scale::norm, float per_unit, double* estimates)`; `is_quick` as above.
template <class Isa, class F>
struct trial_slot : trial_slot<typename Isa::parent, F> {};

/// What some magnitudes span. They order like their bits.
struct magnitude_range {
  std::uint32_t least = ~std::uint32_t{0};  ///< the bits of the least that is not 0, less 1
  std::uint32_t most = 0;                   ///< the bits of the greatest
  bool zero = false;                        ///< one of them is 0
};

/// One rounded operation on n floats, in place, and a store that makes NaNs canonical:
/// `static void add(float* x, float const* y, std::size_t n)`, `multiply` alike, `scale(float* x, float factor, n)`,
/// `divide(float* x, float divisor, n)`, `store(float const* x, float* out, n)`. For scales, none below +0:
/// `scale_limited(float* x, float factor, n)`, no product below the smallest normal float; `divide_kept(float* x, float divisor,
/// n)`, where what is not 0 does not become 0; `extend(magnitude_range&, float const* x, n)`.
template <class Isa>
struct row_slot : row_slot<typename Isa::parent> {};

/// n floats to x / (1 + exp(-x)), by the operations of kernel/nonlinear.hpp in their order: `static void run(float* x, n)`.
template <class Isa>
struct silu_slot : silu_slot<typename Isa::parent> {};

/// The same for x Phi(x) and for its approximation by tanh.
template <class Isa>
struct gelu_slot : gelu_slot<typename Isa::parent> {};
template <class Isa>
struct gelu_tanh_slot : gelu_tanh_slot<typename Isa::parent> {};

/// The tiles of a matrix product whose activations are packed as `Operand` (kernel/gemm_tile.hpp):
/// `static gemm_kernels const* kernels()`, nullptr where no vector kernel multiplies such operands.
template <class Isa, class Operand>
struct gemm_slot : gemm_slot<typename Isa::parent, Operand> {};

}  // namespace lowp::inline LOWP_ABI::kernel
