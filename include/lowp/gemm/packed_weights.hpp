// SPDX-License-Identifier: Apache-2.0
//
// Weights in the order in which the kernels read them. Packed once, multiplied often.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/gemm/operand_facts.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/kernel/fp_env.hpp>
#include <lowp/pack/panel.hpp>
#include <lowp/quant/quantized_matrix.hpp>
#include <lowp/scale/scheme.hpp>

namespace lowp::inline LOWP_ABI {

/// How packed weights lie in memory. It depends on the ISA that packed them and on the width of their codes alone.
enum class weight_layout : std::uint32_t {
  rows = 1,     ///< as quantize left them: portable, and what the vector layout does not hold
  columns = 2,  ///< blocks of 64 columns, steps of 8 elements (pack/panel.hpp): every vector ISA
};

constexpr char const* to_string(weight_layout layout) noexcept {
  return layout == weight_layout::rows ? "rows" : "columns";
}

namespace detail {

inline void check_memory(char const* function, char const* argument, std::span<std::byte const> memory,
                         std::size_t bytes) {
  if (reinterpret_cast<std::uintptr_t>(memory.data()) % 64 != 0) {
    raise(error(error_code::alignment, argument,
                std::string(function) + ": " + argument + " is not aligned to 64 bytes"));
  }
  if (memory.size() < bytes) {
    raise(error(error_code::size, argument, 0, memory.size(),
                std::string(function) + ": " + argument + " has " + std::to_string(memory.size()) + " bytes, needs " +
                    std::to_string(bytes)));
  }
}

/// What a granularity says whatever the size of the matrix.
template <Granularity G>
inline constexpr bool one_scale_per_row = G{}.block(static_cast<std::size_t>(-1), static_cast<std::size_t>(-1)).cols ==
                                          static_cast<std::size_t>(-1);
template <Granularity G>
inline constexpr bool one_scale_in_all =
    one_scale_per_row<G>&& G{}.block(static_cast<std::size_t>(-1), static_cast<std::size_t>(-1)).rows ==
    static_cast<std::size_t>(-1);

/// Where the outer of two scales enters a product: behind the sum, by tensor or by row, if it is the same along k; else
/// multiplied into the block's scale, rounded once, as dequantize has it.
enum class outer_place : unsigned char { none, tensor, row, folded };

template <Scheme S>
constexpr outer_place outer_place_of() noexcept {
  if constexpr (TwoLevelScheme<S>) {
    using boxes = typename S::scale_rule::outer_granularity;
    return one_scale_in_all<boxes>    ? outer_place::tensor
           : one_scale_per_row<boxes> ? outer_place::row
                                      : outer_place::folded;
  } else {
    return outer_place::none;
  }
}

/// Codes as packed weights store them: integers count from their least value, so that a byte or nibble is an unsigned
/// operand of the dot-product instructions as it stands. Everything else as it is.
template <Format F>
constexpr std::uint32_t stored_code(std::uint32_t code) noexcept {
  if constexpr (IntegerFormat<F>) {
    return code ^ facts<F>::sign_mask;
  } else {
    return code;
  }
}

/// What a code is combined with to become a stored one.
template <Format F>
inline constexpr std::uint32_t stored_flip = stored_code<F>(0);

/// The value of each stored code, for formats of at most 8 bits; codes beyond the format repeat.
template <Format F>
inline constexpr auto stored_values = [] {
  std::array<float, 256> values{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    values[i] = values_by_code<F>[stored_code<F>(i)];  // its own inverse
  }
  return values;
}();

/// How kernels make floats of codes of 16 bits.
enum class wide_numbers : unsigned char { none, bfloat16, binary16 };

constexpr wide_numbers wide_numbers_of(float_layout const& layout) noexcept {
  return layout == bfloat16::layout  ? wide_numbers::bfloat16
         : layout == float16::layout ? wide_numbers::binary16
                                     : wide_numbers::none;
}
template <Format F>
constexpr wide_numbers wide_numbers_of() noexcept {
  if constexpr (F::bits > 8) {
    return wide_numbers_of(F::layout);
  } else {
    return wide_numbers::none;
  }
}

/// A stored code with the value +0, or a finite positive one where there is no zero: what fills the last step of a group.
/// 256 where there is none.
constexpr std::uint32_t filler_of(std::uint32_t code_mask, float const* stored) noexcept {
  std::uint32_t filler = 256;
  for (std::uint32_t i = code_mask + 1; i-- > 0;) {
    std::uint32_t const bits = std::bit_cast<std::uint32_t>(stored[i]);
    filler = bits == 0 || (bits < float_infinity && filler == 256) ? i : filler;
  }
  return filler;
}
template <Format F>
constexpr std::uint32_t filler_of() noexcept {
  if constexpr (F::bits > 8) {
    return 0;
  } else {
    return filler_of(F::code_mask, stored_values<F>.data());
  }
}
template <Format F>
inline constexpr std::uint32_t filler_code = filler_of<F>();

/// Tells formats apart where a packed matrix comes back from a file: FNV-1a over the width and values, of which `value`
/// gives that of a code.
template <class Value>
constexpr std::uint32_t digest_of(int bits, Value&& value) noexcept {
  std::uint32_t digest = 2166136261U;
  auto const add = [&digest](std::uint32_t word) { digest = (digest ^ word) * 16777619U; };
  add(static_cast<std::uint32_t>(bits));
  std::uint32_t const stride = bits > 8 ? 257 : 1;
  for (std::uint32_t code = 0; code < std::uint32_t{1} << bits; code += stride) {
    add(std::bit_cast<std::uint32_t>(static_cast<float>(value(code))));
  }
  return digest;
}
template <Format F>
inline constexpr std::uint32_t format_digest = digest_of(F::bits, [](std::uint32_t code) {
  return static_cast<float>(from_bits<F>(code));
});

/// The first 64 bytes of packed weights.
struct packed_header {
  static constexpr std::uint32_t expected_magic = 0x50574f4cU;  // "LOWP" in a little-endian dump

