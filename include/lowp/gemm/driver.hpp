// SPDX-License-Identifier: Apache-2.0
//
// From a product without types to its tiles: which path serves it, packing of activations, blocking, edges. The numbers
// come from definition.hpp, or from kernels that equal it.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/gemm/activations.hpp>
#include <lowp/gemm/definition.hpp>
#include <lowp/gemm/operand_facts.hpp>
#include <lowp/gemm/packed_weights.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/kernel/fp_env.hpp>
#include <lowp/kernel/gemm_tile.hpp>
#include <lowp/parallel/executor.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// One call of gemm.
struct product {
  activation_matrix a;
  packed_matrix w;
  summation how = summation::float_pairs;  ///< exact for two integer operands too
  std::size_t first_row = 0;
  std::size_t last_row = 0;
  std::size_t first_col = 0;
  std::size_t last_col = 0;
  /// Steps 4 and 5 of the definition on acc of y[row][col .. col + count), and the store.
  void const* sink = nullptr;
  void (*finish)(void const* sink, std::size_t row, std::size_t col, float* acc, std::size_t count) noexcept = nullptr;
};

/// What multiplies.
enum class compute : std::uint8_t { definition, int8, bfloat16, float32 };

constexpr char const* to_string(compute c) noexcept {
  constexpr char const* names[] = {"definition", "int8", "bfloat16", "float32"};
  return names[static_cast<int>(c)];
}

/// A path and its kernels (nullptr for the definition).
struct chosen_path {
  compute by = compute::definition;
  kernel::gemm_kernels const* kernels = nullptr;
  std::size_t planes = 1;  ///< the most that a segment of activations may need
};

/// The kernels of the ISA that serves this thread, by operand.
struct kernels_here {
  kernel::gemm_kernels const* int8;
  kernel::gemm_kernels const* bfloat16;
  kernel::gemm_kernels const* float32;

  static kernels_here get() noexcept {
    return kernel::dispatch([](auto tag) {
      using tag_type = decltype(tag);
      return kernels_here{kernel::gemm_slot<tag_type, kernel::operand::int8>::kernels(),
                          kernel::gemm_slot<tag_type, kernel::operand::bfloat16>::kernels(),
                          kernel::gemm_slot<tag_type, kernel::operand::float32>::kernels()};
    });
  }
};

/// Balanced base-256 digits that integers of this magnitude need.
constexpr std::size_t planes_for(std::uint64_t greatest) noexcept {
  // P digits in [-128, 127] reach 127 (256^P - 1) / 255.
  return greatest <= 127 ? 1 : greatest <= 32639 ? 2 : greatest <= 8355711 ? 3 : 4;
}

/// The path of a pair of formats for a product of `rows` rows. `in_bfloat16_range`: a scan of bfloat16 activations found
/// them to be 0 or in [2^-60, 2^60]; `finite`: a scan found all activations finite.
inline chosen_path choose_path(operand_facts const& a, operand_facts const& w, summation how, weight_layout layout,
                               kernels_here const& here, std::size_t rows, bool in_bfloat16_range,
                               bool finite) noexcept {
  if (layout != weight_layout::columns) {
    return {};
  }
  if (how == summation::exact) {
    std::size_t const planes = a.greatest == 0 ? 4 : a.lowest == -128 ? 1 : planes_for(a.greatest);
    // Units and factors are floats: power_of_two's range, and 22 more for zeros that a row's elements end in.
    int const quantum = a.quantum + w.quantum;
    bool const fits = w.is_integer8 && planes <= 3 && finite && a.quantum >= -127 && quantum >= -126 && quantum <= 104;
    if (!fits || here.int8 == nullptr) {
      return {};
    }
    bool const few = rows < here.int8->least_rows || (here.int8->takes_blocks && w.lowest == 0 && w.greatest > 127) ||
                     (here.int8->may_use != nullptr && !here.int8->may_use());
    kernel::gemm_kernels const* const kernels = few ? here.int8->otherwise : here.int8;
    bool const serves = kernels != nullptr && kernels->planes[planes - 1].from_panel[1] != nullptr;
    return serves ? chosen_path{compute::int8, kernels, planes} : chosen_path{};
  }
  bool const pairs = bfloat16_computes(a, w) || (in_bfloat16_range && bfloat16_computes_in_range(a, w));
  if (pairs && here.bfloat16 != nullptr && (rows <= here.bfloat16->most_rows || here.float32 == nullptr)) {
    return {compute::bfloat16, here.bfloat16, 1};
  }
  return here.float32 != nullptr ? chosen_path{compute::float32, here.float32, 1} : chosen_path{};
}

/// Elements of activations from k = begin on, decoded into `buffer`, which has room for 7 more; returns the first.
inline float const* decode_from(activation_matrix const& a, std::size_t row, std::size_t begin, std::size_t count,
                                float* buffer) noexcept {
  std::size_t const skipped = begin % 8;
  a.decode_run(row, begin - skipped, count + skipped, buffer);
  return buffer + skipped;
}

/// What packing has to know of the values of activations before a path is chosen.
struct activation_scan {
  bool finite = true;
  bool in_bfloat16_range = true;

  static activation_scan of(product const& p) noexcept {
    activation_scan found;
    bool const range = p.a.facts.is_bfloat16 && p.how == summation::float_pairs;
    bool const finite = !p.a.facts.all_finite && p.how == summation::exact;
    found.in_bfloat16_range = range;
    if (!range && !finite) {
      return found;
    }
    constexpr std::size_t chunk = 512;
    alignas(64) float buffer[chunk];
    for (std::size_t row = p.first_row; row < p.last_row; ++row) {
      for (std::size_t k = 0; k < p.a.cols; k += chunk) {
        std::size_t const count = p.a.cols - k < chunk ? p.a.cols - k : chunk;
        p.a.decode_run(row, k, count, buffer);
        for (std::size_t i = 0; i < count; ++i) {
          std::uint32_t const magnitude = bits_of(buffer[i]) & ~float_sign;
          found.finite = found.finite && magnitude < float_infinity;
          bool const inside = magnitude >= bits_of(0x1p-60F) && magnitude <= bits_of(0x1p60F);
          found.in_bfloat16_range = found.in_bfloat16_range && (inside || magnitude == 0);
        }
      }
    }
    return found;
  }
};

