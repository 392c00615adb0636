// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>
#include <lowp/scale/clamped.hpp>
#include <lowp/scale/convention.hpp>
#include <lowp/scale/deviation.hpp>
#include <lowp/scale/fixed.hpp>
#include <lowp/scale/granularity.hpp>
#include <lowp/scale/minmax.hpp>
#include <lowp/scale/mse.hpp>
#include <lowp/scale/offset.hpp>
#include <lowp/scale/percentile.hpp>
#include <lowp/scale/rule.hpp>
#include <lowp/scale/signed_absmax.hpp>
#include <lowp/scale/two_level.hpp>

namespace lowp::inline LOWP_ABI {

/// A way to quantize a matrix, one policy an axis.
///
/// Meaning   each box of Granularity gets the scale that Scale finds, rounded to its stored type first; elements are
///           cast<Element>(x / scale) under Rounding and Overflow; a value is decode(code) * scale.
/// Example   using int4_g128 = lowp::scheme<lowp::int4, lowp::per_group<128>, lowp::scale::absmax<lowp::float16>>;
template <Format Element, Granularity Granules, ScaleRule Scale = scale::absmax<float>,
          RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate>
struct scheme {
  using element = Element;
  using granularity = Granules;
  using scale_rule = Scale;
  using stored_scale = typename Scale::stored_type;
  using rounding = Rounding;
  using overflow = Overflow;
  static_assert(!OffsetRule<Scale> || (IntegerFormat<Element> && facts<Element>::lowest == 0.0F),
                "lowp::scheme: codes with an offset are unsigned integers; scale::offset needs uint_n");
  static_assert(!AffineRule<Scale> || IntegerFormat<Element>,
                "lowp::scheme: only integers have zero points; scale::minmax needs int_n or uint_n");
};

template <class S>
concept Scheme = Format<typename S::element> && Granularity<typename S::granularity> &&
    ScaleRule<typename S::scale_rule> && RoundingPolicy<typename S::rounding> && OverflowPolicy<typename S::overflow>;

/// A scheme whose blocks have a zero point beside the scale.
template <class S>
concept AffineScheme = Scheme<S> && AffineRule<typename S::scale_rule>;

/// A scheme whose blocks have an offset, a float zero point, beside the scale.
template <class S>
concept OffsetScheme = Scheme<S> && OffsetRule<typename S::scale_rule>;

/// A scheme with a second, coarser scale.
template <class S>
concept TwoLevelScheme = Scheme<S> && TwoLevelRule<typename S::scale_rule>;

// Named recipes, a source each. docs/schemes.md has the table.

// One scale a tensor, a row (of weights n x k an output channel, of activations a token) or a run of a row.
using int8_per_tensor = scheme<int8, per_tensor>;
using int8_per_channel = scheme<int8, per_channel<0>>;
using fp8_per_channel = scheme<e4m3fn, per_channel<0>>;
using w8a8_int8 = int8_per_channel;  // weights and activations, arXiv 2411.02355 (W8A8-INT)
using w8a8_fp8 = fp8_per_channel;    // weights and activations, arXiv 2411.02355 (W8A8-FP)
using int4_g128 = scheme<int4, per_group<128>, scale::absmax<float16>>;  // W4A16, arXiv 2411.02355: 4.125 bits
using int4_g32 = scheme<int4, per_group<32>, scale::absmax<float16>>;
using int4_g128_mse =
    scheme<int4, per_group<128>, scale::mse<scale::norm::power_2_4, 100, 80, float16>>;  // GPTQ's grid
using int4_g128_affine = scheme<uint4, per_group<128>, scale::minmax<float16>>;          // AutoGPTQ, AWQ: zero points
using int4_g32_affine = scheme<uint4, per_group<32>, scale::minmax<float16>>;
using uint8_affine = scheme<uint8, per_tensor, scale::minmax<>>;  // ONNX DynamicQuantizeLinear, opset 11

// OCP MX 1.0: blocks of 32, E8M0 scale, floor rule (6.3), elements saturate
using mxfp8_e4m3 = scheme<e4m3fn, per_group<32>, scale::power_of_two<scale::pow2::floor>>;
using mxfp8_e5m2 = scheme<e5m2, per_group<32>, scale::power_of_two<scale::pow2::floor>>;
using mxfp6_e2m3 = scheme<e2m3fn, per_group<32>, scale::power_of_two<scale::pow2::floor>>;
using mxfp6_e3m2 = scheme<e3m2fn, per_group<32>, scale::power_of_two<scale::pow2::floor>>;
using mxfp4 = scheme<e2m1fn, per_group<32>, scale::power_of_two<scale::pow2::floor>>;
/// MXINT8. Its elements are k / 64 (5.3.4); here they are the integers k, and the stored scale is 2^-6 times the one that a
/// file in the standard's layout holds. Values are the same.
using mxint8 = scheme<int8, per_group<32>, scale::power_of_two<scale::pow2::floor>>;

/// NVFP4: blocks of 16, E4M3 block scales in units of a float for the tensor, absmax / (6 * 448). NVIDIA Transformer Engine.
using nvfp4 = scheme<e2m1fn, per_group<16>, scale::two_level<scale::clamped<scale::absmax<e4m3fn>>>>;
/// With UE5M3 block scales, whose range makes the tensor's scale needless.
using nvfp4_ue5m3 = scheme<e2m1fn, per_group<16>, scale::clamped<scale::absmax<ue5m3>>>;

// ggml's blocks of 32 with float16 scales, as matrices; ggml::q8_0 and ggml::q4_0 have the bytes and the codes of ggml.
using q8_0 = scheme<int8, per_group<32>, scale::absmax<float16>>;
using q4_1 = scheme<uint4, per_group<32>, scale::offset<float16>>;        // float zero points
using q4_0 = scheme<int4, per_group<32>, scale::signed_absmax<float16>>;  // all 16 codes; the scale may be negative

/// QLoRA's NF4: blocks of 64 (arXiv 2305.14314); and with scales that are E4M3 in units of a float for 256 blocks of a row.
/// (bitsandbytes subtracts the mean of the scales first; these are signed in neither case.)
using nf4_g64 = scheme<nf4, per_group<64>>;
using nf4_nested =
    scheme<nf4, per_group<64>, scale::two_level<scale::clamped<scale::absmax<e4m3fn>>, per_block<1, 16384>>>;

// DeepSeek-V3 (arXiv 2412.19437, 3.3): weights in 128 x 128 blocks, activations in runs of 128
using fp8_block128 = scheme<e4m3fn, per_block<128, 128>>;
using fp8_g128 = scheme<e4m3fn, per_group<128>>;

/// FireQ (arXiv 2505.20839; llm-fireq/fireq): INT4 by 128, E4M3 group scales rounded first and kept at 2^-9 or more, the
/// whole tensor multiplied by a power of two t beforehand so that few of them get there; outer = 1 / t.
using fireq = scheme<int4, per_group<128>,
                     scale::two_level<scale::clamped<scale::absmax<e4m3fn>>, per_tensor, scale::outer::fireq_prescale>>;
/// vLLM's W4A8: INT4 by 128, E4M3 group scales, a float for each output channel (vllm-project/vllm#23198).
using vllm_w4a8 = scheme<int4, per_group<128>, scale::two_level<scale::clamped<scale::absmax<e4m3fn>>, per_channel<0>>>;

// ZeroQuant-FP (arXiv 2307.09782, section 4): FP4 by 256 whose scales let FP4 become FP8 by a shift. M1: powers of two; M2:
// one mantissa for a row, S_max, and scales S_max / 2^ceil(log2(S_max / S)): not above S, hence elements may be clipped;
// _up: with floor, not below S.
using fp4_m1 = scheme<e2m1fn, per_group<256>, scale::power_of_two<scale::pow2::rceil, float>>;
using fp4_m2 = scheme<e2m1fn, per_group<256>,
                      scale::two_level<scale::power_of_two<scale::pow2::rfloor>, per_channel<0>, scale::outer::unit>>;
using fp4_m2_up = scheme<e2m1fn, per_group<256>,
                         scale::two_level<scale::power_of_two<scale::pow2::rceil>, per_channel<0>, scale::outer::unit>>;

/// Gaudi 2: FP8 of max 240 whose scale is a choice of exponent bias (Intel Neural Compressor, PT_FP8Quant.md).
using gaudi2_fp8 = scheme<e4m3, per_tensor, scale::power_of_two<scale::pow2::set<-8, -4, 0, 4>, float>>;

}  // namespace lowp::inline LOWP_ABI
