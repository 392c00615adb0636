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
#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
  fp_env() noexcept : saved_(read()) {
    if (saved_ != wanted) {
      write(wanted);
    }
  }
  ~fp_env() { write(saved_); }

 private:
  // MXCSR (Intel SDM volume 1, 10.2.3): 15 FTZ, 14-13 rounding, 12-7 exception masks, 6 DAZ, 5-0 flags.
  static constexpr std::uint32_t wanted = 0x1f80U;
  static std::uint32_t read() noexcept {
    std::uint32_t value = 0;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
  }
  static void write(std::uint32_t value) noexcept { __asm__ volatile("ldmxcsr %0" : : "m"(value) : "memory"); }

  std::uint32_t saved_;

#elif (defined(__GNUC__) || defined(__clang__)) && defined(__aarch64__)
  fp_env() noexcept : saved_(read_control()), flags_(read_status()) {
    if ((saved_ & unwanted) != 0) {
      write_control(saved_ & ~unwanted);
    }
  }
  ~fp_env() {
    if ((saved_ & unwanted) != 0) {
      write_control(saved_);
    }
    write_status(flags_);
  }

 private:
  // FPCR (Arm ARM DDI 0487, C5.2.8): 26 AHP, 25 DN, 24 FZ, 23-22 rounding, 19 FZ16, 15 and 12-8 trap enables, and where
  // FEAT_AFP is implemented 2 NEP, 1 AH, 0 FIZ. All of them 0 is IEEE 754. FPSR holds the exception flags.
  static constexpr std::uint64_t unwanted = 0x07c8'9f07U;
  static std::uint64_t read_control() noexcept {
    std::uint64_t value = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void write_control(std::uint64_t value) noexcept {
    __asm__ volatile("msr fpcr, %0" : : "r"(value) : "memory");
  }
  static std::uint64_t read_status() noexcept {
    std::uint64_t value = 0;
    __asm__ volatile("mrs %0, fpsr" : "=r"(value));
    return value;
  }
  static void write_status(std::uint64_t value) noexcept { __asm__ volatile("msr fpsr, %0" : : "r"(value) : "memory"); }

  std::uint64_t saved_;
  std::uint64_t flags_;

#else
  // The portable path computes in integers where nothing better is known; the rounding mode is all there is to hold.
  fp_env() noexcept : saved_(std::fegetround()) {
    if (saved_ != FE_TONEAREST) {
      std::fesetround(FE_TONEAREST);
    }
  }
  ~fp_env() { std::fesetround(saved_); }

 private:
  int saved_;
#endif

 public:
  fp_env(fp_env const&) = delete;
  fp_env& operator=(fp_env const&) = delete;
};

}  // namespace lowp::inline LOWP_ABI::kernel
