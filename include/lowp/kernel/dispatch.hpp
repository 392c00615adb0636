// SPDX-License-Identifier: Apache-2.0
//
// From an operation to the kernel that serves it on this CPU. Slots are named only here, where every specialisation has
// been seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/format/facts.hpp>
#include <lowp/isa/list.hpp>
#include <lowp/kernel/cpu.hpp>
#include <lowp/kernel/slots.hpp>

namespace lowp::inline LOWP_ABI {

namespace kernel {

/// Position in isa::list of the tag pinned on this thread, or its size.
inline std::size_t& pinned_isa() noexcept {
  static thread_local std::size_t position = isa::list::size;
  return position;
}

template <class... Tags>
std::size_t first_available(isa::tag_list<Tags...>) noexcept {
  std::size_t position = 0;
  static_cast<void>(((Tags::available() || (++position, false)) || ...));
  return position;
}

/// Position in isa::list of the ISA that serves this thread.
inline std::size_t current_isa() noexcept {
  static std::size_t const best = first_available(isa::list{});
  std::size_t const pinned = pinned_isa();
  return pinned < isa::list::size ? pinned : best;
}

template <class F, class Tag, class... Tags>
decltype(auto) call_with(std::size_t position, F& f, isa::tag_list<Tag, Tags...>) {
  if constexpr (sizeof...(Tags) == 0) {
    return f(Tag{});
  } else {
    return position == 0 ? f(Tag{}) : call_with(position - 1, f, isa::tag_list<Tags...>{});
  }
}

/// Calls f with the tag of the ISA that serves this thread.
template <class F>
decltype(auto) dispatch(F&& f) {
  return call_with(current_isa(), f, isa::list{});
}

template <class Format, class Order, class Rounding, class Overflow>
void encode(float const* in, std::uint8_t* out, std::size_t n, Rounding r, Overflow o) noexcept {
  dispatch([&](auto tag) { encode_slot<decltype(tag), Format, Order, Rounding, Overflow>::run(in, out, n, r, o); });
}

template <class Format, class Order>
void decode(std::uint8_t const* in, float* out, std::size_t n) noexcept {
  dispatch([&](auto tag) { decode_slot<decltype(tag), Format, Order>::run(in, out, n); });
}

template <class Format, class Order>
void decode(std::uint8_t const* in, std::uint16_t* bfloat16_out, std::size_t n) noexcept {
  dispatch([&](auto tag) { decode_bfloat16_slot<decltype(tag), Format, Order>::run(in, bfloat16_out, n); });
}

inline bool absmax(float const* in, std::size_t n, std::size_t group, float* greatest) noexcept {
  return dispatch([&](auto tag) { return absmax_slot<decltype(tag)>::run(in, n, group, greatest); });
}

inline void extend(magnitude_range& range, float const* x, std::size_t n) noexcept {
  dispatch([&](auto tag) { row_slot<decltype(tag)>::extend(range, x, n); });
}

inline bool contains_nan(float const* in, std::size_t n) noexcept {
  return dispatch([&](auto tag) { return contains_nan_slot<decltype(tag)>::run(in, n); });
}

template <class Rule, class Stored>
void scales(Rule rule, format_facts const& element, float const* greatest, std::size_t n, Stored* stored,
            float* values) noexcept {
  dispatch([&](auto tag) { scales_slot<decltype(tag), Rule>::run(rule, element, greatest, n, stored, values); });
}

template <class Rule>
bool scales_fit(Rule rule, format_facts const& element, float const* greatest, std::size_t n) noexcept {
  return dispatch([&](auto tag) { return scales_slot<decltype(tag), Rule>::fit(rule, element, greatest, n); });
}

template <class Format, class Order, class Rounding, class Overflow, class Nan>
void quantize(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group, Rounding r,
              Overflow o, Nan nan) noexcept {
  dispatch([&](auto tag) {
    quantize_slot<decltype(tag), Format, Order, Rounding, Overflow, Nan>::run(in, out, n, scales, group, r, o, nan);
  });
}

/// `all_bytes` is the size of the whole result, of which this row is a part; where it streams(), end_streams() follows.
template <class Format, class Order>
void dequantize(std::uint8_t const* in, float* out, std::size_t n, float const* scales, std::size_t group,
                std::size_t all_bytes = 0) noexcept {
  dispatch([&](auto tag) {
    using slot = dequantize_slot<decltype(tag), Format, Order>;
    if constexpr (requires { slot::run_streamed(in, out, n, scales, group); }) {
      if (streams(all_bytes)) {
        slot::run_streamed(in, out, n, scales, group);
        return;
      }
    }
    slot::run(in, out, n, scales, group);
  });
}

inline bool ranges(float const* in, std::size_t n, std::size_t group, float* low, float* high) noexcept {
  return dispatch([&](auto tag) { return range_slot<decltype(tag)>::run(in, n, group, low, high); });
}

template <class Rule, class Stored>
bool range_scales(Rule rule, format_facts const& element, float const* low, float const* high, std::size_t n,
                  Stored* stored, float* values, std::int32_t* zeros) noexcept {
  return dispatch([&](auto tag) {
    return range_scales_slot<decltype(tag), Rule>::run(rule, element, low, high, n, stored, values, zeros);
  });
}

template <class Format, class Order, class Shift, class Rounding>
void shifted_quantize(float const* in, std::uint8_t* out, std::size_t n, float const* scales, float const* shifts,
                      std::size_t group, Rounding r) noexcept {
  dispatch([&](auto tag) {
    shifted_quantize_slot<decltype(tag), Format, Order, Rounding, Shift>::run(in, out, n, scales, shifts, group, r);
  });
}

/// `all_bytes` as for dequantize.
template <class Format, class Order, class Shift>
void shifted_dequantize(std::uint8_t const* in, float* out, std::size_t n, float const* scales, float const* shifts,
                        std::size_t group, std::size_t all_bytes = 0) noexcept {
  dispatch([&](auto tag) {
    using slot = shifted_dequantize_slot<decltype(tag), Format, Order, Shift>;
    if constexpr (requires { slot::run_streamed(in, out, n, scales, shifts, group); }) {
      if (streams(all_bytes)) {
        slot::run_streamed(in, out, n, scales, shifts, group);
        return;
      }
    }
    slot::run(in, out, n, scales, shifts, group);
  });
}

}  // namespace kernel

/// Keeps an ISA pinned on this thread for as long as it lives; the one before it afterwards.
class [[nodiscard]] isa_pin {
 public:
  explicit isa_pin(std::size_t position) noexcept : before_(kernel::pinned_isa()) { kernel::pinned_isa() = position; }
  ~isa_pin() { kernel::pinned_isa() = before_; }
  isa_pin(isa_pin const&) = delete;
  isa_pin& operator=(isa_pin const&) = delete;

 private:
  std::size_t before_;
};

/// Pins the bulk operations of this thread to an ISA: `auto const pin = lowp::with_isa(lowp::isa::portable{});`. For
/// tests and doubt; results are the same bits on every ISA.
///
/// Errors    error_code::value where this CPU does not have it.
template <class Tag>
isa_pin with_isa(Tag) {
  constexpr std::size_t position = isa::index_in<Tag>(isa::list{});
  static_assert(position < isa::list::size, "lowp::with_isa: this ISA is not in isa::list");
  if (!Tag::available()) {
    std::string message = "with_isa: this CPU does not have ";
    message += Tag::name;
    detail::raise(error(error_code::value, "isa", message));
  }
  return isa_pin(position);
}

/// The name of the ISA whose kernels serve this thread; an operation that it does not improve is served by its parent.
inline char const* isa_name() noexcept {
  return kernel::dispatch([](auto tag) { return decltype(tag)::name; });
}

}  // namespace lowp::inline LOWP_ABI
