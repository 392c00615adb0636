// SPDX-License-Identifier: Apache-2.0
//
// AMX tiles of bytes: the vpdpbusd kernels' sums, 16 rows by 16 columns by 64 elements at a time.
//
//   instruction      what it gives
//   tdpbssd          16384 products of bytes in 256 sums, every 16 clocks; it wraps
//   tileloadd        16 rows of 64 bytes, 8 clocks from the nearest cache
//   tilestored       the same back, 16 clocks
//   ldtilecfg        the shapes of the tiles; some 150 clocks, and it clears them
//
// A panel of bytes holds what a tile wants of weights as it stands: a row of 16 columns' quads every 256 bytes. Activations
// are packed by rows instead of by words (operand::int8). tdpbf16ps is not used: it adds even and odd elements up
// apart, which is another sum than the definition's.
#pragma once

#include <lowp/isa/amx_int8/target.hpp>

#if LOWP_X86

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/isa/avx512/gemm.hpp>
#include <lowp/isa/avx512_bf16/gemm.hpp>
#include <lowp/isa/avx512_vbmi/gemm.hpp>
#include <lowp/isa/avx512_vnni/gemm.hpp>
#include <lowp/kernel/cpu.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/kernel/slots.hpp>

LOWP_TARGET_BEGIN(LOWP_AMX_INT8_FLAGS)

namespace lowp::inline LOWP_ABI::kernel::amx_int8 {

inline constexpr std::size_t rows = gemm_kernels::block_rows;
inline constexpr std::size_t vectors = panel::columns / 16;

/// Tiles 0 to 3 are sums, 4 activations, 5 to 7 weights (Intel SDM volume 1, 18.2: palette 1).
struct alignas(64) tile_shapes {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t row_count[16] = {};

  /// Sums, activations, weights of `steps` steps.
  explicit tile_shapes(std::size_t steps) noexcept {
    for (std::size_t i = 0; i < 8; ++i) {
      bool const is_sums = i < 4;
      bool const is_weights = i > 4;
      row_count[i] = static_cast<std::uint8_t>(is_weights ? 2 * steps : rows);
      row_bytes[i] = static_cast<std::uint16_t>(is_sums || is_weights ? 64 : panel::step * steps);
    }
  }
};
static_assert(sizeof(tile_shapes) == 64);

/// Gives the tiles their shapes, unless they have them. That empties them.
LOWP_ALWAYS_INLINE void configure(gemm_tile const& t, std::size_t steps) noexcept {
  auto const wanted = static_cast<std::uint16_t>(steps);
  std::uint16_t now;
  std::memcpy(&now, t.state, sizeof now);
  if (now != wanted) {
    tile_shapes const shapes(steps);
    __asm__ volatile("ldtilecfg %0" : : "m"(shapes));
    std::memcpy(t.state, &wanted, sizeof wanted);
  }
}

inline void leave(std::byte* state) noexcept {
  __asm__ volatile("tilerelease" : : : "memory");
  std::memset(state, 0, gemm_tile::state_bytes);
}

/// A tile's number is part of the instruction.
template <std::size_t Tile>
LOWP_ALWAYS_INLINE void clear() noexcept {
  __asm__ volatile("tilezero %%tmm%c0" : : "i"(Tile) : "memory");
}
template <std::size_t Tile>
LOWP_ALWAYS_INLINE void load(void const* from, std::size_t row_bytes) noexcept {
  __asm__ volatile("tileloadd (%0, %1), %%tmm%c2" : : "r"(from), "r"(row_bytes), "i"(Tile) : "memory");
}
template <std::size_t Tile>
LOWP_ALWAYS_INLINE void store(void* to, std::size_t row_bytes) noexcept {
  __asm__ volatile("tilestored %%tmm%c2, (%0, %1)" : : "r"(to), "r"(row_bytes), "i"(Tile) : "memory");
}
/// sums += activations * weights, both signed.
template <std::size_t Sums, std::size_t Activations, std::size_t Weights>
LOWP_ALWAYS_INLINE void multiply() noexcept {
  __asm__ volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sums), "i"(Activations), "i"(Weights) : "memory");
}

/// Asks the second level of cache for what the tiles want next: the first one's buffers are needed for the activations.
LOWP_ALWAYS_INLINE std::uint8_t const* ask_for(std::uint8_t const* next, std::size_t lines) noexcept {
  for (std::size_t i = 0; i < lines; ++i) {
    _mm_prefetch(reinterpret_cast<char const*>(next + 64 * i), _MM_HINT_T1);
  }
  return next + 64 * lines;
}

