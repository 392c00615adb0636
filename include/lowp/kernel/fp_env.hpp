// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <lowp/base/config.hpp>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <cfenv>
#endif

namespace lowp::inline LOWP_ABI::kernel {

/// Nearest even, gradual underflow, no traps, for as long as the object lives; the caller's modes after that.
///
/// Meaning  held once per bulk call, and once per worker, wherever a kernel uses float arithmetic, so that results do
///          not depend on fesetround, FTZ or DAZ (which -ffast-math switches on at program start). Exception flags that
///          the kernels raise are not visible outside.
/// Cost     a few ns where the modes are the expected ones (they are read, not written).
class fp_env {
 public:
  fp_env() noexcept : saved_(read()) {
    if (saved_ != wanted(saved_)) {
      write(wanted(saved_));
    }
  }
  ~fp_env() { write(saved_); }
  fp_env(fp_env const&) = delete;
  fp_env& operator=(fp_env const&) = delete;

 private:
#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
  // MXCSR (Intel SDM volume 1, 10.2.3): 15 FTZ, 14-13 rounding, 12-7 exception masks, 6 DAZ, 5-0 flags.
  using word = std::uint32_t;
  static word wanted(word) noexcept { return 0x1f80U; }
  static word read() noexcept {
    word value = 0;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
  }
  static void write(word value) noexcept { __asm__ volatile("ldmxcsr %0" : : "m"(value) : "memory"); }
#elif (defined(__GNUC__) || defined(__clang__)) && defined(__aarch64__)
  // FPCR (Arm ARM, C5.2.8): 24 FZ, 23-22 rounding, 19 FZ16, 12-8 and 15 trap enables.
  using word = std::uint64_t;
  static word wanted(word value) noexcept { return value & ~word{0x01c8'9f00U}; }
  static word read() noexcept {
    word value = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void write(word value) noexcept { __asm__ volatile("msr fpcr, %0" : : "r"(value) : "memory"); }
#else
  // The portable path computes in integers where nothing better is known; the rounding mode is all there is to hold.
  using word = int;
  static word wanted(word) noexcept { return FE_TONEAREST; }
  static word read() noexcept { return std::fegetround(); }
  static void write(word value) noexcept { std::fesetround(value); }
#endif

  word saved_;
};

}  // namespace lowp::inline LOWP_ABI::kernel