  std::uint32_t magic = expected_magic;
  std::uint32_t version = 1;
  std::uint32_t layout = 0;
  std::uint32_t digest = 0;
  std::uint64_t rows = 0;
  std::uint64_t cols = 0;
  std::uint64_t group = 0;    ///< elements of k that share a scale
  float tensor_scale = 1.0F;  ///< per_tensor: outside the sum
  std::uint32_t unused[5] = {};
};
static_assert(sizeof(packed_header) == 64 && std::is_trivially_copyable_v<packed_header>);

/// Packed weights without their type, as the driver sees them.
struct packed_matrix {
  weight_layout layout;
  panel::width width;
  std::size_t rows;
  std::size_t cols;
  std::size_t group;
  std::size_t groups;
  float tensor_scale;
  float const* row_factors;  ///< outer scales of the rows, or nullptr
  float const* zeros;        ///< zero points [row][group], or nullptr; layout rows only
  float const* scales;       ///< columns: [block][group][64]; rows: [row][group]
  std::uint8_t const* codes;
  operand_facts facts;
  int code_bits;
  std::uint32_t stored_flip;  ///< turns codes into stored ones
  float const* values;        ///< of each stored code, at most 8 bits; decode_by_table: of formats of 16, too
  wide_numbers wide;          ///< what words of the layout columns hold
  /// Decodes `count` elements from k = `first` of row n; any layout.
  void (*decode)(packed_matrix const&, std::size_t n, std::size_t first, std::size_t count, float* out);

