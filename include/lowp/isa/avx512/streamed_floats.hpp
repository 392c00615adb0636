// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/isa/avx512/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/isa/avx2/target.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX512_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx512 {

/// Where vectors of results go: to the cache.
class cached_floats {
 public:
  explicit cached_floats(float* out) noexcept : out_(out) {}
  void put(__m512 x) noexcept {
    _mm512_storeu_ps(out_, x);
    out_ += 16;
  }
  /// The last vector, of which `count` < 16 elements count.
  void finish(__m512 x, std::size_t count) noexcept {
    _mm512_mask_storeu_ps(out_, static_cast<__mmask16>((1U << count) - 1U), x);
  }

 private:
  float* out_;
};

/// Or past it, a whole line at a time, wherever the first element lies in its line. end_streams() afterwards.
class streamed_floats {
 public:
  explicit streamed_floats(float* out) noexcept
      : shift_(static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(out) / sizeof(float) % 16)),
        line_(out - shift_),
        first_(static_cast<__mmask16>(0xffffU << shift_)),
        index_(_mm512_sub_epi32(_mm512_setr_epi32(16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31),
                                _mm512_set1_epi32(static_cast<int>(shift_)))),
        before_(_mm512_setzero_ps()) {}

  void put(__m512 x) noexcept {
    __m512 const whole = _mm512_permutex2var_ps(before_, index_, x);
    if (first_ == 0xffff) [[likely]] {
      _mm512_stream_ps(line_, whole);
    } else {
      _mm512_mask_storeu_ps(line_, first_, whole);
      first_ = 0xffff;
    }
    before_ = x;
    line_ += 16;
  }

  void finish(__m512 x, std::size_t count) noexcept {
    auto const end = static_cast<std::uint32_t>((std::uint64_t{1} << (shift_ + count)) - 1U);
    _mm512_mask_storeu_ps(line_, static_cast<__mmask16>(first_ & end), _mm512_permutex2var_ps(before_, index_, x));
    __m512 const rest = _mm512_permutex2var_ps(x, index_, x);
    _mm512_mask_storeu_ps(line_ + 16, static_cast<__mmask16>(end >> 16U), rest);
  }

 private:
  unsigned shift_;
  float* line_;
  __mmask16 first_;  // lanes of the current line that are ours
  __m512i index_;
  __m512 before_;
};

}  // namespace lowp::inline LOWP_ABI::kernel::avx512

LOWP_TARGET_END

#endif
