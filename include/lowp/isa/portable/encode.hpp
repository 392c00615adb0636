// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/codec/codebook_runs.hpp>
#include <lowp/isa/portable/target.hpp>
#include <lowp/kernel/slots.hpp>
#include <lowp/pack/bit_writer.hpp>

namespace lowp::inline LOWP_ABI::kernel {

namespace portable_kernels {

/// The codes of a codebook by rising x, for a rounding that depends on x alone: code `codes[i]` from threshold i on.
///
/// Found once per codebook and policy, by bisection over the floats with the exact cast.
template <CodebookFormat F, RoundingPolicy Rounding>
struct codebook_thresholds {
  std::array<std::uint32_t, F::size + 1> first{};  // first[i]: least key of run i; first[0] is that of -max
  std::array<std::uint8_t, F::size + 1> codes{};
  std::size_t runs;

  codebook_thresholds() noexcept
      : runs(detail::find_codebook_runs([](float x) { return lowp::cast<F>(x, Rounding{}, overflow::saturate{}).code; },
                                        first.data(), codes.data())) {}

  std::uint8_t code_of(std::uint32_t float_bits) const noexcept {
    return detail::code_in_runs(float_bits, first.data(), codes.data(), runs);
  }

  static codebook_thresholds const& get() noexcept {
    static codebook_thresholds const table;
    return table;
  }
};

/// The same for vectors: thresholds as signed integers in the order of the floats, the last repeated to 16; and the codes of
/// what is not finite.
template <CodebookFormat F, RoundingPolicy Rounding, OverflowPolicy Overflow>
struct codebook_lanes {
  alignas(64) std::int32_t first[16];  // first[0] is below every finite float
  alignas(64) std::uint32_t codes[16];
  std::uint32_t nan;
  std::uint32_t infinity;
  std::uint32_t negative_infinity;

  codebook_lanes() noexcept {
    auto const& table = codebook_thresholds<F, Rounding>::get();
    static_assert(F::size <= 16, "a table of 16 entries has at most 16 runs: both zeros are one value but two entries");
    for (std::size_t i = 0; i < 16; ++i) {
      bool const used = i < table.first.size() && i < table.runs;  // the first says so to -Warray-bounds
      // The flipped top bit makes the unsigned order the signed one. No finite float lies at the greatest key.
      first[i] = used ? std::bit_cast<std::int32_t>(table.first[i] ^ detail::float_sign)
                      : std::numeric_limits<std::int32_t>::max();
      codes[i] = table.codes[used ? i : 0];
    }
    constexpr float infinite = std::bit_cast<float>(detail::float_infinity);
    nan = to_bits(lowp::cast<F>(std::bit_cast<float>(detail::float_quiet_nan), Rounding{}, Overflow{}));
    infinity = to_bits(lowp::cast<F>(infinite, Rounding{}, Overflow{}));
    negative_infinity = to_bits(lowp::cast<F>(-infinite, Rounding{}, Overflow{}));
  }

  static codebook_lanes const& get() noexcept {
    static codebook_lanes const table;
    return table;
  }
};

/// Calls sink(i, code) for every element of `in`, in order; `value(i)` is the float to encode.
template <Format F, class Value, class Sink, RoundingPolicy Rounding, OverflowPolicy Overflow>
void encode_each(std::size_t n, Value const& value, Sink& sink, Rounding const& r, Overflow const& o) noexcept {
  if constexpr (CodebookFormat<F> && std::is_empty_v<Rounding>) {
    auto const& table = codebook_thresholds<F, Rounding>::get();
    for (std::size_t i = 0; i < n; ++i) {
      float const x = value(i);
      sink.put(detail::is_finite(x) ? table.code_of(detail::bits_of(x)) : to_bits(lowp::cast<F>(x, r, o)));
    }
  } else {
    for (std::size_t i = 0; i < n; ++i) {
      sink.put(to_bits(detail::encode_to<F>(exact::from(value(i)), rounding::at(r, i), o)));
    }
  }
}

}  // namespace portable_kernels

template <class F, class Order, class Rounding, class Overflow>
struct encode_slot<isa::portable, F, Order, Rounding, Overflow> {
  using served_by = isa::portable;
  static void run(float const* in, std::uint8_t* out, std::size_t n, Rounding r, Overflow o) noexcept {
    bit_writer<Order> writer(out, F::bits);
    portable_kernels::encode_each<F>(
        n, [in](std::size_t i) { return in[i]; }, writer, r, o);
    writer.finish();
  }
};

}  // namespace lowp::inline LOWP_ABI::kernel