  static constexpr std::size_t group_steps(std::size_t group) noexcept {
    return (group + panel::step - 1) / panel::step;
  }
  /// Steps of a row of `cols` elements whose groups start a step each.
  static constexpr std::size_t steps_of(std::size_t cols, std::size_t group) noexcept {
    return cols / group * group_steps(group) + group_steps(cols % group);
  }
  std::size_t steps() const noexcept { return steps_of(cols, group); }
  std::size_t block_bytes() const noexcept { return steps() * panel::step_bytes(width); }
  float scale(std::size_t n, std::size_t g) const noexcept {
    return layout == weight_layout::rows
               ? scales[n * groups + g]
               : scales[(n / panel::columns * groups + g) * panel::columns + n % panel::columns];
  }
};

constexpr panel::width width_for(int bits) noexcept {
  return bits <= 4 ? panel::width::nibble : bits <= 8 ? panel::width::byte : panel::width::half_word;
}
template <Format F>
inline constexpr panel::width width_of = width_for(F::bits);

/// Whether groups fit the vector layout; those of fewer elements than a step would be mostly filler.
constexpr bool groups_fit_columns(std::size_t cols, std::size_t group) noexcept {
  return group >= panel::step || group >= cols;
}
/// Whether weights of F fit it.
template <Format F>
constexpr bool packs_in_columns(std::size_t cols, std::size_t group) noexcept {
  bool const has_place = F::bits > 8 ? wide_numbers_of<F>() != wide_numbers::none : filler_code<F> < 256;
  return has_place && groups_fit_columns(cols, group);
}

/// The stored code of row n, element k in the layout columns.
inline std::uint32_t code_in_columns(packed_matrix const& w, std::size_t n, std::size_t k) noexcept {
  std::size_t const in_group = k % w.group;
  std::size_t const step = k / w.group * packed_matrix::group_steps(w.group) + in_group / panel::step;
  std::uint8_t const* const at = w.codes + n / panel::columns * w.block_bytes() + step * panel::step_bytes(w.width);
  return panel::get(w.width, at, n % panel::columns, in_group % panel::step);
}

/// Weights of at most 8 bits, or of any width whose values are tabulated.
inline void decode_by_table(packed_matrix const& w, std::size_t n, std::size_t first, std::size_t count, float* out) {
  if (w.layout == weight_layout::rows) {
    bool const dense = w.code_bits <= 8;
    std::uint8_t const* const row = w.codes + n * (dense ? packed_bytes(w.cols, w.code_bits) : 2 * w.cols);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t const code = dense ? bit_order::low_first::get(row, first + i, w.code_bits)
                                       : bit_order::padded::get(row, first + i, w.code_bits);
      out[i] = w.values[code ^ w.stored_flip];
    }
    return;
  }
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = w.values[code_in_columns(w, n, first + i)];
  }
}

/// Weights of more than 8 bits.
template <Format F>
void decode_wide(packed_matrix const& w, std::size_t n, std::size_t first, std::size_t count, float* out) {
  std::uint8_t const* const row = w.codes + n * 2 * w.cols;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t const code = w.layout == weight_layout::rows ? bit_order::padded::get(row, first + i, F::bits)
                                                               : code_in_columns(w, n, first + i);
    out[i] = static_cast<float>(from_bits<F>(code));
  }
}

/// Weights with zero points: code - zero point, exact.
inline void decode_affine(packed_matrix const& w, std::size_t n, std::size_t first, std::size_t count, float* out) {
  decode_by_table(w, n, first, count, out);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = out[i] - w.zeros[n * w.groups + (first + i) / w.group];
  }
}

constexpr std::size_t round_up_64(std::size_t bytes) noexcept { return (bytes + 63) / 64 * 64; }

}  // namespace detail

namespace detail {

/// What decides how large packed weights are.
struct packed_extents {
  std::size_t rows;
  std::size_t cols;
  std::size_t group;
  weight_layout layout;
  panel::width width;
  std::size_t row_codes_bytes;  ///< in the layout rows
  bool has_row_factors;
  bool has_zeros;
};

}  // namespace detail

/// Bytes that pack_into needs for n x k weights of scheme S, and where its parts are.
struct packed_size {
  std::size_t scale_offset = 64;
  std::size_t factor_offset = 64;  ///< of the rows' outer scales, if there are any
  std::size_t zero_offset = 64;    ///< of the zero points, if there are any
  std::size_t code_offset = 64;
  std::size_t bytes = 64;

