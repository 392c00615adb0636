// SPDX-License-Identifier: Apache-2.0
#include "dot_peaks.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <lowp/kernel/cpu.hpp>

namespace bench {

namespace {

// Twelve statements, each with a register of its own, so that nothing depends on a compiler's mood.
#define LOWP_BENCH_TWELVE(OP) OP(0) OP(1) OP(2) OP(3) OP(4) OP(5) OP(6) OP(7) OP(8) OP(9) OP(10) OP(11)

}  // namespace

#define LOWP_BENCH_ZMM(i) INSTRUCTION " %%zmm30, %%zmm31, %%zmm" #i "\n"
#define LOWP_BENCH_ZMM_CLEAR(i) "vpxord %%zmm" #i ", %%zmm" #i ", %%zmm" #i "\n"
#define LOWP_BENCH_CLOBBERS                                                                                           \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm14", "xmm15", \
      "memory"

#define LOWP_BENCH_LOOP(BODY, CLEAR) \
  __asm__ volatile(CLEAR "1:\n" BODY BODY "dec %0\n jnz 1b\n" : "+r"(rounds) : : LOWP_BENCH_CLOBBERS)

// A function that runs INSTRUCTION on 24 independent registers a round; WIDTH products an instruction. 0 without FEATURE.
#define LOWP_BENCH_PEAK(NAME, FEATURE, WIDTH)                                                                   \
  std::size_t NAME(std::size_t rounds) {                                                                        \
    if (!__builtin_cpu_supports(FEATURE)) {                                                                     \
      return 0;                                                                                                 \
    }                                                                                                           \
    std::size_t const done = rounds * 2 * 12 * (WIDTH);                                                         \
    LOWP_BENCH_LOOP(LOWP_BENCH_TWELVE(LOWP_BENCH_ZMM),                                                          \
                    LOWP_BENCH_TWELVE(LOWP_BENCH_ZMM_CLEAR) LOWP_BENCH_ZMM_CLEAR(30) LOWP_BENCH_ZMM_CLEAR(31)); \
    return done;                                                                                                \
  }

#define INSTRUCTION "vdpbf16ps"
LOWP_BENCH_PEAK(multiply_bfloat16, "avx512bf16", 32)
#undef INSTRUCTION
#define INSTRUCTION "vpdpbusd"
LOWP_BENCH_PEAK(multiply_bytes, "avx512vnni", 64)
#undef INSTRUCTION
#define INSTRUCTION "vfmadd231ps"
LOWP_BENCH_PEAK(multiply_floats, "avx512f", 16)
#undef INSTRUCTION

std::size_t multiply_tiles(std::size_t rounds) {
  if (!lowp::kernel::may_use_tiles()) {
    return 0;
  }
  struct alignas(64) shapes {
    unsigned char palette = 1;
    unsigned char unused[15] = {};
    unsigned short row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    unsigned char rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } const whole;
  std::size_t const turns = rounds / 16;  // an instruction takes 16 clocks
  __asm__ volatile("ldtilecfg %0" : : "m"(whole));
  for (std::size_t i = 0; i < turns; ++i) {
    __asm__ volatile(
        "tdpbssd %tmm6, %tmm4, %tmm0\n\t"
        "tdpbssd %tmm7, %tmm4, %tmm1\n\t"
        "tdpbssd %tmm6, %tmm5, %tmm2\n\t"
        "tdpbssd %tmm7, %tmm5, %tmm3");
  }
  __asm__ volatile("tilerelease");
  return turns * 4 * 16384;
}

#define LOWP_BENCH_YMM(i) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #i "\n"
#define LOWP_BENCH_YMM_CLEAR(i) "vpxor %%ymm" #i ", %%ymm" #i ", %%ymm" #i "\n"

std::size_t multiply_floats_ymm(std::size_t rounds) {
  if (!__builtin_cpu_supports("fma")) {
    return 0;
  }
  std::size_t const done = rounds * 2 * 12 * 8;
  LOWP_BENCH_LOOP(LOWP_BENCH_TWELVE(LOWP_BENCH_YMM),
                  LOWP_BENCH_TWELVE(LOWP_BENCH_YMM_CLEAR) LOWP_BENCH_YMM_CLEAR(14) LOWP_BENCH_YMM_CLEAR(15));
  return done;
}

// As many products a round as AVX2 can sum without overflow: maddubs, addition of words; one maddwd in eight is left out.
#define LOWP_BENCH_BYTES_YMM(i) "vpmaddubsw %%ymm14, %%ymm15, %%ymm13\n vpaddw %%ymm13, %%ymm" #i ", %%ymm" #i "\n"

std::size_t multiply_bytes_ymm(std::size_t rounds) {
  if (!__builtin_cpu_supports("avx2")) {
    return 0;
  }
  std::size_t const done = rounds * 2 * 12 * 32;
  LOWP_BENCH_LOOP(LOWP_BENCH_TWELVE(LOWP_BENCH_BYTES_YMM),
                  LOWP_BENCH_TWELVE(LOWP_BENCH_YMM_CLEAR) LOWP_BENCH_YMM_CLEAR(14) LOWP_BENCH_YMM_CLEAR(15));
  return done;
}

unsigned long long read_all(unsigned char const* from, std::size_t bytes) {
  unsigned long long sum[32] = {};
  auto const* words = reinterpret_cast<unsigned long long const*>(from);
  for (std::size_t i = 0; i < bytes / 8; i += 32) {
    for (std::size_t j = 0; j < 32; ++j) {
      sum[j] += words[i + j];
    }
  }
  unsigned long long all = 0;
  for (unsigned long long const s : sum) {
    all += s;
  }
  return all;
}

}  // namespace bench

#else

namespace bench {
std::size_t multiply_bfloat16(std::size_t) { return 0; }
std::size_t multiply_bytes(std::size_t) { return 0; }
std::size_t multiply_tiles(std::size_t) { return 0; }
std::size_t multiply_floats(std::size_t) { return 0; }
std::size_t multiply_floats_ymm(std::size_t) { return 0; }
std::size_t multiply_bytes_ymm(std::size_t) { return 0; }
unsigned long long read_all(unsigned char const* from, std::size_t bytes) {
  unsigned long long sum = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    sum += from[i];
  }
  return sum;
}
}  // namespace bench

#endif
