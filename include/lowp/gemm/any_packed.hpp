// SPDX-License-Identifier: Apache-2.0
//
// Operands whose schemes were chosen while the program runs. Kernels know no formats, so nothing is lost: the same tiles,
// the same bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/gemm/activations.hpp>
#include <lowp/gemm/operand_facts.hpp>
#include <lowp/gemm/packed_weights.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/pack/panel.hpp>
#include <lowp/quant/any_quantize.hpp>
#include <lowp/scale/any_scheme.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// operand_facts_of its twin.
inline operand_facts facts_of_operand(any_format const& f) noexcept {
  return f.bits() > 8 ? operand_facts_of(f.layout()) : operand_facts_of(f.bits(), f.values().data());
}

constexpr bool one_scale_in_row(any_granularity const& g) noexcept { return g.cols == 0; }
constexpr bool one_scale_in_matrix(any_granularity const& g) noexcept {
  return g.rows == 0 && g.cols == 0 && g.tile == tile_shape{};
}

inline outer_place outer_place_of(any_scale const& s) noexcept {
  return !s.outer                              ? outer_place::none
         : one_scale_in_matrix(s.outer->boxes) ? outer_place::tensor
         : one_scale_in_row(s.outer->boxes)    ? outer_place::row
                                               : outer_place::folded;
}

/// The scale of a block as it is stored, without an outer one.
inline float stored_scale_at(any_quantized_matrix const& q, std::size_t index) noexcept {
  std::uint32_t const code = q.scale_codes()[index];
  auto const& stored = q.scheme().scale.stored;
  return stored ? stored->decode(code) : std::bit_cast<float>(code);
}

/// A quantized matrix as activations.
///
/// Errors   error_code::name for zero points and for outer scales that span less than the tensor.
inline activation_matrix activations_of(any_quantized_matrix const& x) {
  any_scheme const& s = x.scheme();
  if (s.scale.has_offset()) {
    raise(error(error_code::name, "x", "gemm: float zero points are not served; dequantize, or use minmax"));
  }
  outer_place const place = outer_place_of(s.scale);
  if (s.scale.is_affine() || place == outer_place::row || place == outer_place::folded) {
    raise(error(error_code::name, "x",
                s.scale.is_affine() ? "gemm: activations with zero points are not served; quantize them symmetrically"
                                    : "gemm: of two levels of activation scales the outer one spans the tensor"));
  }
  activation_matrix a;
  a.rows = x.rows();
  a.cols = x.cols();
  if (place == outer_place::tensor && !x.outer_scales().empty()) {
    a.tensor_scale = x.outer_scales()[0];
  }
  a.facts = facts_of_operand(s.element);
  a.data = x.codes().data();
  a.row_bytes = x.size().row_bytes;
  a.data_bytes = x.size().code_bytes;
  a.element_bits = s.element.bits() <= 8 ? s.element.bits() : 16;
  a.values = s.element.values().data();
  a.scales = x.scale_codes().empty() ? nullptr : &x;
  a.scale_at = [](void const* scales, std::size_t index) noexcept {
    return stored_scale_at(*static_cast<any_quantized_matrix const*>(scales), index);
  };
  a.block = x.block();
  a.groups = x.size().block_cols;
  a.group = x.block().cols;
  a.has_groups = !one_scale_in_row(s.granularity);
  return a;
}

/// The layout in which ISA `Isa` wants weights of a scheme.
template <class Isa>
weight_layout layout_for(any_quantized_matrix const& q, std::uint32_t filler) noexcept {
  using slot = kernel::gemm_slot<Isa, kernel::operand::float32>;
  bool const by_columns = !std::same_as<typename slot::served_by, isa::portable> && !q.scheme().scale.is_affine() &&
                          filler < 256 && groups_fit_columns(q.cols(), q.block().cols);
  return by_columns ? weight_layout::columns : weight_layout::rows;
}

}  // namespace detail

/// Packed weights of a scheme chosen at run time: what pack() makes of an any_quantized_matrix. The type is erased once a
/// matrix, never an element; a list of them is a network with a scheme a layer.
///
/// Exact     products are the bits that packed_weights<S> of the twin scheme gives.
class any_packed {
 public:
  /// Packs for the ISA that serves this thread.
  ///
  /// Errors   error_code::name for two levels of scales over a single block.
  /// Cost     one pass; allocates the packed codes and scales.
  explicit any_packed(any_quantized_matrix const& q) : any_packed(q, [](auto tag) { return tag; }) {}

  /// Packs for ISA `Isa`.
  template <class Isa>
  static any_packed for_isa(any_quantized_matrix const& q) {
    return any_packed(q, [](auto) { return Isa{}; });
  }

  any_scheme const& scheme() const noexcept { return scheme_; }
  std::size_t rows() const noexcept { return extents_.rows; }  ///< n
  std::size_t cols() const noexcept { return extents_.cols; }  ///< k
  weight_layout layout() const noexcept { return extents_.layout; }
  std::span<std::byte const> memory() const noexcept { return {memory_.data()->bytes, memory_.size() * 64}; }
  any_packed const& view() const noexcept { return *this; }