  static constexpr packed_size of(detail::packed_extents const& e) noexcept {
    std::size_t const groups = block_shape::count(e.cols, e.group);
    std::size_t const blocks = (e.rows + panel::columns - 1) / panel::columns;
    bool const by_columns = e.layout == weight_layout::columns;
    std::size_t const scales = (by_columns ? blocks * panel::columns : e.rows) * groups * sizeof(float);
    std::size_t const codes =
        by_columns ? blocks * detail::packed_matrix::steps_of(e.cols, e.group) * panel::step_bytes(e.width)
                   : e.row_codes_bytes;
    packed_size size;
    size.factor_offset = size.scale_offset + detail::round_up_64(scales);
    size.zero_offset = size.factor_offset + (e.has_row_factors ? detail::round_up_64(e.rows * sizeof(float)) : 0);
    size.code_offset = size.zero_offset + (e.has_zeros ? detail::round_up_64(e.rows * groups * sizeof(float)) : 0);
    size.bytes = size.code_offset + detail::round_up_64(codes);
    return size;
  }

  template <Scheme S>
  static constexpr packed_size of(std::size_t n, std::size_t k, weight_layout layout) noexcept {
    return of(extents<S>(n, k, layout));
  }
  template <Scheme S>
  static constexpr detail::packed_extents extents(std::size_t n, std::size_t k, weight_layout layout) noexcept {
    return {n,
            k,
            typename S::granularity{}.block(n, k).cols,
            layout,
            detail::width_of<typename S::element>,
            quantized_size::of<S>(n, k).code_bytes,
            detail::outer_place_of<S>() == detail::outer_place::row,
            AffineScheme<S>};
  }
};

namespace detail {

/// The parts of packed weights in `memory`. What their format says of them is left to the caller.
inline packed_matrix parts_in(packed_extents const& e, std::byte const* memory) noexcept {
  packed_size const size = packed_size::of(e);
  packed_matrix m{};
  m.layout = e.layout;
  m.width = e.width;
  m.rows = e.rows;
  m.cols = e.cols;
  m.group = e.group;
  m.groups = block_shape::count(e.cols, e.group);
  m.scales = reinterpret_cast<float const*>(memory + size.scale_offset);
  m.row_factors = e.has_row_factors ? reinterpret_cast<float const*>(memory + size.factor_offset) : nullptr;
  m.zeros = e.has_zeros ? reinterpret_cast<float const*>(memory + size.zero_offset) : nullptr;
  m.codes = reinterpret_cast<std::uint8_t const*>(memory + size.code_offset);
  return m;
}

}  // namespace detail

/// The layout in which ISA `Isa` wants n x k weights of scheme S.
template <class Isa, Scheme S>
constexpr weight_layout layout_for(std::size_t n, std::size_t k) noexcept {
  using slot = kernel::gemm_slot<Isa, kernel::operand::float32>;
  bool const by_columns = !std::same_as<typename slot::served_by, isa::portable> && !AffineScheme<S> &&
                          detail::packs_in_columns<typename S::element>(k, typename S::granularity{}.block(n, k).cols);
  return by_columns ? weight_layout::columns : weight_layout::rows;
}

/// The same for the ISA that serves this thread.
template <Scheme S>
weight_layout layout_for(std::size_t n, std::size_t k) noexcept {
  return kernel::dispatch([&](auto tag) { return layout_for<decltype(tag), S>(n, k); });
}

/// Packed weights in somebody's memory, 64-byte aligned.
///
/// Meaning   what pack_into wrote and `open` finds again, for example in a mapped file. n x k weights of scheme S.
template <Scheme S>
class packed_view {
 public:
  using scheme = S;
  using element = typename S::element;

  packed_view() = default;