// --- The definition, in blocks ---------------------------------------------------------------------------------------

/// A block of at most 8 rows and 64 columns of y, by the definition.
inline void multiply_by_definition(product const& p, std::size_t row, std::size_t rows, std::size_t col,
                                   std::size_t cols) noexcept {
  constexpr std::size_t most_rows = 8;
  constexpr std::size_t chunk = 256;
  float acc[most_rows][panel::columns] = {};
  float dots[most_rows][panel::columns];
  std::int64_t sums[most_rows][panel::columns];
  bool special[most_rows][panel::columns];  // a segment holds NaN or infinity
  float a_buffer[most_rows][chunk + 8];
  float w_buffer[chunk];
  bool const exact = p.how == summation::exact;
  bool const pairs = !exact || !p.a.facts.all_finite || !p.w.facts.all_finite;
  segment s{0, 0};
  for (; s.begin < p.a.cols; s.begin += s.length) {
    s = segment_at(s.begin, p.a.cols, p.w.group, p.a.has_groups ? p.a.group : p.a.cols);
    std::memset(dots, 0, sizeof dots);
    std::memset(sums, 0, sizeof sums);
    std::memset(special, 0, sizeof special);
    for (std::size_t k = 0; k < s.length; k += chunk) {
      std::size_t const count = s.length - k < chunk ? s.length - k : chunk;
      float const* a[most_rows];
      bool a_finite[most_rows];
      for (std::size_t i = 0; i < rows; ++i) {
        a[i] = decode_from(p.a, row + i, s.begin + k, count, a_buffer[i]);
        a_finite[i] = p.a.facts.all_finite || all_finite(a[i], count);
      }
      for (std::size_t j = 0; j < cols; ++j) {
        p.w.decode(p.w, col + j, s.begin + k, count, w_buffer);
        bool const w_finite = p.w.facts.all_finite || all_finite(w_buffer, count);
        for (std::size_t i = 0; i < rows; ++i) {
          if (pairs) {
            dots[i][j] = dot_pairs(a[i], w_buffer, count, dots[i][j]);
          }
          if (exact && a_finite[i] && w_finite) {
            sums[i][j] = dot_quanta(a[i], w_buffer, count, p.a.facts, p.w.facts, sums[i][j]);
          } else {
            special[i][j] = true;
          }
        }
      }
    }
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j) {
        float dot = exact && !special[i][j] ? round_quanta(sums[i][j], p.a.facts, p.w.facts) : dots[i][j];
        if (p.a.has_groups) {
          dot = multiply_once(dot, p.a.group_scale(row + i, s.begin / p.a.group));
        }
        acc[i][j] = fma_once(dot, p.w.scale(col + j, s.begin / p.w.group), acc[i][j]);
      }
    }
  }
  for (std::size_t i = 0; i < rows; ++i) {
    p.finish(p.sink, row + i, col, acc[i], cols);
  }
}

// --- Tiles -----------------------------------------------------------------------------------------------------------

/// Rows of activations that share decoded weights, and the memory that a task keeps on its stack.
inline constexpr std::size_t most_block_rows = 96;
inline constexpr std::size_t most_panel_segments = 32;

constexpr std::size_t round_up_to_blocks(std::size_t rows) noexcept {
  constexpr std::size_t block_rows = kernel::gemm_kernels::block_rows;
  return (rows + block_rows - 1) / block_rows * block_rows;
}

/// The activations of a call as its kernels read them, in one piece of memory.
struct packed_activations {
  chosen_path path;
  std::size_t rows = 0;
  std::size_t steps = 0;
  std::size_t segment_count = 0;
  std::size_t row_step_bytes = 0;  ///< words of one row and step
  bool has_units = false;
  /// Sums of int8 products in longer segments are joined in 64 bits after this many elements; 0: there are none.
  std::size_t joined = 0;
  kernel::gemm_segment* segments = nullptr;
  std::size_t* segment_begins = nullptr;  ///< in k
  std::byte* words = nullptr;
  // Per row and segment: [segment][R] of each tile, one tile after the other.
  std::int32_t* corrections = nullptr;
  std::int64_t* wide_corrections = nullptr;
  float* units = nullptr;
  float* scales = nullptr;
  std::uint8_t* planes = nullptr;  ///< [segment] of each tile, at its first row: planes in use

  /// Lays the parts out from `memory` on; with nullptr it only counts. Returns the bytes.
  std::size_t place(std::byte* memory) noexcept {
    std::size_t used = 0;
    auto const next = [&]<class T>(T*& part, std::size_t count) {
      part = memory == nullptr ? nullptr : reinterpret_cast<T*>(memory + used);
      used += (count * sizeof(T) + 63) / 64 * 64;
    };
    next(words, rows * steps * row_step_bytes);
    next(segments, segment_count);
    next(segment_begins, segment_count);
    next(corrections, path.by == compute::int8 ? rows * segment_count : 0);
    next(wide_corrections, joined != 0 ? rows * segment_count : 0);
    next(planes, path.by == compute::int8 ? rows * segment_count : 0);
    next(units, has_units ? rows * segment_count : 0);
    next(scales, rows * segment_count);
    return used;
  }
};

