// SPDX-License-Identifier: Apache-2.0
//
// Casts of whole spans, dense or one code an element.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>

#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/codec/any_format.hpp>
#include <lowp/codec/cast.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/kernel/dispatch.hpp>
#include <lowp/kernel/fp_env.hpp>
#include <lowp/kernel/vectorizable.hpp>
#include <lowp/pack/bit_order.hpp>
#include <lowp/pack/packed_span.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// Any contiguous range, seen as a span of its elements; `value` is their type without const.
template <class R>
concept ContiguousRange = requires(R& r) {
  std::span(r);
};

template <class R>
using element_of = typename decltype(std::span(std::declval<R&>()))::value_type;

template <class R>
concept CodeRange = ContiguousRange<R> && std::unsigned_integral<element_of<R>>;
template <class R>
concept FloatRange = ContiguousRange<R> && std::same_as < element_of<R>,
float > ;

/// Where an argument's memory lies. (An address, not a pointer to const: a compiler takes one of those to uninitialised
/// output for a read.)
struct memory_range {
  std::uintptr_t address;
  std::size_t bytes;

  template <class T>
  static memory_range of(T* data, std::size_t bytes) noexcept {
    return {reinterpret_cast<std::uintptr_t>(data), bytes};
  }
  friend bool overlap(memory_range a, memory_range b) noexcept {
    return a.bytes != 0 && b.bytes != 0 && a.address < b.address + b.bytes && b.address < a.address + a.bytes;
  }
};

inline void check_spans(char const* function, std::size_t in_size, memory_range in, std::size_t out_size,
                        memory_range out) {
  if (in_size != out_size) {
    raise(error(
        error_code::size, "out", 0, out_size,
        std::string(function) + ": in has " + std::to_string(in_size) + " elements, out " + std::to_string(out_size)));
  }
  if (overlap(in, out)) {
    raise(error(error_code::overlap, "out", std::string(function) + ": in and out overlap"));
  }
}

/// Encodes n elements of type From at `out`, in the order of the codes there.
template <Format To, class Order, class From, RoundingPolicy Rounding, OverflowPolicy Overflow>
void encode_from(From const* in, std::uint8_t* out, std::size_t n, Rounding rounding, Overflow overflow) noexcept {
  kernel::fp_env const environment;
  if constexpr (std::same_as<From, float>) {
    kernel::encode<To, Order>(in, out, n, rounding, overflow);
  } else {  // a number of a format: through floats, which hold it exactly, in pieces that stay in L1
    constexpr std::size_t piece = 1024;
    constexpr std::size_t piece_bytes =
        std::same_as<Order, bit_order::padded> ? piece * sizeof(To) : piece / 8 * static_cast<std::size_t>(To::bits);
    alignas(64) float values[piece];
    for (std::size_t i = 0; i < n; i += piece) {
      std::size_t const count = n - i < piece ? n - i : piece;
      kernel::decode<From, bit_order::padded>(reinterpret_cast<std::uint8_t const*>(in + i), values, count);
      kernel::encode<To, Order>(values, out, count, rounding::at(rounding, i), overflow);
      out += piece_bytes;
    }
  }
}

}  // namespace detail

/// Casts every element: out[i] = cast<F>(in[i], rounding.at(i), overflow).
///
/// Meaning   `in` is a contiguous range of floats, doubles, integers or numbers of a format, `out` one of numbers of a
///           format, one code an element.
/// Errors    error_code::size where the lengths differ, error_code::overlap where the memory does; nothing is written.
/// Exact     the bits of the scalar cast, on every ISA, for every split of the range.
/// Cost      one pass; from float and from formats (bfloat16, float16 ...) through the dispatched kernels.
template <detail::ContiguousRange In, detail::ContiguousRange Out, RoundingPolicy Rounding = rounding::nearest_even,
          OverflowPolicy Overflow = overflow::saturate>
  requires CastSource<detail::element_of<In>> && Format<detail::element_of<Out>>
void cast_into(In&& in, Out&& out, Rounding rounding = {}, Overflow overflow = {}) {
  using From = detail::element_of<In>;
  using To = detail::element_of<Out>;
  std::span<From const> const source(in);
  std::span<To> const target(out);
  detail::check_spans("cast_into", source.size(), detail::memory_range::of(source.data(), source.size_bytes()),
                      target.size(), detail::memory_range::of(target.data(), target.size_bytes()));
  if constexpr (std::same_as<From, float> || Format<From>) {
    detail::encode_from<To, bit_order::padded>(source.data(), reinterpret_cast<std::uint8_t*>(target.data()),
                                               source.size(), rounding, overflow);
  } else {
    for (std::size_t i = 0; i < source.size(); ++i) {
      target[i] = cast<To>(source[i], rounding::at(rounding, i), overflow);
    }
  }
}

/// Casts every element into a dense span. Bits of its last byte beyond the last element are kept.
template <detail::ContiguousRange In, Format F, DenseOrder Order, RoundingPolicy Rounding = rounding::nearest_even,
          OverflowPolicy Overflow = overflow::saturate>
  requires CastSource<detail::element_of<In>>
