// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/base/view.hpp>
#include <lowp/codec/nearest_encoder.hpp>
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
        size_(quantized_size::of(rows, cols, scheme_.element.bits(), block_)) {
    if (scheme_.scale.outer) {
      box_ = scheme_.scale.outer->boxes.block(rows, cols);
      size_.outer_rows = box_.block_rows(rows);
      size_.outer_cols = block_shape::count(cols, box_.cols);
      size_.outer_count = size_.outer_rows * size_.outer_cols;
    }
    codes_.resize(size_.code_bytes);
    scales_.resize(size_.scale_count);
    outer_.resize(size_.outer_count);
    zeros_.resize(scheme_.scale.is_affine() ? size_.scale_count : 0);
    offsets_.resize(scheme_.scale.has_offset() ? size_.scale_count : 0);
  }

  any_scheme const& scheme() const noexcept { return scheme_; }
  std::size_t rows() const noexcept { return rows_; }
  std::size_t cols() const noexcept { return cols_; }
  block_shape block() const noexcept { return block_; }
  /// The part of the matrix that an outer scale spans. Requires an outer scale.
  block_shape box() const noexcept { return box_; }
  quantized_size size() const noexcept { return size_; }
  std::vector<std::uint8_t>& codes() noexcept { return codes_; }
  std::vector<std::uint8_t> const& codes() const noexcept { return codes_; }
  /// Codes of the stored scales; where scales are floats, their bits.
  std::vector<std::uint32_t>& scale_codes() noexcept { return scales_; }
  std::vector<std::uint32_t> const& scale_codes() const noexcept { return scales_; }
  /// The outer scales of a scheme with two levels, else empty.
  std::vector<float>& outer_scales() noexcept { return outer_; }
  std::vector<float> const& outer_scales() const noexcept { return outer_; }
  /// The zero points of an affine scheme as integers, one for each scale, else empty.
  std::vector<std::int32_t>& zero_points() noexcept { return zeros_; }
  std::vector<std::int32_t> const& zero_points() const noexcept { return zeros_; }

  /// Codes of the offsets of a scheme that has such, as of the scales, one for each; else empty.
  std::vector<std::uint32_t>& offset_codes() noexcept { return offsets_; }
  std::vector<std::uint32_t> const& offset_codes() const noexcept { return offsets_; }
  /// The offset of block (i, j). Requires a scheme with offsets.
  float offset(std::size_t i, std::size_t j) const noexcept { return stored_value(offsets_[i * size_.block_cols + j]); }

  std::uint32_t code(std::size_t i, std::size_t j) const noexcept {
    std::uint8_t const* const row = codes_.data() + i * size_.row_bytes;
    int const bits = scheme_.element.bits();
    return bits <= 8 ? bit_order::low_first::get(row, j, bits) : bit_order::padded::get(row, j, bits);
  }
  /// Which outer scale that of block (i, j) belongs to. Requires an outer scale.
  std::size_t outer_index(std::size_t i, std::size_t j) const noexcept {
    return box_.block_row_of(block_.first_row_of(i)) * size_.outer_cols + j * block_.cols / box_.cols;
  }
  /// The stored scale of block (i, j).
  float stored_scale(std::size_t i, std::size_t j) const noexcept {
    return stored_value(scales_[i * size_.block_cols + j]);
  }
  /// The factor of the elements of block (i, j), both levels in it.
  float block_scale(std::size_t i, std::size_t j) const noexcept {
    float const value = stored_scale(i, j);
    if (outer_.empty()) {
      return value;
    }
    kernel::fp_env const environment;
    return detail::effective_scale(outer_[outer_index(i, j)], value);
  }

  /// Bits an element, scales (stored in whole bytes) and zero points included; 0 for an empty matrix.
  double bits_per_element() const noexcept {
    auto const elements = static_cast<double>(rows_ * cols_);
    int const scale_bits = scheme_.scale.stored ? (scheme_.scale.stored->bits() > 8 ? 16 : 8) : 32;
    double const beside = static_cast<double>(scales_.size() + offsets_.size()) * scale_bits +
                          static_cast<double>(outer_.size()) * 32.0 + static_cast<double>(zeros_.size()) * 8.0;
    return elements == 0.0 ? 0.0 : scheme_.element.bits() + beside / elements;
  }

 private:
  float stored_value(std::uint32_t code) const noexcept {
    return scheme_.scale.stored ? scheme_.scale.stored->decode(code) : std::bit_cast<float>(code);
  }

  any_scheme scheme_;
  std::size_t rows_;
  std::size_t cols_;
  block_shape block_;
  block_shape box_ = {1, 1};
  quantized_size size_;
  std::vector<std::uint8_t> codes_;
  std::vector<std::uint32_t> scales_;
  std::vector<float> outer_;
  std::vector<std::int32_t> zeros_;
  std::vector<std::uint32_t> offsets_;
};

