// SPDX-License-Identifier: Apache-2.0
//
// The contract between the driver of the matrix product and the kernels of an ISA. The driver owns blocking, packing of
// activations, edges and everything after the sum; a kernel owns one tile: a few rows of activations times one block of
// 64 columns of weights. Kernels know no formats: a weight code is an index into a table.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/pack/panel.hpp>

namespace lowp::inline LOWP_ABI::kernel {

/// What activations are packed as. R rows of a tile, 8 elements of k (a step), in the order in which kernels read them:
///   int8       [2 quads][P planes][R] words of 4 signed bytes: k0 k4 k1 k5, then k2 k6 k3 k7. For kernels that take blocks:
///              of up to 8 steps from a segment's start on, [P planes][R][steps][2 quads] of these words, where the words
///              of as many steps would be
///   bfloat16   [4 pairs][R] words of 2: the first element of a pair in the lower half
///   float32    [8][R] floats
namespace operand {
struct int8 {};
struct bfloat16 {};
struct float32 {};
}  // namespace operand

/// A run of k with constant scales. It starts with a step of its own in the packed weights and activations.
struct gemm_segment {
  std::size_t first_step;
  std::size_t length;  ///< elements; the last step may be partial, filled with +0 activations
  std::size_t weight_group;
};

/// Which part of a segment a tile call sees. Only a whole segment or its last part is scaled and added to acc; until then
/// its sum waits in `dots`.
enum class gemm_part : std::uint8_t { whole, first, middle, last };

/// How codes of 8 bits become bfloat16 numbers without a table of 256: sign, exponent and fraction are moved down, the
/// exponent gets another bias, and what is left to add to the first 16 magnitudes is looked up.
///
///   (mulhi(code << 8, multiplier) & mask) + offset + (magnitude < 16 ? high[magnitude] << 8 | low[magnitude] : 0)
struct minifloat_rule {
  bool holds = false;  ///< for magnitudes up to `last`; all beyond are NaN or infinite
  std::uint8_t last = 0;
  std::uint16_t multiplier = 0;  ///< 2^(8 + exponent bits)
  std::uint16_t mask = 0;
  std::uint16_t offset = 0;
  alignas(16) std::array<std::uint8_t, 16> low{};
  alignas(16) std::array<std::uint8_t, 16> high{};

