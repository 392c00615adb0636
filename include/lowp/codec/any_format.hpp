// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/encode.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/range.hpp>
#include <lowp/format/codebook.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/format/float_layout.hpp>
#include <lowp/policy/overflow.hpp>
#include <lowp/policy/rounding.hpp>

namespace lowp::inline LOWP_ABI {

/// The run-time twin of a format type: the same facts, values and casts, chosen while the program runs.
///
/// Meaning   any_format::of<F>() behaves as F. Also made from a layout, from a table of values, or from text
///           (parse_format). Decoding reads a table of values; encoding calls the very function that cast<F> folds its
///           layout into, so trying another format compiles nothing.
/// Exact     every cast equals cast<F> bit for bit.
/// Cost      a table of 2^bits floats, shared between copies; encoding about twice a template's scalar cast.
class any_format {
 public:
  template <Format F>
  static any_format of(std::string name = {}) {
    if constexpr (CodebookFormat<F>) {
      return any_format(std::vector<float>(F::table::values, F::table::values + F::size), std::move(name));
    } else {
      return any_format(F::layout, std::move(name));
    }
  }

  /// Errors  error_code::value where the layout describes no format lowp can hold; the message says why.
  explicit any_format(float_layout const& layout, std::string name = {}) {
    if (char const* const defect = layout.defect(); defect != nullptr) {
      detail::raise(error(error_code::value, "layout", std::string("any_format: ") + defect));
    }
    std::vector<float> values;
    for (std::uint32_t code = 0; code <= layout.code_mask(); ++code) {
      values.push_back(std::bit_cast<float>(layout.to_float_bits(code)));
    }
    data_ = std::make_shared<description const>(
        description{family::minifloat, layout, {}, {nullptr, 0}, facts_of(layout), std::move(name), std::move(values)});
  }

  /// Errors  error_code::value for a width that int_n and uint_n do not have.
  explicit any_format(integer_layout const& layout, std::string name = {}) {
    if (layout.width < (layout.is_signed() ? 2 : 1) || layout.width > 8) {
      detail::raise(error(error_code::value, "layout",
                          "any_format: integers have 2 (unsigned: 1) to 8 bits, not " + std::to_string(layout.width)));
    }
    std::vector<float> values;
    for (std::uint32_t code = 0; code <= layout.code_mask(); ++code) {
      values.push_back(static_cast<float>(layout.value(code)));
    }
    data_ = std::make_shared<description const>(
        description{family::integer, {}, layout, {nullptr, 0}, facts_of(layout), std::move(name), std::move(values)});
  }

  /// A codebook: values[code], 2, 4, ... or 256 of them; NaN and infinities allowed.
  ///
  /// Errors  error_code::size for another number of values, error_code::value where none is finite.
  explicit any_format(std::vector<float> values, std::string name) {
    std::size_t const count = values.size();
    if (!std::has_single_bit(count) || count < 2 || count > 256) {
      detail::raise(error(error_code::size, "values", 0, count,
                          "any_format: a codebook has 2, 4, 8, ... or 256 values, not " + std::to_string(count)));
    }
    codebook_order const order(values.data(), count);
    if (order.size == 0) {
      detail::raise(error(error_code::value, "values", "any_format: a codebook needs a finite value"));
    }
    format_facts const all = facts_of_codebook(order, values.data(), detail::floor_log2(count));
    for (float& value : values) {
      value = detail::is_nan(value) ? std::bit_cast<float>(detail::float_quiet_nan) : value;
    }
    data_ = std::make_shared<description const>(
        description{family::codebook, {}, {}, order, all, std::move(name), std::move(values)});
  }

  /// The name it was made with; empty if none was given.
  std::string const& name() const noexcept { return data_->name; }
  int bits() const noexcept { return data_->all.bits; }
  format_facts const& facts() const noexcept { return data_->all; }
  bool is_minifloat() const noexcept { return data_->kind == family::minifloat; }
  bool is_integer() const noexcept { return data_->kind == family::integer; }
  bool is_codebook() const noexcept { return data_->kind == family::codebook; }
  /// Requires is_minifloat().
  float_layout const& layout() const noexcept { return data_->layout; }
  /// Requires is_integer().
  integer_layout const& integer() const noexcept { return data_->integers; }
  /// The value of every code, in code order; NaNs are canonical.
  std::vector<float> const& values() const noexcept { return data_->values; }

  /// The value of a code; bits above the width are ignored.
  float decode(std::uint32_t code) const noexcept { return data_->values[code & data_->all.code_mask]; }

  /// The code that cast<F>(x, r, o) gives for the twin F.
  template <RoundingPolicy Rounding = rounding::nearest_even, OverflowPolicy Overflow = overflow::saturate>
  std::uint32_t encode(exact const& x, Rounding const& r = {}, Overflow const& o = {}) const noexcept {
    switch (data_->kind) {
      case family::minifloat:
        return lowp::encode(data_->layout, x, r, o);
      case family::integer:
        return lowp::encode(data_->integers, x, r, o);
      case family::codebook:
        break;
    }
    return lowp::encode(data_->table, x, r, o);
  }
  template <CastSource From, RoundingPolicy Rounding = rounding::nearest_even,
            OverflowPolicy Overflow = overflow::saturate>
  std::uint32_t encode(From x, Rounding const& r = {}, Overflow const& o = {}) const noexcept {
    return encode(exact::from(x), r, o);
  }

  /// The value that x becomes: decode(encode(x)).
  template <CastSource From, RoundingPolicy Rounding = rounding::nearest_even,
            OverflowPolicy Overflow = overflow::saturate>
  float round(From x, Rounding const& r = {}, Overflow const& o = {}) const noexcept {
    return decode(encode(x, r, o));
  }

  /// Whether a finite x, rounded to nearest even as if the range were unbounded, lies outside the format's.
  bool rounds_out_of_range(exact const& x) const noexcept {
    switch (data_->kind) {
      case family::minifloat:
        return detail::rounds_out_of_range(data_->layout, x);
      case family::integer:
        return detail::rounds_out_of_range(data_->integers, x);
      case family::codebook:
        break;
    }
    return detail::rounds_out_of_range(data_->table, x);
  }

  /// Whether both have the same codes with the same meaning; names do not count.
  friend bool operator==(any_format const& a, any_format const& b) noexcept {
    return a.data_ == b.data_ || (a.data_->kind == b.data_->kind && a.data_->layout == b.data_->layout &&
                                  a.data_->integers == b.data_->integers && a.has_values_of(b));
  }

 private:
  enum class family : std::uint8_t { minifloat, integer, codebook };
  using codebook_order = detail::codebook_order<256>;

  struct description {
    family kind;
    float_layout layout;
    integer_layout integers;
    codebook_order table;
    format_facts all;
    std::string name;
    std::vector<float> values;
  };

  bool has_values_of(any_format const& other) const noexcept {
    std::vector<float> const& mine = data_->values;
    std::vector<float> const& theirs = other.data_->values;
    bool same = mine.size() == theirs.size();
    for (std::size_t i = 0; same && i < mine.size(); ++i) {
      same = detail::bits_of(mine[i]) == detail::bits_of(theirs[i]);
    }
    return same;
  }

  std::shared_ptr<description const> data_;
};

}  // namespace lowp::inline LOWP_ABI