namespace detail {

inline void check_any_scheme(any_scheme const& s) {
  if (char const* const defect = defect_of(s); defect != nullptr) {
    raise(error(error_code::value, "scheme", std::string("quantize: ") + defect));
  }
}

struct any_stored_scale {
  std::uint32_t code;
  float value;
  scale::storing status;
};

/// `ideal` rounded to the type that scales are stored as, as scale::stored_scale does it.
inline any_stored_scale store_any_scale(any_scale const& s, exact ideal) noexcept {
  if (!s.stored) {
    auto const rounded = scale::stored_scale<float>::from(ideal);
    auto const stored = s.clamped ? clamp(rounded, ideal) : rounded;
    return {bits_of(stored.value), stored.value, stored.status};
  }
  if (ideal.what == exact::kind::finite && ideal.exponent < -126) {
    ideal = exact::scaled(ideal.negative, 1, -126);
  }
  std::uint32_t const code = s.stored->encode(ideal, rounding::nearest_even{}, overflow::nonsaturating{});
  float const value = s.stored->decode(code);
  bool const over = !is_finite(value) || ideal.what == exact::kind::infinity || s.stored->rounds_out_of_range(ideal);
  if (s.clamped && ideal.what != exact::kind::nan && (over || is_zero(value))) {
    float const bound = clamped_value(s.stored->facts(), over, ideal);
    return {s.stored->encode(bound), bound, scale::storing::exact_or_rounded};
  }
  return {code, value,
          over             ? scale::storing::overflow
          : is_zero(value) ? scale::storing::underflow
                           : scale::storing::exact_or_rounded};
}

/// The scale of a block of that magnitude, in units of the outer scale if there is one. Requires !searches().
inline any_stored_scale any_scale_of_block(any_scheme const& s, float greatest) noexcept {
  return store_any_scale(s.scale, is_zero(greatest) ? exact::from(1.0F) : s.scale.ideal(greatest, s.element.facts()));
}

inline float any_greatest_stored(any_scale const& s) noexcept {
  return s.stored ? s.stored->facts().max : std::numeric_limits<float>::max();
}

/// What becomes of x under a scheme without zero points; NaN of an element format that has one.
inline float any_round_trip(any_scheme const& s, float x, float factor) noexcept {
  float const q = divide_once(x, factor);
  return multiply_once(s.rounding.draws() ? s.element.round(q, rounding::nearest_even{}, s.overflow)
                                          : s.element.round(q, s.rounding, s.overflow),
                       factor);
}

class any_trial final : public scale::block_trial {
 public:
  any_trial(any_scheme const& scheme, double deviation, std::span<float const> values, float greatest, float outer)
      : block_trial(values, greatest, scheme.element.facts()), scheme_(scheme), deviation_(deviation), outer_(outer) {}

  double error(exact const& ideal, scale::norm n) const override {
    auto const s = store_any_scale(scheme_.scale, ideal);
    if (s.status != scale::storing::exact_or_rounded) {
      return scale::detail::no_error;
    }
    float const factor = scheme_.scale.outer ? effective_scale(outer_, s.value) : s.value;
    std::vector<float> decoded;
    decoded.reserve(values().size());
    for (float const x : values()) {
      decoded.push_back(any_round_trip(scheme_, x, factor));
    }
    return scale::detail::block_error(values(), decoded.data(), n);
  }
  double element_deviation() const override { return deviation_; }