/// 16 columns at the end of a segment: digits joined, one rounding, scales. `sums`: [plane][row][64].
template <std::size_t P, std::size_t Factors>
LOWP_ALWAYS_INLINE void add_segment(gemm_tile const& t, std::size_t s, std::int32_t const* sums,
                                    float const* const (&factors)[2], std::size_t vector) noexcept {
  __m512 const scale = _mm512_load_ps(t.weight_scales + t.segments[s].weight_group * panel::columns + 16 * vector);
#pragma GCC unroll 16
  for (std::size_t r = 0; r < rows; ++r) {
    __m512i sum = _mm512_load_si512(sums + r * panel::columns);
#pragma GCC unroll 2
    for (std::size_t plane = 1; plane < P; ++plane) {
      sum = _mm512_add_epi32(sum, _mm512_slli_epi32(_mm512_load_si512(sums + (plane * rows + r) * panel::columns),
                                                    static_cast<unsigned>(8 * plane)));
    }
    __m512 dot = _mm512_cvt_roundepi32_ps(sum, avx512::once);
#pragma GCC unroll 2
    for (std::size_t i = 0; i < Factors; ++i) {
      dot = _mm512_mul_round_ps(dot, _mm512_set1_ps(factors[i][s * rows + r]), avx512::once);
    }
    float* const acc = t.acc + r * panel::columns + 16 * vector;
    _mm512_store_ps(acc, _mm512_fmadd_ps(dot, scale, _mm512_load_ps(acc)));
  }
}

/// One plane of a segment, all 64 columns at once: rows of 64 sums from and to memory.
LOWP_ALWAYS_INLINE void load_row_of_tiles(std::int32_t const* sums) noexcept {
  constexpr std::size_t row_bytes = sizeof(std::int32_t) * panel::columns;
  load<0>(sums, row_bytes);
  load<1>(sums + 16, row_bytes);
  load<2>(sums + 32, row_bytes);
  load<3>(sums + 48, row_bytes);
}
LOWP_ALWAYS_INLINE void store_row_of_tiles(std::int32_t* sums) noexcept {
  constexpr std::size_t row_bytes = sizeof(std::int32_t) * panel::columns;
  store<0>(sums, row_bytes);
  store<1>(sums + 16, row_bytes);
  store<2>(sums + 32, row_bytes);
  store<3>(sums + 48, row_bytes);
}

/// `count` steps of one plane, as many as fill tiles of `at_once`.
LOWP_ALWAYS_INLINE std::uint8_t const* multiply_row_of_tiles(gemm_tile const& t, std::byte const* a,
                                                             std::uint8_t const* w, std::size_t count,
                                                             std::size_t at_once, std::uint8_t const* next) noexcept {
  std::size_t const row_bytes = panel::step * at_once;
  for (; count >= at_once; count -= at_once) {
    load<4>(a, row_bytes);
    load<5>(w, 4 * panel::columns);
    multiply<0, 4, 5>();
    load<6>(w + 64, 4 * panel::columns);
    multiply<1, 4, 6>();
    load<7>(w + 128, 4 * panel::columns);
    multiply<2, 4, 7>();
    load<5>(w + 192, 4 * panel::columns);
    multiply<3, 4, 5>();
    a += at_once * t.activation_step_bytes;
    w += at_once * 8 * panel::columns;
    next = next != nullptr ? ask_for(next, at_once * t.next_lines) : next;
  }
  return next;
}

/// Segments one by one, plane after plane.
template <std::size_t P, std::size_t Factors>
LOWP_ALWAYS_INLINE void each_segment(gemm_tile const& t, float const* const (&factors)[2]) noexcept {
  bool const fresh = t.part == gemm_part::whole || t.part == gemm_part::first;
  bool const ends = t.part == gemm_part::whole || t.part == gemm_part::last;
  auto* const all_sums = static_cast<std::int32_t*>(t.dots);
  std::uint8_t const* next = t.next;
  for (std::size_t s = 0; s < t.segment_count; ++s) {
    std::size_t const first = t.segments[s].first_step;
    std::size_t const count = (t.segments[s].length + panel::step - 1) / panel::step;
    std::size_t const at_once = count < gemm_kernels::block_steps ? count : gemm_kernels::block_steps;
    std::size_t const rest = count % at_once;
    std::uint8_t const* const w = t.weights + first * 8 * panel::columns;
    std::byte const* const a = t.activations + first * t.activation_step_bytes;
    for (std::size_t plane = 0; plane < P; ++plane) {
      std::int32_t* const sums = all_sums + plane * rows * panel::columns;
      configure(t, at_once);
      if (fresh) {
        clear<0>();
        clear<1>();
        clear<2>();
        clear<3>();
      } else {
        load_row_of_tiles(sums);
      }
      std::uint8_t const* asked = plane == 0 ? next : nullptr;
      asked = multiply_row_of_tiles(t, a + plane * rows * panel::step * at_once, w, count, at_once, asked);
      store_row_of_tiles(sums);
      if (rest != 0) {  // in tiles of another shape, which are empty again
        configure(t, rest);
        load_row_of_tiles(sums);
        std::size_t const done = count - rest;
        asked = multiply_row_of_tiles(t, a + done * t.activation_step_bytes + plane * rows * panel::step * rest,
                                      w + done * 8 * panel::columns, rest, rest, asked);
        store_row_of_tiles(sums);
      }
      next = plane == 0 ? asked : next;
    }
    for (std::size_t v = 0; v < vectors && ends; ++v) {
      add_segment<P, Factors>(t, s, all_sums + 16 * v, factors, v);
    }
  }
}

