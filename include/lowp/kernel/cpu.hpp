// SPDX-License-Identifier: Apache-2.0
//
// What this CPU can do, asked once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <lowp/base/config.hpp>

#if LOWP_NEON && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace lowp::inline LOWP_ABI::kernel {

#if LOWP_X86

/// Instruction sets that both the CPU has and the operating system saves (Intel SDM volume 1, 13.3 and 14.3; volume 2,
/// CPUID, leaf 7; AMD APM volume 3, appendix E).
struct cpu_features {
  bool avx2 = false;         ///< AVX2, FMA and F16C
  bool avx_vnni = false;     ///< and AVX-VNNI
  bool avx512 = false;       ///< AVX-512 F, BW, DQ, VL
  bool avx512_vnni = false;  ///< and VNNI
  bool avx512_vbmi = false;  ///< and VBMI, VBMI2
  bool avx512_bf16 = false;  ///< and BF16
  bool amx_int8 = false;     ///< and AMX tiles of bytes, on systems known to hand them out: may_use_tiles() asks
  /// vdpbf16ps every other clock, half the products of two fma a clock: Intel (measured on Sapphire Rapids). AMD: two a clock.
  bool slow_bfloat16_dots = false;
  std::size_t l2_bytes = std::size_t{1} << 20U;

  static cpu_features probe() noexcept {
    cpu_features f;
    registers const top = cpuid(0, 0);
    if (top.a < 7) {
      return f;
    }
    f.slow_bfloat16_dots = top.b == 0x756e'6547U;  // "Genu"ineIntel
    registers const basic = cpuid(1, 0);
    bool const os_saves = has(basic.c, 27);  // OSXSAVE
    if (!os_saves) {
      return f;
    }
    std::uint32_t const saved = extended_control();
    registers const extended = cpuid(7, 0);
    bool const ymm = (saved & 0x6U) == 0x6U;    // SSE and AVX state
    bool const zmm = (saved & 0xe6U) == 0xe6U;  // and opmask, upper ZMM, ZMM16-31
    f.avx2 = ymm && has(extended.b, 5) && has(basic.c, 12) && has(basic.c, 29);
    f.avx512 =
        f.avx2 && zmm && has(extended.b, 16) && has(extended.b, 17) && has(extended.b, 30) && has(extended.b, 31);
    f.avx512_vnni = f.avx512 && has(extended.c, 11);
    f.avx512_vbmi = f.avx512_vnni && has(extended.c, 1) && has(extended.c, 6);
    if (extended.a >= 1) {  // leaf 7 has subleaves
      registers const further = cpuid(7, 1);
      f.avx_vnni = f.avx2 && has(further.a, 4);
      f.avx512_bf16 = f.avx512_vbmi && has(further.a, 5);
#if defined(__linux__)
      bool const tiles = (saved & 0x6'0000U) == 0x6'0000U;  // their shapes and data
      f.amx_int8 = f.avx512_bf16 && tiles && has(extended.d, 24) && has(extended.d, 25);
#endif
    }
    // Intel describes its caches in leaf 4, AMD in leaf 8000001d, in the same words.
    for (std::uint32_t const leaf : {4U, 0x8000'001dU}) {
      std::uint32_t const last = cpuid(leaf & 0x8000'0000U, 0).a;
      for (std::uint32_t i = 0; last >= leaf && i < 8; ++i) {
        registers const cache = cpuid(leaf, i);
        if ((cache.a & 0x1fU) == 0) {
          break;  // no more
        }
        if ((cache.a >> 5U & 7U) == 2) {
          std::size_t const ways = (cache.b >> 22U) + 1U;
          std::size_t const partitions = (cache.b >> 12U & 0x3ffU) + 1U;
          std::size_t const line = (cache.b & 0xfffU) + 1U;
          f.l2_bytes = ways * partitions * line * (std::size_t{cache.c} + 1U);
        }
      }
    }
    return f;
  }

  static cpu_features const& get() noexcept {
    static cpu_features const found = probe();
    return found;
  }

 private:
  struct registers {
    std::uint32_t a, b, c, d;
  };
  static registers cpuid(std::uint32_t leaf, std::uint32_t subleaf) noexcept {
    registers r{};
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
    return r;
  }
  static std::uint32_t extended_control() noexcept {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
  }
  static bool has(std::uint32_t word, int bit) noexcept { return ((word >> bit) & 1U) != 0; }
};

/// Whether this process may use AMX tiles. The first call asks Linux for them (5.16 and later, Documentation/arch/x86/xstate.rst):
/// arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA), for all threads and for good.
///
/// Meaning   a permission reserves nothing. From then on the kernel holds alternate signal stacks to the size that a thread
///           with tiles in use needs: it refuses the permission where one is too small for that already, and refuses such
///           stacks afterwards (some 11 KB, getauxval(AT_MINSIGSTKSZ)). So nobody asks before a matrix product would use
///           them; under lowp::with_isa(lowp::isa::avx512_bf16{}) nobody asks at all.
inline bool may_use_tiles() noexcept {
#if defined(__linux__)
  static bool const allowed = [] {
    if (!cpu_features::get().amx_int8) {
      return false;
    }
    constexpr long arch_prctl = 158;                       // asm/unistd_64.h
    constexpr unsigned long request_permission = 0x1023U;  // asm/prctl.h
    constexpr unsigned long tile_data = 18;                // the component's number in XCR0
    long result = arch_prctl;
    // A system call spoils rcx and r11 (x86-64 psABI, A.2.1).
    __asm__ volatile("syscall" : "+a"(result) : "D"(request_permission), "S"(tile_data) : "rcx", "r11", "memory");
    return result == 0;
  }();
  return allowed;
#else
  return false;
#endif
}

/// Whether results of that many bytes pass the cache by: above half of L2 they would only push out what is there, and are
/// read from memory before they are written to it.
inline bool streams(std::size_t bytes) noexcept { return bytes > cpu_features::get().l2_bytes / 2; }

/// After the last of them: other threads see them before anything that this one writes later.
inline void end_streams() noexcept { __asm__ volatile("sfence" : : : "memory"); }

#else

#if LOWP_NEON
/// What a CPU may have beyond the base architecture.
struct cpu_features {
  bool dotprod = false;  ///< FEAT_DotProd

  static cpu_features probe() noexcept {
    cpu_features f;
#if defined(__linux__)
    constexpr int asimddp = 20;  // Linux, Documentation/arm64/elf_hwcaps.rst: ID_AA64ISAR0_EL1.DP says so
    f.dotprod = (getauxval(AT_HWCAP) >> asimddp & 1U) != 0;
#elif defined(__APPLE__) && defined(__MACH__) && !defined(__ENVIRONMENT_IPHONE_OS_VERSION_MIN_REQUIRED__)
    f.dotprod = true;  // from the first of Apple's AArch64 computers on
#endif
    return f;
  }

  static cpu_features const& get() noexcept {
    static cpu_features const found = probe();
    return found;
  }
};
#endif

inline bool streams(std::size_t) noexcept { return false; }
inline void end_streams() noexcept {}

#endif

}  // namespace lowp::inline LOWP_ABI::kernel
