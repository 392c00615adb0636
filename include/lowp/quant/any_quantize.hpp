// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/view.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/kernel/fp_env.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/pack/bit_writer.hpp>
#include <lowp/quant/blocks.hpp>
#include <lowp/quant/quantize.hpp>
#include <lowp/quant/quantized_matrix.hpp>
#include <lowp/scale/any_scheme.hpp>

namespace lowp::inline LOWP_ABI {

/// A matrix quantized by a scheme that was chosen at run time: the codes and scales of quantize<S> for the twin S.
class any_quantized_matrix {
 public:
  any_quantized_matrix(any_scheme scheme, std::size_t rows, std::size_t cols)
      : scheme_(std::move(scheme)),
        rows_(rows),
        cols_(cols),
        block_(scheme_.granularity.block(rows, cols)),
        size_(quantized_size::of(rows, cols, scheme_.element.bits(), block_)),
        codes_(size_.code_bytes),
        scales_(size_.scale_count) {}

  any_scheme const& scheme() const noexcept { return scheme_; }
  std::size_t rows() const noexcept { return rows_; }
  std::size_t cols() const noexcept { return cols_; }
  block_shape block() const noexcept { return block_; }
  quantized_size size() const noexcept { return size_; }
  std::vector<std::uint8_t>& codes() noexcept { return codes_; }
  std::vector<std::uint8_t> const& codes() const noexcept { return codes_; }
  /// Codes of the stored scales; where scales are floats, their bits.
  std::vector<std::uint32_t>& scale_codes() noexcept { return scales_; }
  std::vector<std::uint32_t> const& scale_codes() const noexcept { return scales_; }

  std::uint32_t code(std::size_t i, std::size_t j) const noexcept {
    std::uint8_t const* const row = codes_.data() + i * size_.row_bytes;
    int const bits = scheme_.element.bits();
    return bits <= 8 ? bit_order::low_first::get(row, j, bits) : bit_order::padded::get(row, j, bits);
  }
  /// The value of the scale of block (i, j).
  float block_scale(std::size_t i, std::size_t j) const noexcept {
    std::uint32_t const stored = scales_[i * size_.block_cols + j];
    return scheme_.scale.stored ? scheme_.scale.stored->decode(stored) : std::bit_cast<float>(stored);
  }

  /// Bits an element, scales included; 0 for an empty matrix.
  double bits_per_element() const noexcept {
    auto const elements = static_cast<double>(rows_ * cols_);
    int const scale_bits = scheme_.scale.stored ? (scheme_.scale.stored->bits() > 8 ? 16 : 8) : 32;
    return elements == 0.0 ? 0.0 : scheme_.element.bits() + static_cast<double>(scales_.size()) * scale_bits / elements;
  }

 private:
  any_scheme scheme_;
  std::size_t rows_;
  std::size_t cols_;
  block_shape block_;
  quantized_size size_;
  std::vector<std::uint8_t> codes_;
  std::vector<std::uint32_t> scales_;
};

namespace detail {

struct any_stored_scale {
  std::uint32_t code;
  float value;
  scale::storing status;
};

inline any_stored_scale any_scale_of_block(any_scheme const& s, float greatest) noexcept {
  exact ideal = is_zero(greatest) ? exact::from(1.0F) : s.scale.ideal(greatest, s.element.facts());
  if (!s.scale.stored) {
    auto const stored = scale::stored_scale<float>::from(ideal);
    return {bits_of(stored.value), stored.value, stored.status};
  }
  if (ideal.what == exact::kind::finite && ideal.exponent < -126) {
    ideal = exact::scaled(false, 1, -126);
  }
  std::uint32_t const code = s.scale.stored->encode(ideal, rounding::nearest_even{}, overflow::nonsaturating{});
  float const value = s.scale.stored->decode(code);
  bool const over =
      !is_finite(value) || ideal.what == exact::kind::infinity || s.scale.stored->rounds_out_of_range(ideal);
  return {code, value,
          over             ? scale::storing::overflow
          : is_zero(value) ? scale::storing::underflow
                           : scale::storing::exact_or_rounded};
}

template <class Order>
void any_quantize_row(any_scheme const& s, float const* in, std::uint8_t* out, std::size_t n, float const* scales,
                      std::size_t group, std::uint64_t index, nan::action on_nan) noexcept {
  bit_writer<Order> writer(out, s.element.bits());
  bool const replaces_nan = on_nan == nan::action::zero && !s.element.facts().has_nan;
  for (std::size_t i = 0; i < n; ++i) {
    bool const dropped = replaces_nan && is_nan(in[i]);
    float const x = dropped ? 0.0F : divide_once(in[i], scales[i / group]);
    writer.put(s.element.encode(x, s.rounding.at(index + i), s.overflow));
  }
  writer.finish();
}

}  // namespace detail

/// Quantizes a matrix by a scheme chosen at run time. As quantize<S>, with the same bits and the same errors.
///
/// Cost      some tens of ns an element: nothing is compiled for the format.
template <NanPolicy Nan = nan::error>
any_quantized_matrix quantize(any_scheme const& scheme, matrix_view<float const> x, Nan = {}) {
  any_quantized_matrix q(scheme, x.rows(), x.cols());
  if (x.empty()) {
    return q;
  }
  if (!scheme.element.facts().has_nan && Nan::choice == nan::action::raise) {
    detail::check_no_nan(x, "quantize");
  }
  kernel::fp_env const environment;
  int const bits = scheme.element.bits();
  detail::for_each_block(
      x, q.block(),
      [&](std::size_t i, std::size_t j, float greatest) {
        auto const stored = detail::any_scale_of_block(scheme, greatest);
        detail::check_scale(stored.status, "quantize", i, j, greatest);
        q.scale_codes()[i * q.size().block_cols + j] = stored.code;
        return stored.value;
      },
      [&](std::size_t row, std::size_t col, std::size_t count, float const* scales) {
        std::size_t const group = q.block().cols < count ? q.block().cols : count;
        std::uint8_t* const out =
            q.codes().data() + row * q.size().row_bytes + (bits <= 8 ? packed_bytes(col, bits) : 2 * col);
        auto const run =
            bits <= 8 ? &detail::any_quantize_row<bit_order::low_first> : &detail::any_quantize_row<bit_order::padded>;
        run(scheme, x.row(row).data() + col, out, count, scales, group, row * x.cols() + col, Nan::choice);
      });
  return q;
}

/// Dequantizes: out(i, j) = decode(code) * scale, rounded once to float.
inline void dequantize_into(any_quantized_matrix const& q, matrix_view<float> out) {
  detail::check_shape("dequantize_into", "out", q.rows(), q.cols(), out.rows(), out.cols());
  kernel::fp_env const environment;
  block_shape const block = q.block();
  for (std::size_t i = 0; i < q.rows(); ++i) {
    for (std::size_t j = 0; j < q.cols(); ++j) {
      out(i, j) =
          detail::multiply_once(q.scheme().element.decode(q.code(i, j)), q.block_scale(i / block.rows, j / block.cols));
    }
  }
}

}  // namespace lowp::inline LOWP_ABI