  /// Packed weights that lie in `memory`.
  ///
  /// Errors    error_code::alignment (64 bytes), size; layout where these are no packed weights, those of another
  ///           format or grouping, or in a layout that this version does not know.
  static packed_view open(std::span<std::byte const> memory) {
    detail::check_memory("packed_view::open", "memory", memory, sizeof(detail::packed_header));
    detail::packed_header header;
    std::memcpy(&header, memory.data(), sizeof header);
    auto const refuse = [](std::string const& why) {
      detail::raise(error(error_code::layout, "memory", "packed_view::open: " + why));
    };
    if (header.magic != detail::packed_header::expected_magic || header.version != 1) {
      refuse("no weights packed by this version of lowp");
    }
    if (header.digest != detail::format_digest<element>) {
      refuse("the weights are of another format");
    }
    auto const layout = static_cast<weight_layout>(header.layout);
    auto const rows = static_cast<std::size_t>(header.rows);
    auto const cols = static_cast<std::size_t>(header.cols);
    if (layout != weight_layout::rows && layout != weight_layout::columns) {
      refuse("layout id " + std::to_string(header.layout) + " is none of this version's");
    }
    if (header.group != typename S::granularity{}.block(rows, cols).cols) {
      refuse("the weights have groups of " + std::to_string(header.group) + " elements");
    }
    if (layout == weight_layout::columns &&
        (AffineScheme<S> || !detail::packs_in_columns<element>(cols, header.group))) {
      refuse("layout columns does not hold this format or grouping");
    }
    detail::check_memory("packed_view::open", "memory", memory, packed_size::of<S>(rows, cols, layout).bytes);
    return packed_view(memory.data(), header);
  }

  std::size_t rows() const noexcept { return static_cast<std::size_t>(header_.rows); }  ///< n
  std::size_t cols() const noexcept { return static_cast<std::size_t>(header_.cols); }  ///< k
  weight_layout layout() const noexcept { return static_cast<weight_layout>(header_.layout); }
  std::size_t bytes() const noexcept { return packed_size::of<S>(rows(), cols(), layout()).bytes; }
  std::span<std::byte const> memory() const noexcept { return {memory_, bytes()}; }
  packed_view view() const noexcept { return *this; }

  /// For the driver.
  detail::packed_matrix matrix() const noexcept {
    detail::packed_matrix m = detail::parts_in(packed_size::extents<S>(rows(), cols(), layout()), memory_);
    m.tensor_scale = header_.tensor_scale;
    m.facts = detail::facts_as_operand<element>;
    m.code_bits = element::bits;
    m.stored_flip = detail::stored_flip<element>;
    m.wide = detail::wide_numbers_of<element>();
    if constexpr (element::bits <= 8) {
      m.values = detail::stored_values<element>.data();
      m.decode = &detail::decode_by_table;
    } else {
      m.decode = &detail::decode_wide<element>;
    }
    if constexpr (AffineScheme<S>) {
      m.facts = detail::difference_facts_of(facts<element>::all);
      m.decode = &detail::decode_affine;
    }
    return m;
  }

 private:
  packed_view(std::byte const* memory, detail::packed_header const& header) : memory_(memory), header_(header) {}

  std::byte const* memory_ = nullptr;
  detail::packed_header header_;
};

namespace detail {

/// Rows of codes, dense with the low bits first or of 16 bits, on their way into the layout columns.
struct rows_of_codes {
  std::uint8_t const* codes;
  std::size_t row_bytes;
  std::size_t rows;
  std::size_t cols;
  std::size_t group;
  int bits;
  std::uint32_t stored_flip;
  std::uint32_t filler;
  panel::width width;
  wide_numbers wide;

