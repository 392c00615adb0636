// SPDX-License-Identifier: Apache-2.0
//
// What a matrix product is, in scalar code: every kernel of every ISA gives these bits. It is also the kernel of the
// portable ISA and of the pairs of formats that no vector kernel serves.
//
//   1. k is cut into segments, the coarsest runs on which the scales of both operands are constant.
//   2. dot of a segment: by the accumulation policy, on decoded, unscaled elements; one with a zero point is the integer
//      code - zero point.
//   3. acc from +0; per segment in order acc = fma(dot, s_w, acc); where the activations have group scales too,
//      acc = fma(RN(dot * s_a), s_w, acc).
//   4. One rounding each: * the token's or tensor's scale of the activations, * their outer scale, * the tensor's (or outer)
//      scale of the weights, * the outer scale of the weights' row, * the channel's factor, * the descale, + beta * y as fma.
//      An outer scale of the weights that changes along k is part of s_w: outer * stored, rounded once.
//   5. The epilogues, left to right. A NaN that is stored is 7fc00000.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/gemm/operand_facts.hpp>
#include <lowp/kernel/double_once.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// a * b + c, rounded once. Needs fp_env.
///
/// Meaning  not std::fma: under -ffast-math Clang splits it into a product and a sum where the target has no such instruction.
///          The product of two floats is exact in double; the sum is rounded to odd there, to 53 bits, and then to float,
///          which amounts to one rounding because 53 >= 24 + 2.
/// Source   S. Boldo, G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to
///          odd", IEEE Transactions on Computers 57 (2008); the error of the sum is Knuth's (TwoSum).
inline float fma_once(float a, float b, float c) noexcept {
#if LOWP_TRUSTED_FLOAT
  double const product = product_in_double(static_cast<double>(a), static_cast<double>(b));
  auto const addend = static_cast<double>(c);
  double const sum = sum_in_double(product, addend);
  double const part = sum_in_double(sum, -product);
  double const error = sum_in_double(sum_in_double(product, -sum_in_double(sum, -part)), sum_in_double(addend, -part));
  std::uint64_t bits = bits_of(sum);
  bool const inexact = bits_of(error) << 1U != 0;
  if (inexact && (bits & 1U) == 0 && (bits << 1U) < double_infinity << 1U) {
    bool const outwards = (bits_of(error) ^ bits) >> 63U == 0;
    bits = outwards ? bits + 1U : bits - 1U;
  }
  return narrow_once(std::bit_cast<double>(bits));
#else
  return std::fma(a, b, c);
#endif
}

/// The elements from `begin` on with one scale each in activations and weights.
struct segment {
  std::size_t begin;
  std::size_t length;
};

/// The segment that starts at k = `begin` of `cols`, where scales change every `group` elements of either operand.
constexpr segment segment_at(std::size_t begin, std::size_t cols, std::size_t weight_group,
                             std::size_t activation_group) noexcept {
  auto const left = [begin](std::size_t group) { return group - begin % group; };
  std::size_t length = cols - begin;
  length = left(weight_group) < length ? left(weight_group) : length;
  length = left(activation_group) < length ? left(activation_group) : length;
  return {begin, length};
}

/// How the products of a segment are summed.
enum class summation : std::uint8_t {
  float_pairs,  ///< fma(a[2i], w[2i], fma(a[2i+1], w[2i+1], dot))
  exact,        ///< in units of 2^(quantum of a + quantum of w), rounded once
};

/// `count` further elements of a segment in pairs; the segment's first element must be the first of a pair, and count even
/// but for the last call.
inline float dot_pairs(float const* a, float const* w, std::size_t count, float dot) noexcept {
  for (std::size_t i = 0; i < count; i += 2) {
    bool const pair = i + 1 < count;  // a missing partner is +0 * +0
    dot = fma_once(a[i], w[i], fma_once(pair ? a[i + 1] : 0.0F, pair ? w[i + 1] : 0.0F, dot));
  }
  return dot;
}

/// A finite element as a multiple of 2^quantum. Requires it to be one, and less than 2^63 of them.
inline std::int64_t in_quanta(float x, int quantum) noexcept {
  std::uint32_t const bits = bits_of(x);
  std::uint32_t const field = (bits & ~float_sign) >> 23U;
  std::uint32_t const significand = (bits & low_mask(23)) | (field != 0 ? 0x80'0000U : 0U);
  int const shift = (field != 0 ? static_cast<int>(field) : 1) - 150 - quantum;
  auto const size = static_cast<std::int64_t>(shift >= 0    ? static_cast<std::uint64_t>(significand) << shift
                                              : shift > -32 ? significand >> -shift
                                                            : 0U);
  return is_negative(x) ? -size : size;
}

/// `count` further products of a segment, summed exactly. Requires finite elements and longest_exact_segment.
inline std::int64_t dot_quanta(float const* a, float const* w, std::size_t count, operand_facts const& of_a,
                               operand_facts const& of_w, std::int64_t sum) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    sum += in_quanta(a[i], of_a.quantum) * in_quanta(w[i], of_w.quantum);
  }
  return sum;
}

/// An exact sum, rounded to float once; +0 where it is zero.
inline float round_quanta(std::int64_t sum, operand_facts const& of_a, operand_facts const& of_w) noexcept {
  auto const size = static_cast<std::uint64_t>(sum < 0 ? -sum : sum);
  return round_to_float(exact::scaled(sum < 0, size, of_a.quantum + of_w.quantum));
}

inline bool all_finite(float const* x, std::size_t count) noexcept {
  std::uint32_t greatest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t const magnitude = bits_of(x[i]) & ~float_sign;
    greatest = magnitude > greatest ? magnitude : greatest;
  }
  return greatest < float_infinity;
}

}  // namespace lowp::inline LOWP_ABI::detail