/// The shape of the packed activations of a product; a path of `definition` where a segment begins within a step.
inline packed_activations shape_of(product const& p, chosen_path path) noexcept {
  packed_activations shape;
  shape.path = path;
  shape.rows = p.last_row - p.first_row;
  if (path.kernels->takes_blocks) {
    shape.rows = round_up_to_blocks(shape.rows);
  }
  shape.steps = p.w.steps();
  shape.row_step_bytes = path.by == compute::int8       ? panel::step * path.planes
                         : path.by == compute::bfloat16 ? 2 * panel::step
                                                        : 4 * panel::step;
  // Integers whose quanta are 1 need no unit unless they are aligned.
  shape.has_units = path.by == compute::int8 && (path.planes > 1 || p.a.facts.quantum + p.w.facts.quantum != 0);
  std::size_t longest = 0;
  segment s{0, 0};
  for (; s.begin < p.a.cols; s.begin += s.length) {
    s = segment_at(s.begin, p.a.cols, p.w.group, p.a.has_groups ? p.a.group : p.a.cols);
    longest = s.length > longest ? s.length : longest;
    ++shape.segment_count;
    if (s.begin % p.w.group % panel::step != 0) {
      shape.path = {};
      return shape;
    }
  }
  if (path.by == compute::int8) {
    // A whole segment's sum wraps harmlessly as long as its true value fits 32 bits; a part's sum is taken with the
    // unsigned weights, which reach further.
    std::uint64_t const a = p.a.facts.greatest;
    std::uint64_t const reach = p.w.facts.greatest + static_cast<std::uint64_t>(-p.w.facts.lowest);
    constexpr std::uint64_t most = 0x7fff'ffffU;
    if (a * p.w.facts.greatest != 0 && longest > most / (a * p.w.facts.greatest)) {
      shape.joined = static_cast<std::size_t>(most / (a * reach)) / panel::step * panel::step;
      if (shape.joined == 0) {  // not even a step's sum fits
        shape.path = {};
        return shape;
      }
      shape.path.kernels = path.kernels->otherwise != nullptr ? path.kernels->otherwise : path.kernels;
    }
  }
  return shape;
}

inline void fill_segments(product const& p, packed_activations& packed) noexcept {
  segment s{0, 0};
  for (std::size_t i = 0; i < packed.segment_count; ++i, s.begin += s.length) {
    s = segment_at(s.begin, p.a.cols, p.w.group, p.a.has_groups ? p.a.group : p.a.cols);
    std::size_t const g = s.begin / p.w.group;
    packed.segment_begins[i] = s.begin;
    packed.segments[i] = {g * packed_matrix::group_steps(p.w.group) + s.begin % p.w.group / panel::step, s.length, g};
  }
}

/// With at most this many rows, bytes that need no decoding are read where they are.
inline constexpr std::size_t most_rows_in_place = 12;

/// The tiles that serve a block of `rows` rows, by their rows: packing and multiplying must agree.
inline auto const& tiles_for(product const& p, packed_activations const& packed, std::size_t rows) noexcept {
  kernel::gemm_tiles const& tiles = packed.path.kernels->planes[packed.path.planes - 1];
  bool const in_registers = p.w.width == panel::width::nibble && tiles.from_nibbles[1] != nullptr &&
                            rows <= packed.path.kernels->most_register_rows && packed.joined == 0;
  return in_registers ? tiles.from_nibbles : tiles.from_panel;
}

/// Calls use(row, tile) for each tile of `rows` rows: all that are left, half of them, or as many as there is a tile for.
template <class Tiles, class F>
void each_tile(kernel::gemm_kernels const& kernels, Tiles const& tiles, std::size_t rows, F&& use) {
  for (std::size_t row = 0; row < rows;) {
    std::size_t const left = rows - row;
    if (kernels.takes_blocks) {
      use(row, kernels.block_rows);
      row += kernels.block_rows;
      continue;
    }
    std::size_t tile = 0;
    for (std::size_t r = 1; r < tiles.size(); ++r) {
      tile = tiles[r] != nullptr && r <= left ? r : tile;
    }
    if (tile != left && left % 2 == 0 && left / 2 < tiles.size() && tiles[left / 2] != nullptr) {
      tile = left / 2;
    }
    use(row, tile);
    row += tile;
  }
}

/// What each_tile finds for a block of rows, found once.
class tile_cuts {
 public:
  template <class Tiles>
  void of(kernel::gemm_kernels const& kernels, Tiles const& tiles, std::size_t rows) {
    count_ = 0;
    each_tile(kernels, tiles, rows, [this](std::size_t row, std::size_t tile) {
      cuts_[count_++] = {static_cast<std::uint8_t>(row), static_cast<std::uint8_t>(tile)};
    });
  }
  template <class F>
  void each(F&& use) const {
    for (std::size_t i = 0; i < count_; ++i) {
      use(std::size_t{cuts_[i].row}, std::size_t{cuts_[i].tile});
    }
  }

 private:
  struct cut {
    std::uint8_t row;
    std::uint8_t tile;
  };
  std::array<cut, most_block_rows> cuts_;
  std::size_t count_ = 0;
};

/// What multiplies a tile of a panel.
inline kernel::gemm_tile_kernel panel_kernel(kernel::gemm_kernels const& kernels, std::size_t planes,
                                             std::size_t tile) noexcept {
  return kernels.planes[planes - 1].from_panel[kernels.takes_blocks ? 1 : tile];
}

/// Writes one row of a tile, chunk by chunk: row `row` among R, words R apart.
class operand_writer {
 public:
  operand_writer(std::byte* tile, std::size_t rows, std::size_t row, std::size_t step_bytes) noexcept
      : tile_(tile + 4 * row), rows_(rows), row_(row), step_bytes_(step_bytes) {}

  /// float32: elements from step `step` on. The last step is filled with +0, as in all of these.
  void put_floats(std::size_t step, float const* x, std::size_t count) const noexcept {
    each_step(step, x, count, [this](std::byte* at, float const* e) {
      for (std::size_t k = 0; k < panel::step; ++k) {
        put_word(at, k, std::bit_cast<std::uint32_t>(e[k]));
      }
    });
  }