  std::uint32_t stored(std::uint8_t const* row, std::size_t k) const noexcept {
    if (wide == wide_numbers::none) {
      return bit_order::low_first::get(row, k, bits) ^ stored_flip;
    }
    // NaNs as decoding has them, without sign and payload: kernels move the bits.
    std::uint32_t const code = bit_order::padded::get(row, k, bits);
    std::uint32_t const infinity = wide == wide_numbers::bfloat16 ? 0x7f80U : 0x7c00U;
    std::uint32_t const nan = wide == wide_numbers::bfloat16 ? 0x7fc0U : 0x7e00U;
    return (code & 0x7fffU) > infinity ? nan : code;
  }
};

/// Fills whole blocks: columns beyond the last row, and the end of a group's last step, with the filler.
inline void pack_columns(rows_of_codes const& from, std::uint8_t* out) noexcept {
  std::size_t const blocks = (from.rows + panel::columns - 1) / panel::columns;
  std::size_t const group_steps = packed_matrix::group_steps(from.group);
  std::size_t const steps = packed_matrix::steps_of(from.cols, from.group);
  for (std::size_t row = 0; row < blocks * panel::columns; ++row) {
    std::uint8_t* const at = out + row / panel::columns * steps * panel::step_bytes(from.width);
    std::size_t const column = row % panel::columns;
    std::uint8_t const* const codes = from.codes + (row < from.rows ? row * from.row_bytes : 0);
    for (std::size_t begin = 0, first_step = 0; begin < from.cols; begin += from.group, first_step += group_steps) {
      std::size_t const count = from.cols - begin < from.group ? from.cols - begin : from.group;
      std::size_t const filled = (count + panel::step - 1) / panel::step * panel::step;
      for (std::size_t i = 0; i < filled; ++i) {
        bool const inside = row < from.rows && i < count;
        std::uint32_t const code = inside ? from.stored(codes, begin + i) : from.filler;
        panel::put(from.width, at + (first_step + i / panel::step) * panel::step_bytes(from.width), column,
                   i % panel::step, code);
      }
    }
  }
}

/// Scales as floats, in the order of a layout: scale_at(row, group); columns beyond the last row get 1.
template <class ScaleAt>
void pack_scales(weight_layout layout, std::size_t rows, std::size_t groups, float* out, ScaleAt&& scale_at) {
  std::size_t const slots =
      layout == weight_layout::rows ? rows : (rows + panel::columns - 1) / panel::columns * panel::columns;
  for (std::size_t i = 0; i < slots * groups; ++i) {
    std::size_t const row =
        layout == weight_layout::rows ? i / groups : i / panel::columns / groups * panel::columns + i % panel::columns;
    std::size_t const g = layout == weight_layout::rows ? i % groups : i / panel::columns % groups;
    out[i] = row < rows ? scale_at(row, g) : 1.0F;
  }
}

template <Scheme S, class Const>
packed_view<S> pack_as(weight_layout layout, quantized_view<S, Const> wq, std::span<std::byte> memory) {
  using element = typename S::element;
  packed_size const size = packed_size::of<S>(wq.rows, wq.cols, layout);
  check_memory("pack", "memory", memory, size.bytes);
  std::size_t const n = wq.rows;
  std::size_t const k = wq.cols;
  block_shape const block = wq.block();
  quantized_size const from = wq.size();
  std::size_t const groups = block_shape::count(k, block.cols);

  detail::packed_header header;
  header.layout = static_cast<std::uint32_t>(layout);
  header.digest = detail::format_digest<element>;
  header.rows = n;
  header.cols = k;
  header.group = block.cols;
  constexpr bool outside = detail::one_scale_in_all<typename S::granularity>;
  constexpr outer_place place = outer_place_of<S>();
  static_assert(!OffsetScheme<S>, "lowp::pack: float zero points are not served; dequantize, or use scale::minmax");
  static_assert(!(outside && TwoLevelScheme<S>), "lowp::pack: one block has no use for two levels of scales");
  if (n != 0 && k != 0) {
    if constexpr (outside) {
      header.tensor_scale = scale::value(wq.scales[0]);
    } else if constexpr (place == outer_place::tensor) {
      header.tensor_scale = wq.outer[0];
    }
  }
  std::memset(memory.data(), 0, size.bytes);
  std::memcpy(memory.data(), &header, sizeof header);

  // 1. Scales, as floats. Columns beyond n get 1.
  auto* const scales = reinterpret_cast<float*>(memory.data() + size.scale_offset);
  kernel::fp_env const environment;
  pack_scales(layout, n, groups, scales, [&](std::size_t row, std::size_t g) {
    return outside                        ? 1.0F
           : place == outer_place::folded ? wq.block_scale(block.block_row_of(row), g)
                                          : scale::value(wq.scales[block.block_row_of(row) * from.block_cols + g]);
  });

  // 2. What else the scheme has.
  if constexpr (place == outer_place::row) {
    auto* const factors = reinterpret_cast<float*>(memory.data() + size.factor_offset);
    for (std::size_t row = 0; row < n && k != 0; ++row) {
      factors[row] = wq.outer[wq.outer_index(block.block_row_of(row), 0)];
    }
  }
  if constexpr (AffineScheme<S>) {
    auto* const zeros = reinterpret_cast<float*>(memory.data() + size.zero_offset);
    for (std::size_t i = 0; i < n * groups; ++i) {
      zeros[i] = static_cast<float>(wq.zeros[block.block_row_of(i / groups) * from.block_cols + i % groups]);
    }
  }

  // 3. Codes.
  auto* const codes = reinterpret_cast<std::uint8_t*>(memory.data() + size.code_offset);
  if (layout == weight_layout::rows) {
    if (from.code_bytes != 0) {
      std::memcpy(codes, wq.codes, from.code_bytes);
    }
  } else {
    pack_columns({wq.codes, from.row_bytes, n, k, block.cols, element::bits, stored_flip<element>, filler_code<element>,
                  width_of<element>, wide_numbers_of<element>()},
                 codes);
  }
  return packed_view<S>::open(memory);
}

}  // namespace detail