void cast_into(In&& in, packed_span<F, Order> out, Rounding rounding = {}, Overflow overflow = {}) {
  using From = detail::element_of<In>;
  std::span<From const> const source(in);
  detail::check_spans("cast_into", source.size(), detail::memory_range::of(source.data(), source.size_bytes()),
                      out.size(), detail::memory_range::of(out.data(), out.size_bytes()));
  if constexpr (std::same_as<From, float> || Format<From>) {
    detail::encode_from<F, Order>(source.data(), out.data(), source.size(), rounding, overflow);
  } else {
    for (std::size_t i = 0; i < source.size(); ++i) {
      out[i] = cast<F>(source[i], rounding::at(rounding, i), overflow);
    }
  }
}

namespace detail {

/// What decode_into writes of F: float, or bfloat16 where that holds every value of F.
template <class T, class F>
concept DecodeTarget = std::same_as<T, float> ||(std::same_as<T, bfloat16>&& kernel::exact_in_bfloat16<F>);

template <class Out, class F>
concept DecodeRange = ContiguousRange<Out> && DecodeTarget<element_of<Out>, F>;

template <Format F, class Order, class T>
void decode_to(std::uint8_t const* in, T* out, std::size_t n) noexcept {
  kernel::fp_env const environment;
  if constexpr (std::same_as<T, float>) {
    kernel::decode<F, Order>(in, out, n);
  } else {
    kernel::decode<F, Order>(in, reinterpret_cast<std::uint16_t*>(out), n);
  }
}

}  // namespace detail

/// Decodes every element: out[i] = decode(in[i]), to float; or to bfloat16, where that holds every value of the format (all
/// minifloats and integers of the catalogue that have at most 8 bits). Exact.
///
/// Errors    error_code::size where the lengths differ, error_code::overlap where the memory does; nothing is written.
template <detail::ContiguousRange In, class Out>
  requires Format<detail::element_of<In>> && detail::DecodeRange<Out, detail::element_of<In>>
void decode_into(In&& in, Out&& out) {
  using From = detail::element_of<In>;
  using To = detail::element_of<Out>;
  std::span<From const> const source(in);
  std::span<To> const target(out);
  detail::check_spans("decode_into", source.size(), detail::memory_range::of(source.data(), source.size_bytes()),
                      target.size(), detail::memory_range::of(target.data(), target.size_bytes()));
  detail::decode_to<From, bit_order::padded>(reinterpret_cast<std::uint8_t const*>(source.data()), target.data(),
                                             source.size());
}

/// Decodes a dense span.
template <class F, DenseOrder Order, class Out>
  requires detail::DecodeRange<Out, std::remove_const_t<F>>
void decode_into(packed_span<F, Order> in, Out&& out) {
  using To = detail::element_of<Out>;
  std::span<To> const target(out);
  detail::check_spans("decode_into", in.size(), detail::memory_range::of(in.data(), in.size_bytes()), target.size(),
                      detail::memory_range::of(target.data(), target.size_bytes()));
  detail::decode_to<std::remove_const_t<F>, Order>(in.data(), target.data(), in.size());
}

/// The run-time twins: codes of `format`, right-aligned in std::uint8_t (formats of at most 8 bits) or std::uint16_t.
///
/// Errors    as above; error_code::size also where a code does not fit the integer type.
template <detail::ContiguousRange In, detail::ContiguousRange Out, RoundingPolicy Rounding = rounding::nearest_even,
          OverflowPolicy Overflow = overflow::saturate>
  requires CastSource<detail::element_of<In>> && std::unsigned_integral<detail::element_of<Out>>
void cast_into(any_format const& format, In&& in, Out&& out, Rounding rounding = {}, Overflow overflow = {}) {
  using From = detail::element_of<In>;
  using Code = detail::element_of<Out>;
  std::span<From const> const source(in);
  std::span<Code> const target(out);
  detail::check_spans("cast_into", source.size(), detail::memory_range::of(source.data(), source.size_bytes()),
                      target.size(), detail::memory_range::of(target.data(), target.size_bytes()));
  if (format.bits() > static_cast<int>(8 * sizeof(Code))) {
    detail::raise(error(error_code::size, "out",
                        "cast_into: codes of " + std::to_string(format.bits()) + " bits do not fit the " +
                            std::to_string(8 * sizeof(Code)) + "-bit elements of out"));
  }
  for (std::size_t i = 0; i < source.size(); ++i) {
    target[i] = static_cast<Code>(format.encode(source[i], rounding::at(rounding, i), overflow));
  }
}

template <detail::CodeRange In, detail::FloatRange Out>
void decode_into(any_format const& format, In&& in, Out&& out) {
  using Code = detail::element_of<In>;
  std::span<Code const> const source(in);
  std::span<float> const target(out);
  detail::check_spans("decode_into", source.size(), detail::memory_range::of(source.data(), source.size_bytes()),
                      target.size(), detail::memory_range::of(target.data(), target.size_bytes()));
  for (std::size_t i = 0; i < source.size(); ++i) {
    target[i] = format.decode(source[i]);
  }
}

}  // namespace lowp::inline LOWP_ABI