  void put_pairs(std::size_t step, float const* x, std::size_t count) const noexcept {
    each_step(step, x, count, [this](std::byte* at, float const* e) {
      for (std::size_t pair = 0; pair < panel::step / 2; ++pair) {
        std::uint32_t const even = std::bit_cast<std::uint32_t>(e[2 * pair]);
        std::uint32_t const odd = std::bit_cast<std::uint32_t>(e[2 * pair + 1]);
        put_word(at, pair, even >> 16U | (odd & 0xffff'0000U));
      }
    });
  }

  /// int8: multiples of 1 / factor in `planes` balanced base-256 digits, in the order k0 k4 k1 k5, k2 k6 k3 k7. Returns the
  /// sum of the integers.
  std::int64_t put_digits(std::size_t step, float const* x, std::size_t count, float factor,
                          std::size_t planes) const noexcept {
    std::int64_t sum = 0;
    each_step(step, x, count, [&](std::byte* at, float const* e) {
      sum += digits(e, factor, planes, [&](std::size_t plane, std::uint32_t first, std::uint32_t second) {
        put_word(at, plane, first);
        put_word(at, planes + plane, second);
      });
    });
    return sum;
  }

  /// The same for kernels that take blocks. `step` is a multiple of a block's steps from the segment's first.
  std::int64_t put_block_digits(std::size_t step, float const* x, std::size_t count, float factor,
                                std::size_t planes) const noexcept {
    constexpr std::size_t block_steps = kernel::gemm_kernels::block_steps;
    std::int64_t sum = 0;
    for (std::size_t k = 0; k < count; k += block_steps * panel::step, step += block_steps) {
      std::size_t const left = count - k;
      std::size_t const here = left < block_steps * panel::step ? left : block_steps * panel::step;
      std::size_t const row_bytes = (here + panel::step - 1) / panel::step * panel::step;
      std::byte* at = tile_ - 4 * row_ + step * step_bytes_ + row_ * row_bytes;
      operand_writer const steps(at, 0, 0, panel::step);
      steps.each_step(0, x + k, here, [&](std::byte* to, float const* e) {
        sum += digits(e, factor, planes, [&](std::size_t plane, std::uint32_t first, std::uint32_t second) {
          std::uint32_t const words[2] = {first, second};
          std::memcpy(to + plane * rows_ * row_bytes, words, sizeof words);
        });
      });
    }
    return sum;
  }

 private:
  template <class Put>
  void each_step(std::size_t step, float const* x, std::size_t count, Put&& put) const noexcept {
    std::byte* at = tile_ + step * step_bytes_;
    std::size_t k = 0;
    for (; k + panel::step <= count; k += panel::step, at += step_bytes_) {
      put(at, x + k);
    }
    if (k < count) {
      float last[panel::step] = {};
      std::memcpy(last, x + k, (count - k) * sizeof(float));
      put(at, last);
    }
  }
  static std::uint32_t bytes(std::int32_t a, std::int32_t b, std::int32_t c, std::int32_t d) noexcept {
    return (static_cast<std::uint32_t>(a) & 255U) | (static_cast<std::uint32_t>(b) & 255U) << 8U |
           (static_cast<std::uint32_t>(c) & 255U) << 16U | static_cast<std::uint32_t>(d) << 24U;
  }
  void put_word(std::byte* at, std::size_t index, std::uint32_t word) const noexcept {
    std::memcpy(at + 4 * index * rows_, &word, 4);
  }

  /// Calls put(plane, k0 k4 k1 k5, k2 k6 k3 k7) for the digits of a step; returns the sum of its integers.
  template <class Put>
  static std::int32_t digits(float const* e, float factor, std::size_t planes, Put&& put) noexcept {
    std::int32_t rest[panel::step];
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < panel::step; ++k) {
      rest[k] = static_cast<std::int32_t>(e[k] * factor);  // exact
      sum += rest[k];
    }
    for (std::size_t plane = 0; plane < planes; ++plane) {
      put(plane, bytes(rest[0], rest[4], rest[1], rest[5]), bytes(rest[2], rest[6], rest[3], rest[7]));
      if (plane + 1 == planes) {
        break;  // nothing is left
      }
      for (std::int32_t& r : rest) {
        r = (r - static_cast<std::int8_t>(static_cast<std::uint32_t>(r) & 255U)) / 256;
      }
    }
    return sum;
  }

  std::byte* tile_;
  std::size_t rows_;
  std::size_t row_;
  std::size_t step_bytes_;
};

/// Packs the rows first .. first + rows - 1 of the call as one tile. A block may have more than there are: zeros.
inline void pack_tile(product const& p, packed_activations const& packed, std::size_t first,
                      std::size_t rows) noexcept {
  std::size_t const left = p.last_row - p.first_row - first;
  std::size_t const used = left < rows ? left : rows;
  constexpr std::size_t chunk = 256;
  alignas(64) float buffer[chunk + 8];
  std::byte* const tile = packed.words + first * packed.steps * packed.row_step_bytes;
  std::size_t const base = first * packed.segment_count;
  int const quantum = p.a.facts.quantum;
  if (used < rows) {
    std::memset(tile, 0, rows * packed.steps * packed.row_step_bytes);
    std::memset(packed.corrections + base, 0, rows * packed.segment_count * sizeof(std::int32_t));
    if (packed.has_units) {
      std::memset(packed.units + base, 0, rows * packed.segment_count * sizeof(float));
    }
    std::memset(packed.scales + base, 0, rows * packed.segment_count * sizeof(float));
  }
  for (std::size_t s = 0; s < packed.segment_count; ++s) {
    kernel::gemm_segment const& part = packed.segments[s];
    std::size_t const begin = packed.segment_begins[s];
    auto const each_chunk = [&](std::size_t row, auto&& use) {
      for (std::size_t k = 0; k < part.length; k += chunk) {
        std::size_t const count = part.length - k < chunk ? part.length - k : chunk;
        use(part.first_step + k / panel::step, decode_from(p.a, p.first_row + first + row, begin + k, count, buffer),
            count);
      }
    };
    // 1. More planes than one: each row loses the zeros that its elements end in; planes as the tile needs them.
    int shifts[kernel::gemm_kernels::block_rows] = {};
    std::size_t planes = 1;
    for (std::size_t row = 0; row < used && packed.path.planes > 1; ++row) {
      float const factor = power_of_two(-quantum);
      std::uint32_t bits = 0;
      std::uint32_t greatest = 0;
      each_chunk(row, [&](std::size_t, float const* x, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
          auto const value = static_cast<std::int32_t>(magnitude(x[i]) * factor);  // exact
          bits |= static_cast<std::uint32_t>(value);
          greatest = static_cast<std::uint32_t>(value) > greatest ? static_cast<std::uint32_t>(value) : greatest;
        }
      });
      shifts[row] = bits == 0 ? 0 : std::countr_zero(bits);
      std::size_t const needed = planes_for(greatest >> shifts[row]);
      planes = needed > planes ? needed : planes;
    }
    // 2. The words, and what weights that count from their least value add too much.
    for (std::size_t row = 0; row < used; ++row) {
      operand_writer const writer(tile, rows, row, packed.row_step_bytes * rows);
      if (packed.path.by == compute::int8) {
        std::int64_t sum = 0;
        float const factor = power_of_two(-quantum - shifts[row]);
        each_chunk(row, [&](std::size_t step, float const* x, std::size_t count) {
          sum += packed.path.kernels->takes_blocks ? writer.put_block_digits(step, x, count, factor, planes)
                                                   : writer.put_digits(step, x, count, factor, planes);
        });
        std::size_t const at = base + s * rows + row;
        std::int64_t const correction = -p.w.facts.lowest * sum;
        packed.corrections[at] = static_cast<std::int32_t>(static_cast<std::uint32_t>(correction));
        if (packed.joined != 0) {
          packed.wide_corrections[at] = correction;
        }
        if (packed.has_units) {
          packed.units[at] = power_of_two(quantum + p.w.facts.quantum + shifts[row]);
        }
      } else if (packed.path.by == compute::bfloat16) {
        each_chunk(row, [&](std::size_t step, float const* x, std::size_t count) { writer.put_pairs(step, x, count); });
      } else {
        each_chunk(row,
                   [&](std::size_t step, float const* x, std::size_t count) { writer.put_floats(step, x, count); });
      }
    }
    if (packed.path.by == compute::int8) {
      packed.planes[base + s] = static_cast<std::uint8_t>(planes);
    }
    if (p.a.has_groups) {
      for (std::size_t row = 0; row < used; ++row) {
        packed.scales[base + s * rows + row] = p.a.group_scale(p.first_row + first + row, begin / p.a.group);
      }
    }
  }
}