/// Packs weights for ISA `Isa` into the caller's memory.
///
/// Shapes    wq: n x k. memory: at least packed_size::of<S>(n, k, layout_for<Isa, S>(n, k)).bytes, 64-byte aligned.
/// Errors    error_code::alignment, size; nothing is written.
/// Exact     the packed object stands for the same codes and scales; products do not depend on where they were packed.
/// Cost      one pass; no allocation.
template <class Isa, Scheme S, class Const>
packed_view<S> pack_into(quantized_view<S, Const> wq, std::span<std::byte> memory) {
  return detail::pack_as(layout_for<Isa, S>(wq.rows, wq.cols), wq, memory);
}
/// The same for the ISA that serves this thread.
template <Scheme S, class Const>
packed_view<S> pack_into(quantized_view<S, Const> wq, std::span<std::byte> memory) {
  return detail::pack_as(layout_for<S>(wq.rows, wq.cols), wq, memory);
}

/// Packed weights that own their memory. What pack returns.
template <Scheme S>
class packed_weights {
 public:
  using scheme = S;

  packed_weights() : packed_weights(0, 0, weight_layout::rows) {}
  packed_weights(std::size_t n, std::size_t k, weight_layout layout)
      : memory_((packed_size::of<S>(n, k, layout).bytes + 63) / 64) {}

  std::span<std::byte> memory() noexcept { return {memory_.data()->bytes, memory_.size() * 64}; }
  std::span<std::byte const> memory() const noexcept { return {memory_.data()->bytes, memory_.size() * 64}; }
  packed_view<S> view() const { return packed_view<S>::open(memory()); }
  weight_layout layout() const { return view().layout(); }
  std::size_t rows() const { return view().rows(); }
  std::size_t cols() const { return view().cols(); }

 private:
  struct alignas(64) line {
    std::byte bytes[64];
  };
  std::vector<line> memory_;
};

/// Packs weights for ISA `Isa`: pack<isa::portable>(wq) pins the kernels that will serve them.
template <class Isa, Scheme S, class Const>
packed_weights<S> pack(quantized_view<S, Const> wq) {
  packed_weights<S> packed(wq.rows, wq.cols, layout_for<Isa, S>(wq.rows, wq.cols));
  pack_into<Isa>(wq, packed.memory());
  return packed;
}
template <class Isa, Scheme S>
packed_weights<S> pack(quantized_matrix<S> const& wq) {
  return pack<Isa>(wq.view());
}

/// Packs weights n x k for the ISA that serves this thread.
///
/// Meaning   the layout depends on that ISA and on the codes' width alone: it fits any activations and either policy of
///           accumulation. gemm picks the kernel by the layout.
/// Example   auto const wp = lowp::pack(lowp::quantize<lowp::int4_g128>(w));
template <Scheme S, class Const>
packed_weights<S> pack(quantized_view<S, Const> wq) {
  packed_weights<S> packed(wq.rows, wq.cols, layout_for<S>(wq.rows, wq.cols));
  pack_into(wq, packed.memory());
  return packed;
}
template <Scheme S>
packed_weights<S> pack(quantized_matrix<S> const& wq) {
  return pack(wq.view());
}

}  // namespace lowp::inline LOWP_ABI