 private:
  any_scheme const& scheme_;
  double deviation_;
  float outer_;
};

/// The code of a special block's scale.
inline std::uint32_t any_special_scale(any_scale const& s, special_block special) noexcept {
  float const least = s.stored ? s.stored->facts().min_subnormal : scale::stored_scale<float>::smallest_normal;
  float const value = special == special_block::nan    ? std::bit_cast<float>(float_quiet_nan)
                      : special == special_block::zero ? 0.0F
                                                       : least;
  return s.stored ? s.stored->encode(exact::from(value), rounding::nearest_even{}, overflow::nonsaturating{})
                  : bits_of(value);
}

/// Finds all scales of a matrix into q. Raises for one that does not fit. Needs fp_env.
inline void find_any_scales(any_scheme const& s, matrix_view<float const> x, any_quantized_matrix& q) {
  format_facts const& element = s.element.facts();
  auto const skip = [](std::size_t, std::size_t, std::size_t, float const*) {};
  block_shape const block = q.block();
  check_frames(x, block);
  // 1. The outer scales, from the magnitudes of all blocks.
  std::vector<float> box_greatest(q.size().outer_count, 1.0F);
  if (s.scale.outer) {
    check_boxes(x, block, q.box());
    std::vector<std::vector<float>> magnitudes(q.size().outer_count);
    for_each_block(
        x, block,
        [&](std::size_t i, std::size_t j, float greatest) {
          magnitudes[q.outer_index(i, j)].push_back(greatest);
          return 1.0F;
        },
        skip);
    for (std::size_t b = 0; b < magnitudes.size(); ++b) {
      q.outer_scales()[b] = outer_scale_of(magnitudes[b], b / q.size().outer_cols, b % q.size().outer_cols,
                                           [&](std::span<float const> blocks) {
                                             return s.scale.outer->ideal(blocks, element, any_greatest_stored(s.scale));
                                           });
      box_greatest[b] = reference_magnitude(magnitudes[b]);
    }
  }
  // 2. Those of the blocks.
  std::vector<float> const& codes = s.element.values();
  double const deviation =
      s.scale.which == any_scale::kind::deviation
          ? scale::detail::standard_deviation(codes.size(), [&](std::size_t code) { return codes[code]; })
          : 0.0;
  gathered_block gathered;
  for_each_block(
      x, block,
      [&](std::size_t i, std::size_t j, float greatest) {
        std::size_t const at = i * q.size().block_cols + j;
        float outer = 1.0F;
        float relative = greatest;
        if (s.scale.outer) {
          std::size_t const box = q.outer_index(i, j);
          outer = q.outer_scales()[box];
          relative = s.scale.outer->relative(greatest, box_greatest[box], outer, element);
        }
        any_stored_scale stored{};
        special_block const special = s.scale.convention == block_convention{}
                                          ? special_block::none
                                          : special_block_of(s.scale.convention, gathered.of(x, block, i, j));
        if (special != special_block::none) {
          q.scale_codes()[at] = any_special_scale(s.scale, special);
          return 1.0F;
        }
        if (!s.scale.searches()) {
          stored = any_scale_of_block(s, relative);
        } else if (s.scale.is_affine()) {
          value_range const range = value_range::of(gathered.of(x, block, i, j));
          stored =
              store_any_scale(s.scale, is_zero(greatest) ? exact::from(1.0F)
                                                         : scale::minmax<float>::ideal(range.low, range.high, element));
          q.zero_points()[at] = scale::minmax<float>::zero_point(range.low, stored.value, element);
        } else if (s.scale.has_offset()) {
          value_range const range = finite_range_of(gathered.of(x, block, i, j));
          bool const flat = range.low == range.high;
          stored = store_any_scale(
              s.scale, flat ? exact::from(1.0F) : scale::minmax<float>::ideal(range.low, range.high, element));
          float const offset = offset_of(range.low);
          exact const low = exact::from(offset);
          auto const& type = s.scale.stored;
          check_scale(stored.status, "quantize", i, j, greatest);
          check_offset(type && type->rounds_out_of_range(low), i, j);
          q.offset_codes()[at] =
              type ? type->encode(low, rounding::nearest_even{}, overflow::nonsaturating{}) : bits_of(offset);
        } else {
          exact const ideal = s.scale.search(any_trial(s, deviation, gathered.of(x, block, i, j), relative, outer));
          check_found(ideal, i, j);
          stored = store_any_scale(s.scale, ideal.what == exact::kind::zero ? exact::from(1.0F) : ideal);
        }
        check_scale(stored.status, "quantize", i, j, greatest);
        q.scale_codes()[at] = stored.code;
        return 1.0F;
      },
      skip);
}

template <class Order>
void any_quantize_row(any_scheme const& s, float const* in, std::uint8_t* out, std::size_t n, float const* scales,
                      std::size_t group, std::uint64_t index, nan::action on_nan,
                      nearest_encoder const* nearest) noexcept {
  bit_writer<Order> writer(out, s.element.bits());
  bool const replaces_nan = on_nan == nan::action::zero && !s.element.facts().has_nan;
  if (nearest != nullptr) {
    for (std::size_t i = 0; i < n; ++i) {
      float const scale = scales[i / group];  // NaN: the codes are those of +0
      bool const dropped = (replaces_nan && is_nan(in[i])) || is_nan(scale);
      writer.put((*nearest)(dropped ? 0.0F : divide_once(in[i], scale)));
    }
    writer.finish();
    return;
  }
  for (std::size_t i = 0; i < n; ++i) {
    bool const dropped = replaces_nan && is_nan(in[i]);
    float const scale = scales[i / group];  // NaN: the codes are those of +0
    float const x = dropped || is_nan(scale) ? 0.0F : divide_once(in[i], scale);
    writer.put(s.element.encode(x, s.rounding.at(index + i), s.overflow));
  }
  writer.finish();
}

}  // namespace detail