/// A block of rows of one call and some column blocks.
class tile_block {
 public:
  tile_block(product const& p, packed_activations const& packed, kernel::weight_tables const& tables) noexcept
      : p_(p), packed_(packed), tables_(tables) {}

  /// Rows first .. first + rows - 1 of the call times column block `block`.
  void multiply(std::size_t first, std::size_t rows, std::size_t block) noexcept {
    std::memset(acc_, 0, round_up_to_blocks(rows) * panel::columns * sizeof(float));
    std::uint8_t const* const weights = p_.w.codes + block * p_.w.block_bytes();
    auto const& tiles = tiles_for(p_, packed_, rows);
    cuts_.of(*packed_.path.kernels, tiles, rows);
    bool const in_registers = &tiles == &packed_.path.kernels->planes[packed_.path.planes - 1].from_nibbles;
    if (in_registers) {
      cuts_.each([&](std::size_t from, std::size_t tile) {
        std::size_t const row = first + from;
        // Runs of segments with as many planes.
        for (std::size_t s = 0; s < packed_.segment_count;) {
          std::size_t const planes = planes_of(row, s);
          std::size_t end = s + 1;
          while (end < packed_.segment_count && planes_of(row, end) == planes) {
            ++end;
          }
          kernel::gemm_tile t = tile_at(row, tile, block, s);
          t.weights = weights;
          t.segments = packed_.segments + s;
          t.segment_count = end - s;
          t.acc = acc_ + from * panel::columns;
          packed_.path.kernels->planes[planes - 1].from_nibbles[tile](t);
          s = end;
        }
      });
    } else {
      for (std::size_t s = 0; s < packed_.segment_count;) {
        std::size_t const end = end_of_panel(s);
        if (end > s + 1) {
          multiply_segments(first, rows, block, weights, s, end);
        } else {
          multiply_segment(first, rows, block, weights, s);
        }
        s = end;
      }
    }
    if (packed_.path.kernels->leave != nullptr) {
      packed_.path.kernels->leave(state_);
    }
    std::size_t const start = block * panel::columns;
    std::size_t const col = start < p_.first_col ? p_.first_col : start;
    std::size_t const end = start + panel::columns < p_.last_col ? start + panel::columns : p_.last_col;
    for (std::size_t row = 0; row < rows; ++row) {
      p_.finish(p_.sink, p_.first_row + first + row, col, acc_ + row * panel::columns + (col - start), end - col);
    }
  }

 private:
  std::size_t planes_of(std::size_t row, std::size_t s) const noexcept {
    return packed_.path.by == compute::int8 ? packed_.planes[row * packed_.segment_count + s] : 1;
  }

  kernel::gemm_tile tile_at(std::size_t row, std::size_t tile, std::size_t block, std::size_t s) noexcept {
    std::size_t const at = row * packed_.segment_count + s * tile;
    kernel::gemm_tile t{};
    t.state = state_;
    t.tables = &tables_;
    t.activation_step_bytes = packed_.row_step_bytes * tile;
    t.activations = packed_.words + row * packed_.steps * packed_.row_step_bytes;
    t.weight_scales = p_.w.scales + block * p_.w.groups * panel::columns;
    t.corrections = packed_.path.by == compute::int8 ? packed_.corrections + at : nullptr;
    t.units = packed_.has_units ? packed_.units + at : nullptr;
    t.activation_scales = p_.a.has_groups ? packed_.scales + at : nullptr;
    t.part = kernel::gemm_part::whole;
    return t;
  }

