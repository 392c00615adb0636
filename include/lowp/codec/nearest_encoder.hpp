// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/codec/codebook_runs.hpp>
#include <lowp/format/facts.hpp>

namespace lowp::inline LOWP_ABI::detail {

/// Codes of floats in a format known at run time, under nearest_even and saturate: what any_format::encode gives, from the
/// float's own bits.
///
/// Exact     by integer operations alone: no rounding mode, FTZ or DAZ matters.
/// Cost      some 3 ns an element, a tenth of any_format::encode. Codebooks are searched for their thresholds first, some
///           hundred casts an entry, unless fewer than that many of the `count` elements would follow.
class nearest_encoder {
 public:
  nearest_encoder(any_format const& f, std::size_t count) noexcept {
    format_facts const& all = f.facts();
    code_mask_ = all.code_mask;
    if (f.is_integer()) {
      // Ones are the last places of [512, 1024): 9 bits below its leading one's.
      mantissa_bits_ = 9;
      lowest_ = float_bias + 9;
      limit_ = bits_of(512.0F);
      max_code_ = static_cast<std::uint32_t>(all.max);
      min_magnitude_ = static_cast<std::uint32_t>(-all.lowest);
      is_integer_ = true;
      serves_ = true;
    } else if (f.is_minifloat()) {
      float_layout const& l = f.layout();
      serves_ = l.special != specials::exponent && !(l.is_p3109() && l.mantissa_bits == 0) && l.min_exponent() >= -126;
      mantissa_bits_ = static_cast<std::uint32_t>(l.mantissa_bits);
      lowest_ = static_cast<std::uint32_t>(l.min_exponent() + float_bias);
      limit_ = bits_of(all.max);
      nan_code_ = all.has_nan ? all.nan_code : all.max_code;
      sign_mask_ = all.sign_mask;
      is_signed_ = l.is_signed();
      has_negative_zero_ = l.has_negative_zero();
    } else if (count >= 100 * f.values().size()) {
      runs_ = find_codebook_runs([&f](float x) { return f.encode(x); }, first_, codes_);
      nan_code_ = f.encode(std::bit_cast<float>(float_quiet_nan));
      codes_[max_runs] = static_cast<std::uint8_t>(f.encode(std::bit_cast<float>(float_infinity)));
      codes_[max_runs + 1] = static_cast<std::uint8_t>(f.encode(-std::bit_cast<float>(float_infinity)));
      serves_ = true;
    }
  }

  /// Integers, codebooks, and minifloats with a mantissa to round whose subnormals begin at a normal float.
  bool serves() const noexcept { return serves_; }

  /// Requires serves().
  std::uint32_t operator()(float x) const noexcept {
    std::uint32_t const magnitude = bits_of(x) & ~float_sign;
    bool const negative = magnitude != bits_of(x);
    if (magnitude > float_infinity) {
      return nan_code_;
    }
    if (runs_ != 0) {
      return magnitude == float_infinity ? codes_[negative ? max_runs + 1 : max_runs]
                                         : code_in_runs(bits_of(x), first_, codes_, runs_);
    }
    // 1. What exceeds max gives max: infinity, too.
    std::uint32_t const limited = magnitude < limit_ ? magnitude : limit_;
    // 2. Significand, and how many of its bits to drop: 23 - M, more below the normal range. A float subnormal counts places
    //    of 2^-149, as exponent field 1 does.
    std::uint32_t const exponent = limited >> 23U;
    std::uint32_t const binade = exponent > lowest_ ? exponent : lowest_;
    std::uint32_t const significand = (limited & 0x7f'ffffU) | (exponent != 0 ? 0x80'0000U : 0U);
    std::uint32_t const drop = 23U - mantissa_bits_ + binade - (exponent != 0 ? exponent : 1U);
    // 3. Half a last place less a bit, and the last place: to even. 25 bits dropped are less than half a place.
    std::uint32_t kept = 0;
    if (drop < 25U) {
      kept = (significand + (1U << (drop - 1U)) - 1U + ((significand >> drop) & 1U)) >> drop;
    }
    std::uint32_t const code = kept + ((binade - lowest_) << mantissa_bits_);
    // 4. Sign.
    if (is_integer_) {
      std::uint32_t const most = negative ? min_magnitude_ : max_code_;
      std::uint32_t const value = code < most ? code : most;
      return (negative ? 0U - value : value) & code_mask_;
    }
    if (!negative) {
      return code;
    }
    return !is_signed_ ? 0U : code != 0 || has_negative_zero_ ? code | sign_mask_ : code;
  }

 private:
  static constexpr std::size_t max_runs = 257;

  std::size_t runs_ = 0;  // of a codebook
  std::uint32_t first_[max_runs];
  std::uint8_t codes_[max_runs + 2];  // the last two: of infinity and of -infinity
  std::uint32_t mantissa_bits_ = 0;
  std::uint32_t lowest_ = 0;
  std::uint32_t limit_ = 0;
  std::uint32_t max_code_ = 0;
  std::uint32_t min_magnitude_ = 0;
  std::uint32_t nan_code_ = 0;
  std::uint32_t sign_mask_ = 0;
  std::uint32_t code_mask_ = 0;
  bool is_integer_ = false;
  bool is_signed_ = false;
  bool has_negative_zero_ = false;
  bool serves_ = false;
};

}  // namespace lowp::inline LOWP_ABI::detail