/// Quantizes a matrix by a scheme chosen at run time. As quantize<S>, with the same bits and the same errors.
///
/// Errors    also error_code::value for an affine scheme whose element is no integer, and for two levels under a rule that
///           looks at more than the greatest magnitude.
/// Cost      some 10 ns an element under nearest_even and saturate, some tens for E8M0 and other policies, a thousand for small
///           matrices of codebooks: nothing is compiled for the format.
template <NanPolicy Nan = nan::error>
any_quantized_matrix quantize(any_scheme const& scheme, matrix_view<float const> x, Nan = {}) {
  detail::check_any_scheme(scheme);
  if (scheme.granularity.axis >= 2 || (scheme.scale.outer && scheme.scale.outer->boxes.axis >= 2)) {
    detail::raise(error(error_code::shape, "scheme", "quantize: a matrix has the axes 0 (rows) and 1 (columns) only"));
  }
  any_quantized_matrix q(scheme, x.rows(), x.cols());
  if (x.empty()) {
    return q;
  }
  format_facts const& facts = scheme.element.facts();
  bool const holds_nan = facts.has_nan || scheme.scale.convention.nan == block_convention::of_nan::block;
  if (!holds_nan && Nan::choice == nan::action::raise) {
    detail::check_no_nan(x, "quantize");
  }
  kernel::fp_env const environment;
  detail::find_any_scales(scheme, x, q);
  int const bits = scheme.element.bits();
  bool const to_nearest = scheme.rounding.which == rounding::any::kind::nearest_even &&
                          scheme.overflow.which == overflow::any::kind::saturate;
  detail::nearest_encoder const nearest(scheme.element, to_nearest ? x.size() : 0);
  block_shape const block = q.block();
  std::vector<float> scales(q.size().block_cols);
  for (std::size_t row = 0; row < x.rows(); ++row) {
    for (std::size_t j = 0; j < scales.size(); ++j) {
      std::size_t const i = block.block_row_of(row);
      bool const cleared = detail::has_zero_codes(q.stored_scale(i, j));
      scales[j] = cleared ? std::bit_cast<float>(detail::float_quiet_nan) : detail::divisor_of(q.block_scale(i, j));
    }
    std::uint8_t* const out = q.codes().data() + row * q.size().row_bytes;
    std::uint64_t const index = row * x.cols();
    if (scheme.scale.is_affine()) {
      std::int32_t const* const zeros = q.zero_points().data() + block.block_row_of(row) * scales.size();
      detail::affine_encode<bit_order::low_first>(
          x.row(row).data(), out, x.cols(), scales.data(), zeros, block.cols, bits,
          {static_cast<std::int32_t>(facts.lowest), static_cast<std::int32_t>(facts.max)}, scheme.rounding.at(index));
    } else if (scheme.scale.has_offset()) {
      std::vector<float> offsets(scales.size());
      for (std::size_t j = 0; j < offsets.size(); ++j) {
        offsets[j] = q.offset(block.block_row_of(row), j);
      }
      detail::offset_encode<bit_order::low_first>(x.row(row).data(), out, x.cols(), scales.data(), offsets.data(),
                                                  block.cols, bits, {0, static_cast<std::int32_t>(facts.max)},
                                                  scheme.rounding.at(index));
    } else {
      auto const run =
          bits <= 8 ? &detail::any_quantize_row<bit_order::low_first> : &detail::any_quantize_row<bit_order::padded>;
      run(scheme, x.row(row).data(), out, x.cols(), scales.data(), block.cols, index, Nan::choice,
          to_nearest && nearest.serves() ? &nearest : nullptr);
    }
  }
  return q;
}