  std::size_t panel_steps() const noexcept {
    return packed_.path.kernels->panel_bytes / packed_.path.kernels->step_bytes;
  }

  /// The end of the segments from s on that one panel holds; at least s + 1.
  std::size_t end_of_panel(std::size_t s) const noexcept {
    std::size_t const first = packed_.segments[s].first_step;
    std::size_t end = s + 1;
    while (packed_.joined == 0 && end < packed_.segment_count && end - s < most_panel_segments &&
           packed_.segments[end].first_step + steps_of(end) - first <= panel_steps()) {
      ++end;
    }
    return end;
  }
  std::size_t steps_of(std::size_t s) const noexcept {
    return (packed_.segments[s].length + panel::step - 1) / panel::step;
  }

  /// Several whole segments through one panel: fewer calls where groups are short.
  void multiply_segments(std::size_t first, std::size_t rows, std::size_t block, std::uint8_t const* weights,
                         std::size_t begin, std::size_t end) noexcept {
    std::size_t const step = packed_.segments[begin].first_step;
    std::size_t const steps = packed_.segments[end - 1].first_step + steps_of(end - 1) - step;
    kernel::gemm_segment segments[most_panel_segments];
    for (std::size_t s = begin; s < end; ++s) {
      segments[s - begin] = packed_.segments[s];
      segments[s - begin].first_step -= step;
    }
    panel_source const source = decode_panel(weights + step * panel::step_bytes(p_.w.width), steps, rows);
    std::size_t asked = 0;
    cuts_.each([&](std::size_t from, std::size_t tile) {
      std::size_t const row = first + from;
      std::uint8_t const* next = source.next_of(asked++, steps);
      for (std::size_t s = begin; s < end;) {  // runs with as many planes
        std::size_t const planes = planes_of(row, s);
        std::size_t last = s + 1;
        while (last < end && planes_of(row, last) == planes) {
          ++last;
        }
        kernel::gemm_tile t = tile_at(row, tile, block, s);
        t.weights = source.decoded;
        t.weights_are_codes = source.in_place;
        t.activations += step * t.activation_step_bytes;
        t.segments = segments + (s - begin);
        t.segment_count = last - s;
        t.next = next;
        t.next_lines = source.lines;
        t.acc = acc_ + from * panel::columns;
        t.dots = dots_ + from * panel::columns * packed_.path.planes;
        panel_kernel(*packed_.path.kernels, planes, tile)(t);
        next = nullptr;
        s = last;
      }
    });
  }

  /// Weights as a kernel reads them, and what the tiles ask the cache for meanwhile.
  struct panel_source {
    std::uint8_t const* decoded;
    std::uint8_t const* next;  ///< the codes after these
    std::size_t asking_tiles;  ///< that ask for as many lines a step each
    bool in_place;             ///< the packed codes as they stand
    std::size_t lines = 1;

    std::uint8_t const* next_of(std::size_t tile, std::size_t steps) const noexcept {
      return tile < asking_tiles ? next + tile * steps * lines * 64 : nullptr;
    }
  };

  /// `steps` steps of codes, decoded; where they are a panel already and few rows read them, as they stand.
  panel_source decode_panel(std::uint8_t const* codes, std::size_t steps, std::size_t rows) noexcept {
    std::size_t const step_bytes = panel::step_bytes(p_.w.width);
    std::uint8_t const* const next = codes + steps * step_bytes;
    if (in_place(rows)) {
      return {codes, next, 0, true};
    }
    // Where decoding takes little time, the tiles ask for the codes that follow; else the decoder does.
    bool const tiles_ask =
        packed_.path.by == compute::int8 && (rows > most_rows_in_place || packed_.path.kernels->takes_blocks);
    kernel::gemm_kernels const& kernels = *packed_.path.kernels;
    auto const decode = p_.w.width == panel::width::nibble      ? kernels.decode_nibbles
                        : p_.w.width == panel::width::half_word ? kernels.decode_half_words
                        : is_panel()                            ? kernels.copy_bytes
                                                                : kernels.decode_bytes;
    decode(codes, steps, tables_, panel_, tiles_ask ? nullptr : next);
    std::size_t asking = tiles_ask ? step_bytes / 64 : 0;
    std::size_t lines = 1;
    if (kernels.takes_blocks && tiles_ask) {
      asking = (rows + kernels.block_rows - 1) / kernels.block_rows;
      lines = (step_bytes / 64 + asking - 1) / asking;
      asking = (step_bytes / 64 + lines - 1) / lines;
    }
    return {reinterpret_cast<std::uint8_t const*>(panel_), next, asking, false, lines};
  }

  /// Whether the packed bytes are what the kernels read.
  bool is_panel() const noexcept {
    return packed_.path.by == compute::int8 && p_.w.width == panel::width::byte && tables_.codes_are_integers;
  }

  /// Whether that is worth a copy.
  bool in_place(std::size_t rows) const noexcept {
    return is_panel() && rows <= most_rows_in_place && !packed_.path.kernels->takes_blocks;
  }