  /// For the driver.
  detail::packed_matrix matrix() const noexcept {
    bool const affine = extents_.has_zeros;
    detail::packed_matrix m = detail::parts_in(extents_, memory_.data()->bytes);
    m.tensor_scale = tensor_scale_;
    m.facts = affine ? detail::difference_facts_of(scheme_.element.facts()) : facts_;
    m.code_bits = scheme_.element.bits();
    m.stored_flip = stored_flip_;
    m.wide = wide_;
    m.values = stored_values_.empty() ? scheme_.element.values().data() : stored_values_.data();
    m.decode = affine ? &detail::decode_affine : &detail::decode_by_table;
    return m;
  }

 private:
  struct alignas(64) line {
    std::byte bytes[64];
  };

  template <class Choose>
  any_packed(any_quantized_matrix const& q, Choose&& choose)
      : scheme_(q.scheme()), facts_(detail::facts_of_operand(q.scheme().element)) {
    any_format const& element = scheme_.element;
    detail::outer_place const place = detail::outer_place_of(scheme_.scale);
    bool const outside = detail::one_scale_in_matrix(scheme_.granularity);
    if (scheme_.scale.has_offset()) {
      detail::raise(error(error_code::name, "wq", "pack: float zero points are not served; dequantize, or use minmax"));
    }
    if (outside && scheme_.scale.outer) {
      detail::raise(error(error_code::name, "wq", "pack: one block has no use for two levels of scales"));
    }
    // 1. The values by stored code, integers from the least on.
    stored_flip_ = element.is_integer() ? element.facts().sign_mask : 0U;
    std::uint32_t filler = 256;
    if (element.bits() > 8) {
      wide_ = detail::wide_numbers_of(element.layout());  // none but minifloats are that wide
      filler = wide_ != detail::wide_numbers::none ? 0 : filler;
    } else {
      stored_values_.resize(256);
      for (std::uint32_t i = 0; i < 256; ++i) {
        stored_values_[i] = element.decode(i ^ stored_flip_);
      }
      filler = detail::filler_of(element.facts().code_mask, stored_values_.data());
    }
    // 2. Extents and memory.
    quantized_size const from = q.size();
    std::size_t const n = q.rows();
    std::size_t const k = q.cols();
    weight_layout const layout =
        kernel::dispatch([&](auto tag) { return detail::layout_for<decltype(choose(tag))>(q, filler); });
    extents_ = {n,
                k,
                q.block().cols,
                layout,
                detail::width_for(element.bits()),
                from.code_bytes,
                place == detail::outer_place::row,
                scheme_.scale.is_affine()};
    packed_size const size = packed_size::of(extents_);
    memory_.resize((size.bytes + 63) / 64);
    std::byte* const memory = memory_.data()->bytes;
    // 3. Scales, as packed_weights has them.
    if (n != 0 && k != 0 && outside) {
      tensor_scale_ = detail::stored_scale_at(q, 0);
    } else if (n != 0 && k != 0 && place == detail::outer_place::tensor) {
      tensor_scale_ = q.outer_scales()[0];
    }
    std::size_t const groups = block_shape::count(k, extents_.group);
    detail::pack_scales(
        layout, n, groups, reinterpret_cast<float*>(memory + size.scale_offset), [&](std::size_t row, std::size_t g) {
          std::size_t const i = q.block().block_row_of(row);
          return outside                                ? 1.0F
                 : place == detail::outer_place::folded ? q.block_scale(i, g)
                                                        : detail::stored_scale_at(q, i * from.block_cols + g);
        });
    auto* const factors = reinterpret_cast<float*>(memory + size.factor_offset);
    for (std::size_t row = 0; extents_.has_row_factors && row < n && k != 0; ++row) {
      factors[row] = q.outer_scales()[q.outer_index(q.block().block_row_of(row), 0)];
    }
    auto* const zeros = reinterpret_cast<float*>(memory + size.zero_offset);
    for (std::size_t i = 0; extents_.has_zeros && i < n * groups; ++i) {
      zeros[i] = static_cast<float>(q.zero_points()[q.block().block_row_of(i / groups) * from.block_cols + i % groups]);
    }
    // 4. Codes.
    auto* const codes = reinterpret_cast<std::uint8_t*>(memory + size.code_offset);
    if (layout == weight_layout::columns) {
      detail::pack_columns({q.codes().data(), from.row_bytes, n, k, extents_.group, element.bits(), stored_flip_,
                            filler, extents_.width, wide_},
                           codes);
    } else if (from.code_bytes != 0) {
      std::memcpy(codes, q.codes().data(), from.code_bytes);
    }
  }

  any_scheme scheme_;
  detail::operand_facts facts_;
  detail::packed_extents extents_{};
  std::uint32_t stored_flip_ = 0;
  detail::wide_numbers wide_ = detail::wide_numbers::none;
  float tensor_scale_ = 1.0F;
  std::vector<float> stored_values_;  // of at most 8 bits; else the format's own table serves
  std::vector<line> memory_;
};

/// Packs weights n x k, quantized by a scheme chosen at run time, for the ISA that serves this thread.
///
/// Example   any_packed const wp = pack(quantize(parse_scheme("int4/g128/bf16"), w));
inline any_packed pack(any_quantized_matrix const& wq) { return any_packed(wq); }
/// The same for ISA `Isa`.
template <class Isa>
any_packed pack(any_quantized_matrix const& wq) {
  return any_packed::for_isa<Isa>(wq);
}

}  // namespace lowp::inline LOWP_ABI