  /// The rule of these values, if there is one: 3 to 5 bits of exponent, the rest but a sign fraction.
  static minifloat_rule of(std::array<float, 256> const& values) noexcept {
    auto const bits = [&](std::size_t code) { return std::bit_cast<std::uint32_t>(values[code]); };
    for (unsigned exponent = 3; exponent <= 5; ++exponent) {
      minifloat_rule rule;
      auto const moved = [&](std::size_t code) { return static_cast<std::uint32_t>(code << exponent); };
      std::size_t const normal = std::size_t{1} << (7 - exponent);
      rule.multiplier = static_cast<std::uint16_t>(1U << (8 + exponent));
      rule.mask = static_cast<std::uint16_t>(0x8000U | moved(127));
      rule.offset = static_cast<std::uint16_t>((bits(normal) >> 16U) - moved(normal));
      rule.holds = true;
      for (std::size_t i = 0; i < 128 && rule.holds; ++i) {
        std::uint32_t const value = bits(i);
        if ((value & 0x7f80'0000U) == 0x7f80'0000U) {  // nothing finite may follow, nor differ below 0
          rule.holds = i >= 16 && (bits(i + 128) & 0x7f80'0000U) == 0x7f80'0000U;
          continue;
        }
        std::uint32_t const rest = ((value >> 16U) - moved(i) - rule.offset) & 0xffffU;
        if (i < 16) {
          rule.low[i] = static_cast<std::uint8_t>(rest & 255U);
          rule.high[i] = static_cast<std::uint8_t>(rest >> 8U);
        }
        rule.holds = (value & 0xffffU) == 0 && (i < 16 || rest == 0) && bits(i + 128) == (value | 0x8000'0000U) &&
                     (i == 0 || rule.last + 1U == i);
        rule.last = static_cast<std::uint8_t>(i);
      }
      if (rule.holds) {
        return rule;
      }
    }
    return {};
  }
};

/// What codes of 16 bits are.
enum class half_word : std::uint8_t { bfloat16, binary16 };

/// What the codes of a weight format stand for, in the forms that kernels look up. Unused ones are not filled in.
struct weight_tables {
  alignas(64) std::array<float, 256> values{};
  alignas(64) std::array<std::uint8_t, 256> bfloat16_low{};    ///< lower byte of each value as bfloat16
  alignas(64) std::array<std::uint8_t, 256> bfloat16_high{};   ///< and the upper one
  alignas(64) std::array<std::uint8_t, 256> integers{};        ///< (value - lowest) / quantum
  alignas(64) std::array<std::uint16_t, 32> bfloat16_pairs{};  ///< values of a nibble, twice: a 5-bit index reads it
  std::uint8_t lowest = 0;                                     ///< lowest / quantum, modulo 256
  bool codes_are_integers = false;                             ///< integers[i] == i
  bool integers_are_small = false;                             ///< none exceeds 15
  minifloat_rule minifloat;                                    ///< float32, codes of 8 bits
  bool values_count = false;                                   ///< values[i] is values[0] + i, an integer
  bool fit_bfloat16 = false;                                   ///< the bfloat16 tables hold every value exactly
  half_word half_words = half_word::bfloat16;                  ///< codes of 16 bits, which need no table
};

/// One tile's work. Everything is 64-byte aligned except activations and the arrays [segment][R].
///
/// Meaning   for each segment and row: dot, the sum of products as the operand defines it; dot *= units (a power of two,
///           exact); dot *= activation_scales, rounded; acc = fma(dot, weight_scales, acc).
struct gemm_tile {
  static constexpr std::size_t state_bytes = 64;

  std::uint8_t const* weights;  ///< steps of the column block, or a decoded panel
  bool weights_are_codes;       ///< int8: a panel that no decoder made, of codes that are their own integers
  weight_tables const* tables;
  std::byte const* activations;       ///< the tile's packed rows
  std::size_t activation_step_bytes;  ///< from one step to the next
  float const* weight_scales;         ///< [group][64]
  std::int32_t const* corrections;    ///< int8: [segment][R], what unsigned weights added too much
  float const* units;                 ///< [segment][R], or nullptr: 1
  float const* activation_scales;     ///< [segment][R], or nullptr: none
  gemm_segment const* segments;
  std::size_t segment_count;
  gemm_part part;            ///< other than whole: of one segment
  std::uint8_t const* next;  ///< int8: codes wanted next: a kernel asks for cache lines of them every step; or nullptr
  std::size_t next_lines;    ///< a step: 1 but for kernels that take blocks
  std::byte* state;          ///< what kernels keep of one column block, at first zero; gemm_kernels::leave ends it
  float* acc;                ///< [R][64]
  void* dots;                ///< [R * P][64] words; of whole segments scratch
};

using gemm_tile_kernel = void (*)(gemm_tile const&) noexcept;

/// Turns `steps` steps of packed weights into an operand panel:
///   int8       [2 quads][64] words of 4 unsigned bytes        512 bytes a step (amx_int8: signed)
///   bfloat16   [4 pairs][64] words of 2                       1 KiB
///   float32    [8][64] floats                                 2 KiB
/// `next`: codes that will be wanted next, asked for along the way; nullptr: the tiles do that.
using panel_decoder = void (*)(std::uint8_t const* weights, std::size_t steps, weight_tables const& tables,
                               std::byte* panel, std::uint8_t const* next) noexcept;

/// Tiles for one number of planes, by rows: [R], nullptr where there is none. One of 1 row exists, or none at all.
struct gemm_tiles {
  static constexpr std::size_t most_rows = 8;
  std::array<gemm_tile_kernel, most_rows + 1> from_panel{};
  std::array<gemm_tile_kernel, most_rows + 1> from_nibbles{};  ///< decode in registers
};

/// The kernels of one ISA for one operand.
struct gemm_kernels {
  static constexpr std::size_t most_panel_bytes = 16384;

  char const* isa;
  char const* instruction;
  std::size_t step_bytes;  ///< of a panel
  std::size_t panel_bytes = most_panel_bytes;
  gemm_tiles planes[3];  ///< [P - 1]; bfloat16 and float32 have one. A tile of P planes exists for fewer, too
  panel_decoder decode_nibbles;
  panel_decoder decode_bytes;
  panel_decoder copy_bytes = nullptr;         ///< int8: of bytes that are their own integers
  panel_decoder decode_half_words = nullptr;  ///< float32
  /// With at most this many rows, decoding in registers again for each tile costs less than a panel.
  std::size_t most_register_rows = 12;
  /// Kernels of matrix registers: from_panel[1] takes blocks of this many rows, of which the last may be filled up.
  static constexpr std::size_t block_rows = 16;
  static constexpr std::size_t block_steps = 8;
  bool takes_blocks = false;
  void (*leave)(std::byte* state) noexcept = nullptr;
  /// What serves products of fewer rows, such that join sums in 64 bits, and where takes_blocks weights beyond 127; nullptr:
  /// these do.
  gemm_kernels const* otherwise = nullptr;
  std::size_t least_rows = 0;
  bool (*may_use)() noexcept = nullptr;  ///< asked before the first product; false: `otherwise` serves
  /// Products of more rows are faster in float32 on this CPU, where they are the same bits.
  std::size_t most_rows = static_cast<std::size_t>(-1);
};

}  // namespace lowp::inline LOWP_ABI::kernel
