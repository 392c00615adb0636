// SPDX-License-Identifier: Apache-2.0
//
// The same numbers, of which the compiler has forgotten how they were made: an empty instruction, which costs nothing.
//
// The intrinsics of AVX2 are plain operators of vectors to the optimiser, to be contracted and, under -ffast-math,
// rearranged. And whatever gives floats under -ffinite-math-only, be it an intrinsic, a masked load or a select, promises
// that they are finite: LLVM 19 takes the other arm of a select, and answers integer tests on the bits of such floats. So
// does an empty instruction that gives floats; here it gives integers.
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <lowp/base/config.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

inline __m256i opaque(__m256i x) noexcept {
  __asm__("" : "+x"(x));
  return x;
}
inline __m128 opaque(__m128 x) noexcept {
  __m128i bits = _mm_castps_si128(x);
  __asm__("" : "+x"(bits));
  return _mm_castsi128_ps(bits);
}
inline __m256 opaque(__m256 x) noexcept { return _mm256_castsi256_ps(opaque(_mm256_castps_si256(x))); }
inline __m256d opaque(__m256d x) noexcept { return _mm256_castsi256_pd(opaque(_mm256_castpd_si256(x))); }

/// The bits of floats, to be tested.
inline __m256i bits_of(__m256 x) noexcept { return opaque(_mm256_castps_si256(x)); }

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

LOWP_TARGET_END

#endif
