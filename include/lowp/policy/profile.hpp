// SPDX-License-Identifier: Apache-2.0
//
// Vendor conversions by name: a rounding and an overflow policy each. They agree in range; they differ at the edge.
#pragma once

#include <lowp/base/config.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI {

/// A rounding and an overflow policy under one name.
template <class P>
concept ConversionProfile = RoundingPolicy<typename P::rounding> && OverflowPolicy<typename P::overflow>;

namespace profile {

template <RoundingPolicy Rounding, OverflowPolicy Overflow>
struct conversion {
  using rounding = Rounding;
  using overflow = Overflow;
};

// What cast<F>(x, profile) gives for x =        464   465   480   +inf  NaN   in e4m3fn | 61439 61440 +inf  in e5m2
//                                                                                        |
// ocp_sat                                       448   448   448   448   NaN             | 57344 57344 57344
// ocp_nonsat                                    448   NaN   NaN   NaN   NaN             | 57344 inf   inf
// cuda_satfinite                                448   448   448   448   NaN             | 57344 57344 57344
// cuda_nosat                                    448   NaN   NaN   NaN   NaN             | 57344 inf   inf
// avx10_2                                       448   NaN   NaN   NaN   NaN             | 57344 inf   inf
// avx10_2_sat                                   448   448   448   NaN   NaN             | 57344 57344 inf
// ml_dtypes                                     448   NaN   NaN   NaN   NaN             | 57344 inf   inf
// ml_dtypes_saturate                            448   448   448   NaN   NaN             | 57344 57344 inf
// onnx                                          448   448   448   448   NaN             | 57344 57344 57344
// onnx_nonsat                                   448   NaN   NaN   NaN   NaN             | 57344 inf   inf
// p3109_sat_finite, _propagate, _none           as saturate, saturate_finite, nonsaturating

using ocp_sat = conversion<rounding::nearest_even, overflow::saturate>;          // OCP OFP8 1.0, SAT mode
using ocp_nonsat = conversion<rounding::nearest_even, overflow::nonsaturating>;  // OCP OFP8 1.0, NONSAT mode
using cuda_satfinite = ocp_sat;  // __nv_cvt_*_to_fp8, __NV_SATFINITE (cuda_fp8.hpp 12.2); PTX cvt.rn.satfinite
using cuda_nosat = ocp_nonsat;   // __nv_cvt_*_to_fp8, __NV_NOSAT
// AVX10.2 reads FP16: from a float it rounds twice unless the first rounding is to odd. These name its edge behaviour.
using avx10_2 = ocp_nonsat;                                                         // VCVTPH2HF8, VCVTPH2BF8
using avx10_2_sat = conversion<rounding::nearest_even, overflow::saturate_finite>;  // VCVTPH2HF8S, VCVTPH2BF8S
using ml_dtypes = ocp_nonsat;                                                       // astype in Python
using ml_dtypes_saturate = avx10_2_sat;                                             // ConvertTo<..., kSaturate>
using onnx = ocp_sat;                                                               // Cast, saturate = 1 (default)
using onnx_nonsat = ocp_nonsat;                                                     // Cast, saturate = 0
using torch = ocp_nonsat;  // torch.Tensor.to(float8_*) up to 2.11; e4m3fn saturates since 2026-04
using gaudi = ocp_sat;     // hf8 is IEEE-like e4m3 with max 240 there, saturating infinities too
using p3109_sat_finite = conversion<rounding::nearest_even, overflow::saturate>;
using p3109_sat_propagate = conversion<rounding::nearest_even, overflow::saturate_finite>;
using p3109_sat_none = conversion<rounding::nearest_even, overflow::nonsaturating>;

}  // namespace profile

}  // namespace lowp::inline LOWP_ABI
