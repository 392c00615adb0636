// SPDX-License-Identifier: Apache-2.0
//
// From an operation to the kernel that serves it on this CPU. Slots are named only here, where every specialisation has
// been seen.
#pragma once

#include <cstddef>
#include <cstdint>

#include <lowp/base/config.hpp>
#include <lowp/isa/list.hpp>
#include <lowp/kernel/slots.hpp>

namespace lowp::inline LOWP_ABI::kernel {

/// Calls f with the tag of the best ISA that this CPU has.
template <class F>
decltype(auto) dispatch(F&& f) {
  return f(isa::portable{});
}

template <class Format, class Order, class Rounding, class Overflow>
void encode(float const* in, std::uint8_t* out, std::size_t n, Rounding r, Overflow o) noexcept {
  dispatch([&](auto tag) { encode_slot<decltype(tag), Format, Order, Rounding, Overflow>::run(in, out, n, r, o); });
}

template <class Format, class Order>
void decode(std::uint8_t const* in, float* out, std::size_t n) noexcept {
  dispatch([&](auto tag) { decode_slot<decltype(tag), Format, Order>::run(in, out, n); });
}

inline float absmax(float const* in, std::size_t n) noexcept {
  return dispatch([&](auto tag) { return absmax_slot<decltype(tag)>::run(in, n); });
}

template <class Format, class Order, class Rounding, class Overflow, class Nan>
void quantize(float const* in, std::uint8_t* out, std::size_t n, float const* scales, std::size_t group, Rounding r,
              Overflow o, Nan nan) noexcept {
  dispatch([&](auto tag) {
    quantize_slot<decltype(tag), Format, Order, Rounding, Overflow, Nan>::run(in, out, n, scales, group, r, o, nan);
  });
}

template <class Format, class Order>
void dequantize(std::uint8_t const* in, float* out, std::size_t n, float const* scales, std::size_t group) noexcept {
  dispatch([&](auto tag) { dequantize_slot<decltype(tag), Format, Order>::run(in, out, n, scales, group); });
}

}  // namespace lowp::inline LOWP_ABI::kernel