template <std::size_t P, std::size_t Factors>
void block_of(gemm_tile const& t, float const* first, float const* second) noexcept {
  each_segment<P, Factors>(t, {first, second});
}

/// 16 rows in P planes from a panel of bytes.
template <std::size_t P>
void block(gemm_tile const& t) noexcept {
  bool const two = t.units != nullptr && t.activation_scales != nullptr;
  bool const none = t.units == nullptr && t.activation_scales == nullptr;
  if (two) {
    block_of<P, 2>(t, t.units, t.activation_scales);
  } else if (none) {
    block_of<P, 0>(t, nullptr, nullptr);
  } else {
    block_of<P, 1>(t, t.units != nullptr ? t.units : t.activation_scales, nullptr);
  }
}

/// Weights by their least value and what they exceed it by, as bytes.
struct signed_integers {
  __m512i lowest;

  explicit signed_integers(weight_tables const& tables) noexcept
      : lowest(_mm512_set1_epi8(static_cast<char>(tables.lowest))) {}
  LOWP_ALWAYS_INLINE __m512i operator()(__m512i above) const noexcept { return _mm512_add_epi8(above, lowest); }
};

inline void nibbles_to_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                             std::byte* panel, std::uint8_t const*) noexcept {
  signed_integers const integers(tables);
  __m512i const table =
      integers(_mm512_broadcast_i32x4(_mm_load_si128(reinterpret_cast<__m128i const*>(tables.integers.data()))));
  for (std::size_t i = 0; i < steps; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v) {
      __m512i const codes = _mm512_load_si512(weights + 64 * v);
      _mm512_store_si512(panel + 64 * v, avx512_vnni::to_bytes<std::false_type>(codes, table));
      _mm512_store_si512(panel + 256 + 64 * v,
                         avx512_vnni::to_bytes<std::false_type>(_mm512_srli_epi16(codes, 4), table));
    }
    weights += panel::step_bytes(panel::width::nibble);
    panel += 8 * panel::columns;
  }
}

inline void bytes_to_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                           std::byte* panel, std::uint8_t const*) noexcept {
  signed_integers const integers(tables);
  auto const table = avx512_vbmi::byte_table::load(tables.integers.data());
  for (std::size_t i = 0; i < steps * 8 * panel::columns; i += 64) {
    _mm512_store_si512(panel + i, integers(table(_mm512_load_si512(weights + i))));
  }
}

inline void copy_bytes(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables, std::byte* panel,
                       std::uint8_t const*) noexcept {
  signed_integers const integers(tables);
  for (std::size_t i = 0; i < steps * 8 * panel::columns; i += 64) {
    _mm512_store_si512(panel + i, integers(_mm512_load_si512(weights + i)));
  }
}

inline constexpr gemm_kernels kernels = [] {
  gemm_kernels k{};
  k.step_bytes = panel::step * panel::columns;
  k.decode_nibbles = &nibbles_to_bytes;
  k.decode_bytes = &bytes_to_bytes;
  k.copy_bytes = &copy_bytes;
  k.isa = isa::amx_int8::name;
  k.instruction = "tdpbssd";
  k.planes[0].from_panel[1] = &block<1>;
  k.planes[1].from_panel[1] = &block<2>;
  k.planes[2].from_panel[1] = &block<3>;
  k.takes_blocks = true;
  k.panel_bytes = 8192;
  k.leave = &leave;
  k.least_rows = 12;
  k.otherwise = &avx512_vbmi::kernels;
  k.may_use = &may_use_tiles;
  return k;
}();

}  // namespace lowp::inline LOWP_ABI::kernel::amx_int8

namespace lowp::inline LOWP_ABI::kernel {

template <>
struct gemm_slot<isa::amx_int8, operand::int8> {
  using served_by = isa::amx_int8;
  static constexpr gemm_kernels const* kernels() noexcept { return &amx_int8::kernels; }
};

}  // namespace lowp::inline LOWP_ABI::kernel

LOWP_TARGET_END

#endif
