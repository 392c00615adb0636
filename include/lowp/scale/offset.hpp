// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/scale/minmax.hpp>
#include <lowp/scale/rule.hpp>

namespace lowp::inline LOWP_ABI {

namespace scale {

/// A float zero point: unsigned codes q stand for q * scale + offset, an offset for each block, stored as the scale is.
///
/// Meaning   the range [low, high] of the block's finite elements is laid on the codes 0 .. max: scale = (high - low) / max,
///           1 where that is 0; offset = low, stored (+0 for a zero). 0 is a value only by chance; minmax has it always.
/// Exact     scale as minmax; code = round((x - offset) / scale), difference and quotient rounded once to float each; value:
///           product and sum rounded once to float each (the product is exact where scales have at most 16 bits).
/// Errors    of quantize: error_code::value where the offset does not fit the stored type.
/// Source    ggml's Q4_1 (d, m), HQQ and torchao (float zero points), which round otherwise on the way.
template <ScaleStorage Stored = float>
struct offset {
  static_assert(
      [] {
        if constexpr (std::same_as<Stored, float>) {
          return true;
        } else {
          return facts<Stored>::is_signed;
        }
      }(),
      "lowp::scale::offset: an offset may be negative, so it is stored in a signed type");
  using stored_type = Stored;
  static constexpr bool has_offset = true;

  /// The scale of a block whose finite elements lie in [low, high], low < high. Needs fp_env.
  static exact ideal(float low, float high, format_facts const& element) noexcept {
    return minmax<float>::ideal(low, high, element);
  }
};

}  // namespace scale

/// A rule that gives an offset beside the scale.
template <class S>
concept OffsetRule = ScaleStorage<typename S::stored_type> && std::is_trivially_copyable_v<S> &&
    requires(S const& rule, float low, float high, format_facts const& element) {
  S::has_offset;
  { rule.ideal(low, high, element) } -> std::same_as<exact>;
};

}  // namespace lowp::inline LOWP_ABI
