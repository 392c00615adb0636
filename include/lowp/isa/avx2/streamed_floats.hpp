// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lowp/isa/avx2/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/config.hpp>

LOWP_TARGET_BEGIN(LOWP_AVX2_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::avx2 {

/// Where vectors of results go: to the cache. Ends with finish().
class cached_floats {
 public:
  explicit cached_floats(float* out) noexcept : out_(out) {}
  void put(__m256 x) noexcept {
    _mm256_storeu_ps(out_, x);
    out_ += 8;
  }
  /// The last vector, of which `count` < 8 elements count.
  void finish(__m256 x, std::size_t count) noexcept {
    alignas(32) float values[8];
    _mm256_store_ps(values, x);
    std::memcpy(out_, values, count * sizeof(float));
  }

 private:
  float* out_;
};

/// Or past it, in aligned vectors, wherever the first element lies. end_streams() afterwards.
class streamed_floats {
 public:
  explicit streamed_floats(float* out) noexcept
      : shift_(static_cast<int>(reinterpret_cast<std::uintptr_t>(out) / sizeof(float) % 8)),
        place_(out - shift_),
        begins_(true),
        turn_(_mm256_sub_epi32(numbers(), _mm256_set1_epi32(shift_))),
        before_(_mm256_setzero_ps()) {}

  void put(__m256 x) noexcept {
    __m256 const turned = _mm256_permutevar8x32_ps(x, turn_);  // (it takes indices modulo 8)
    __m256 const whole = joined(turned);
    if (begins_) [[unlikely]] {
      _mm256_maskstore_ps(place_, lanes(shift_, 8), whole);
      begins_ = false;
    } else {
      _mm256_stream_ps(place_, whole);
    }
    before_ = turned;
    place_ += 8;
  }

  void finish(__m256 x, std::size_t count) noexcept {
    int const end = shift_ + static_cast<int>(count);
    __m256 const turned = _mm256_permutevar8x32_ps(x, turn_);
    _mm256_maskstore_ps(place_, lanes(begins_ ? shift_ : 0, end), joined(turned));
    if (end > 8) {
      _mm256_maskstore_ps(place_ + 8, lanes(0, end - 8), turned);
    }
  }

 private:
  static __m256i numbers() noexcept { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }

  /// Lanes first to end - 1.
  static __m256i lanes(int first, int end) noexcept {
    __m256i const from = _mm256_cmpgt_epi32(numbers(), _mm256_set1_epi32(first - 1));
    return _mm256_and_si256(from, _mm256_cmpgt_epi32(_mm256_set1_epi32(end), numbers()));
  }

  /// The end of the vector before, then the beginning of this one: turn_ is negative in lanes below shift_.
  __m256 joined(__m256 turned) const noexcept { return _mm256_blendv_ps(turned, before_, _mm256_castsi256_ps(turn_)); }

  int shift_;
  float* place_;  // of the current vector, aligned
  bool begins_;   // lanes below shift_ of the current vector are not ours
  __m256i turn_;
  __m256 before_;
};

}  // namespace lowp::inline LOWP_ABI::kernel::avx2

LOWP_TARGET_END

#endif