  /// One segment through panels, in parts where it is longer than a panel.
  void multiply_segment(std::size_t first, std::size_t rows, std::size_t block, std::uint8_t const* weights,
                        std::size_t s) noexcept {
    kernel::gemm_segment const& whole = packed_.segments[s];
    kernel::gemm_kernels const& kernels = *packed_.path.kernels;
    bool const ready = in_place(rows);  // needs no room
    constexpr std::size_t all = static_cast<std::size_t>(-1);
    bool const joins = packed_.joined != 0;
    std::size_t const joined = joins ? packed_.joined : all;
    std::size_t const panel_elements = ready ? all : panel_steps() * panel::step;
    std::size_t const longest = panel_elements < joined ? panel_elements : joined;
    if (joins) {
      std::memset(sums_, 0, rows * panel::columns * sizeof(std::int64_t));
    }
    std::size_t in_sum = 0;  // elements in `dots_` that were not joined yet
    for (std::size_t k = 0; k < whole.length;) {
      std::size_t count = whole.length - k < longest ? whole.length - k : longest;
      if (joins && in_sum + count > joined) {
        count = joined - in_sum;
      }
      std::size_t const step = whole.first_step + k / panel::step;
      std::size_t const steps = (count + panel::step - 1) / panel::step;
      panel_source const source = decode_panel(weights + step * panel::step_bytes(p_.w.width), steps, rows);
      bool const fresh = joins ? in_sum == 0 : k == 0;
      bool const final = !joins && k + count == whole.length;
      kernel::gemm_part const part = fresh   ? final ? kernel::gemm_part::whole : kernel::gemm_part::first
                                     : final ? kernel::gemm_part::last
                                             : kernel::gemm_part::middle;
      kernel::gemm_segment const here{0, count, whole.weight_group};
      in_sum += count;
      k += count;
      bool const join = joins && (in_sum == joined || k == whole.length);
      std::size_t asked = 0;
      cuts_.each([&](std::size_t from, std::size_t tile) {
        std::size_t const row = first + from;
        std::size_t const planes = planes_of(row, s);
        std::size_t const offset = from * panel::columns;
        kernel::gemm_tile t = tile_at(row, tile, block, s);
        t.weights = source.decoded;
        t.weights_are_codes = source.in_place;
        t.activations += step * t.activation_step_bytes;
        t.segments = &here;
        t.segment_count = 1;
        t.part = part;
        t.next = source.next_of(asked++, steps);
        t.next_lines = source.lines;
        t.acc = acc_ + offset;
        t.dots = dots_ + offset * packed_.path.planes;
        t.corrections = joins ? no_corrections : t.corrections;  // they come with the joined sums
        panel_kernel(kernels, planes, tile)(t);
        if (join) {
          join_sums(t, tile, planes, sums_ + offset);
        }
      });
      in_sum = join ? 0 : in_sum;
    }
    if (joins) {
      cuts_.each([&](std::size_t from, std::size_t tile) {
        std::size_t const row = first + from;
        finish_sums(tile_at(row, tile, block, s), packed_.wide_corrections + row * packed_.segment_count + s * tile,
                    tile, whole.weight_group, from * panel::columns);
      });
    }
  }

  static constexpr std::int32_t no_corrections[kernel::gemm_tiles::most_rows] = {};

  /// Adds a part's sums, which fit 32 bits each, to 64-bit ones. The digits' sums are modular; so is their combination.
  static void join_sums(kernel::gemm_tile const& t, std::size_t rows, std::size_t planes, std::int64_t* sums) noexcept {
    auto const* const dots = static_cast<std::uint32_t const*>(t.dots);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t j = 0; j < panel::columns; ++j) {
        std::uint32_t sum = 0;
        for (std::size_t plane = planes; plane-- > 0;) {
          sum = (sum << 8U) + dots[(plane * rows + row) * panel::columns + j];
        }
        sums[row * panel::columns + j] += static_cast<std::int32_t>(sum);
      }
    }
  }

  /// What a tile does at the end of a segment, for joined sums.
  void finish_sums(kernel::gemm_tile const& t, std::int64_t const* corrections, std::size_t rows, std::size_t group,
                   std::size_t offset) noexcept {
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t j = 0; j < panel::columns; ++j) {
        std::int64_t const sum = sums_[offset + row * panel::columns + j] - corrections[row];
        auto const size = static_cast<std::uint64_t>(sum < 0 ? -sum : sum);
        float dot = round_to_float(exact::scaled(sum < 0, size, 0));
        dot = t.units == nullptr ? dot : multiply_once(dot, t.units[row]);
        dot = t.activation_scales == nullptr ? dot : multiply_once(dot, t.activation_scales[row]);
        float& acc = acc_[offset + row * panel::columns + j];
        acc = fma_once(dot, t.weight_scales[group * panel::columns + j], acc);
      }
    }
  }

  product const& p_;
  packed_activations const& packed_;
  kernel::weight_tables const& tables_;
  tile_cuts cuts_;
  alignas(64) std::byte state_[kernel::gemm_tile::state_bytes] = {};
  alignas(64) std::byte panel_[kernel::gemm_kernels::most_panel_bytes];
  alignas(64) float acc_[most_block_rows * panel::columns];
  alignas(64) std::uint32_t dots_[most_block_rows * panel::columns];  // rows * planes of them
  std::int64_t sums_[most_block_rows * panel::columns];
};

inline void fill_tables(packed_matrix const& w, compute by, kernel::weight_tables& tables) noexcept {
  if (w.wide != wide_numbers::none) {
    tables.half_words = w.wide == wide_numbers::binary16 ? kernel::half_word::binary16 : kernel::half_word::bfloat16;
    return;
  }
  for (std::size_t i = 0; i < 256; ++i) {
    float const value = w.values[i];
    std::uint32_t const bits = bits_of(value);
    tables.values[i] = value;
    if (by != compute::int8) {
      tables.bfloat16_low[i] = static_cast<std::uint8_t>(bits >> 16U);
      tables.bfloat16_high[i] = static_cast<std::uint8_t>(bits >> 24U);
      if (i < 32) {
        tables.bfloat16_pairs[i] = static_cast<std::uint16_t>(bits_of(w.values[i % 16]) >> 16U);
      }
    } else {
      tables.integers[i] = static_cast<std::uint8_t>(in_quanta(value, w.facts.quantum) - w.facts.lowest);
    }
  }
  tables.lowest = static_cast<std::uint8_t>(static_cast<std::uint32_t>(w.facts.lowest));
  tables.fit_bfloat16 = w.facts.fits_bfloat16;
  if (by == compute::float32 && w.facts.bits == 8) {
    tables.minifloat = kernel::minifloat_rule::of(tables.values);
    tables.values_count = w.facts.is_integer8 && tables.values[0] == static_cast<float>(w.facts.lowest);
    for (std::size_t i = 1; i < 256; ++i) {
      tables.values_count = tables.values_count && tables.values[i] == tables.values[0] + static_cast<float>(i);
    }
  }
  tables.codes_are_integers = by == compute::int8;
  tables.integers_are_small = by == compute::int8;
  std::size_t const codes = std::size_t{1} << w.facts.bits;
  for (std::size_t i = 0; i < codes && by == compute::int8; ++i) {
    tables.codes_are_integers = tables.codes_are_integers && tables.integers[i] == i;
    tables.integers_are_small = tables.integers_are_small && tables.integers[i] <= 15;
  }
}

