// SPDX-License-Identifier: Apache-2.0
//
// See isa/avx2/opaque.hpp. Here arithmetic has its rounding embedded and is no operator to the optimiser, but it promises
// finite results all the same.
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <lowp/base/config.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// The bits of floats, to be tested.
inline __m512i bits_of(__m512 x) noexcept {
  __m512i bits = _mm512_castps_si512(x);
  __asm__("" : "+v"(bits));
  return bits;
}
inline __m256i bits_of(__m256 x) noexcept {
  __m256i bits = _mm256_castps_si256(x);
  __asm__("" : "+v"(bits));
  return bits;
}

inline __m512 opaque(__m512 x) noexcept { return _mm512_castsi512_ps(bits_of(x)); }

/// a where the mask is set, else b; either may hold NaNs and infinities.
inline __m512 select(__mmask16 mask, __m512 a, __m512 b) noexcept {
  return opaque(_mm512_castsi512_ps(_mm512_mask_mov_epi32(_mm512_castps_si512(b), mask, _mm512_castps_si512(a))));
}

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

LOWP_TARGET_END

#endif