#if LOWP_HAS_EXCEPTIONS
/// quantize, with an error as a value: for schemes and data that come from outside.
template <NanPolicy Nan = nan::error>
result<any_quantized_matrix> try_quantize(any_scheme const& scheme, matrix_view<float const> x, Nan nan = {}) {
  try {
    return quantize(scheme, x, nan);
  } catch (error const& e) {
    return e;
  }
}
#endif

/// Dequantizes: out(i, j) = decode(code) * scale, or (code - zero point) * scale, rounded once to float; with an offset,
/// code * scale + offset.
inline void dequantize_into(any_quantized_matrix const& q, matrix_view<float> out) {
  detail::check_shape("dequantize_into", "out", q.rows(), q.cols(), out.rows(), out.cols());
  detail::check_overlap("dequantize_into", "out", detail::range_of(out),
                        detail::memory_range::of(q.codes().data(), q.codes().size()));
  detail::check_overlap("dequantize_into", "out", detail::range_of(out),
                        detail::memory_range::of(q.outer_scales().data(), q.outer_scales().size() * sizeof(float)));
  kernel::fp_env const environment;
  block_shape const block = q.block();
  bool const affine = q.scheme().scale.is_affine();
  bool const has_offset = q.scheme().scale.has_offset();
  float const* const values = q.scheme().element.values().data();
  for (std::size_t i = 0; i < q.rows(); ++i) {
    for (std::size_t begin = 0, k = 0; begin < q.cols(); begin += block.cols, ++k) {
      float const scale = q.block_scale(block.block_row_of(i), k);
      float const zero =
          affine ? static_cast<float>(q.zero_points()[block.block_row_of(i) * q.size().block_cols + k]) : 0.0F;
      float const offset = has_offset ? q.offset(block.block_row_of(i), k) : 0.0F;
      std::size_t const end = q.cols() - begin < block.cols ? q.cols() : begin + block.cols;
      for (std::size_t j = begin; j < end; ++j) {
        float const value = values[q.code(i, j)];
        float const scaled = detail::multiply_once(affine ? value - zero : value, scale);
        out(i, j) = has_offset ? detail::add_once(scaled, offset) : scaled;
      }
    }
  }
}

}  // namespace lowp::inline LOWP_ABI