/// An executor without its type, borrowed.
class executor_ref {
 public:
  template <Executor E>
    requires(!std::same_as<E, executor_ref>)
  explicit executor_ref(E const& e) noexcept
      : object_(&e), call_([](void const* object, std::size_t count, task_ref task) {
          (*static_cast<E const*>(object))(count, task);
        }) {}
  void operator()(std::size_t count, task_ref task) const { call_(object_, count, task); }

 private:
  void const* object_;
  void (*call_)(void const*, std::size_t, task_ref);
};

/// The path of a product on this thread, with what its activations take.
inline packed_activations plan(product const& p, kernels_here const& here, activation_scan const& scan) noexcept {
  chosen_path const path = p.a.cols == 0 ? chosen_path{}
                                         : choose_path(p.a.facts, p.w.facts, p.how, p.w.layout, here,
                                                       p.last_row - p.first_row, scan.in_bfloat16_range, scan.finite);
  return path.kernels == nullptr ? packed_activations{} : shape_of(p, path);
}

/// Bytes of workspace that suffice whatever the activations hold.
inline std::size_t workspace_bytes(product const& p) noexcept {
  kernels_here const here = kernels_here::get();
  std::size_t most = 0;
  for (bool const found : {false, true}) {
    std::size_t const bytes = plan(p, here, activation_scan{found, found}).place(nullptr);
    most = bytes > most ? bytes : most;
  }
  return most;
}

/// Rows that share a decoded panel: as many as have 2 MiB of packed activations. They are read in order once for 64 columns, two
/// bytes a clock, which any cache gives; decoding for fewer rows costs more. Tiles that take blocks read 16 bytes a clock: half
/// of a level 2 cache of 1 MiB for them.
inline std::size_t block_rows_for(packed_activations const& packed) noexcept {
  bool const takes_blocks = packed.path.kernels->takes_blocks;
  std::size_t const most = most_block_rows / packed.path.planes;
  std::size_t const row_bytes = packed.steps * packed.row_step_bytes;
  std::size_t const unit = takes_blocks ? kernel::gemm_kernels::block_rows : 12;
  std::size_t const bytes = std::size_t{1} << (takes_blocks ? 19U : 21U);
  std::size_t const fits = row_bytes == 0 ? most : bytes / row_bytes / unit * unit;
  return fits >= most ? most : fits < unit ? unit : fits;
}

/// Computes y. `workspace` holds workspace_bytes(p) bytes, 64-byte aligned.
inline void run(product const& p, std::byte* workspace, executor_ref const& execute) {
  std::size_t const rows = p.last_row - p.first_row;
  std::size_t const first_block = p.first_col / panel::columns;
  std::size_t const blocks = (p.last_col + panel::columns - 1) / panel::columns - first_block;
  activation_scan scan;
  {
    kernel::fp_env const environment;
    scan = activation_scan::of(p);
  }
  packed_activations packed = plan(p, kernels_here::get(), scan);
  if (packed.path.kernels == nullptr) {
    constexpr std::size_t block_rows = 8;
    std::size_t const row_blocks = (rows + block_rows - 1) / block_rows;
    execute(row_blocks * blocks, [&](std::size_t i) {
      kernel::fp_env const environment;
      std::size_t const row = p.first_row + i / blocks * block_rows;
      std::size_t const start = (first_block + i % blocks) * panel::columns;
      std::size_t const col = start < p.first_col ? p.first_col : start;
      std::size_t const end = start + panel::columns < p.last_col ? start + panel::columns : p.last_col;
      multiply_by_definition(p, row, p.last_row - row < block_rows ? p.last_row - row : block_rows, col, end - col);
    });
    return;
  }
  packed.place(workspace);
  fill_segments(p, packed);
  kernel::weight_tables tables;
  fill_tables(p.w, packed.path.by, tables);

  // 1. Pack the activations, a block of rows a task. A block has the same tiles when it is multiplied.
  std::size_t const block_rows = block_rows_for(packed);
  std::size_t const row_blocks = (rows + block_rows - 1) / block_rows;
  auto const rows_of = [&](std::size_t block) {
    return rows - block * block_rows < block_rows ? rows - block * block_rows : block_rows;
  };
  execute(row_blocks, [&](std::size_t i) {
    kernel::fp_env const environment;
    each_tile(*packed.path.kernels, tiles_for(p, packed, rows_of(i)), rows_of(i),
              [&](std::size_t row, std::size_t tile) { pack_tile(p, packed, i * block_rows + row, tile); });
  });

  // 2. Multiply: a block of rows and a few column blocks a task, so that threads can share even one row.
  constexpr std::size_t blocks_per_task = 4;
  std::size_t const tasks = (blocks + blocks_per_task - 1) / blocks_per_task;
  execute(row_blocks * tasks, [&](std::size_t i) {
    kernel::fp_env const environment;
    tile_block work(p, packed, tables);
    std::size_t const row_block = i / tasks;
    std::size_t const begin = i % tasks * blocks_per_task;
    std::size_t const end = begin + blocks_per_task < blocks ? begin + blocks_per_task : blocks;
    for (std::size_t block = begin; block < end; ++block) {
      work.multiply(row_block * block_rows, rows_of(row_block), first_block + block);
    }
  });
}

}  // namespace lowp::inline LOWP_ABI::detail
