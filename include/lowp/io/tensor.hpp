// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <lowp/base/bits.hpp>
#include <lowp/base/config.hpp>
#include <lowp/base/error.hpp>
#include <lowp/base/result.hpp>
#include <lowp/codec/exact.hpp>
#include <lowp/codec/single_rounding.hpp>
#include <lowp/format/catalog.hpp>
#include <lowp/format/concepts.hpp>
#include <lowp/io/dtype.hpp>
#include <lowp/io/json.hpp>
#include <lowp/pack/bit_order.hpp>

namespace lowp::inline LOWP_ABI {

namespace detail {

/// The little-endian unsigned integer of sizeof(U) bytes at `bytes`, on any machine.
template <class U>
constexpr U load_little_endian(std::byte const* bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(U); ++i) {
    value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return static_cast<U>(value);
}

template <class U>
constexpr void store_little_endian(U value, std::byte* bytes) noexcept {
  for (std::size_t i = 0; i < sizeof(U); ++i) {
    bytes[i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xffU);
  }
}

}  // namespace detail

namespace safetensors {

/// One tensor: what the header says of it, and its bytes in somebody else's memory.
///
/// Units     shape in elements, row-major; an empty shape is a scalar. data: little-endian, packed without gaps.
struct tensor {
  std::string name;
  dtype type = dtype::unknown;
  std::vector<std::size_t> shape;
  std::span<std::byte const> data;
  std::string dtype_name{};  ///< as the file spells it, also where `type` is dtype::unknown; a writer ignores it

  /// The number of elements. Requires that it can be counted: so it can in whatever `read` has returned.
  std::size_t size() const noexcept {
    std::size_t count = 1;
    for (std::size_t const extent : shape) {
      count *= extent;
    }
    return count;
  }
};

}  // namespace safetensors

namespace detail {

inline std::string shape_text(std::vector<std::size_t> const& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i == 8) {
      return out + ", ... " + std::to_string(shape.size()) + " in all]";
    }
    out += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return out + "]";
}

/// `type` and `shape` as a message names them.
inline std::string described(safetensors::dtype type, std::vector<std::size_t> const& shape) {
  return std::string(safetensors::name_of(type)) + " " + shape_text(shape);
}

/// Bytes that a tensor of that type and shape takes, or what is wrong with the shape; 0 for dtype::unknown.
///
/// Errors  error_code::shape: the extents other than 0 multiply beyond what this machine can count, or to 2^64 bits (also
///         in an empty tensor: strides are such products); the bits are no whole number of bytes; an F4 row with an odd
///         number of elements (the two of a byte belong to one row).
inline result<std::uint64_t> bytes_of(safetensors::dtype type, std::vector<std::size_t> const& shape) {
  auto const bits = static_cast<std::uint64_t>(safetensors::bits_of(type));
  std::uint64_t const most = std::min<std::uint64_t>(std::numeric_limits<std::size_t>::max(),
                                                     std::numeric_limits<std::uint64_t>::max() / (bits + (bits == 0)));
  std::uint64_t count = 1;
  bool empty = false;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    std::uint64_t const extent = shape[axis];
    if (extent == 0) {
      empty = true;
    } else if (count > most / extent) {
      return error(error_code::shape, "shape", static_cast<int>(axis), error::no_index,
                   described(type, shape) + " has more elements than can be counted");
    } else {
      count *= extent;
    }
  }
  if (type == safetensors::dtype::f4 && (shape.empty() || shape.back() % 2 != 0)) {
    return error(error_code::shape, "shape", static_cast<int>(shape.size()) - 1, error::no_index,
                 described(type, shape) + ": the last extent of F4 must be even, two elements share a byte");
  }
  if (empty) {
    return std::uint64_t{0};
  }
  std::uint64_t const product = count * bits;
  if (product % 8 != 0) {
    return error(
        error_code::shape, "shape", static_cast<int>(shape.size()) - 1, error::no_index,
        described(type, shape) + " takes " + std::to_string(product) + " bits, which is no whole number of bytes");
  }
  return product / 8;
}

/// One float per element of width U, as `convert` makes it from the element's bits.
template <class U, class Convert>
std::vector<float> floats_from(std::span<std::byte const> data, Convert convert) {
  std::vector<float> out(data.size() / sizeof(U));
  for (std::size_t i = 0; i < out.size(); ++i) {
    // Copied, not assigned: an x87 register would quiet a signalling NaN.
    std::uint32_t const bits = convert(load_little_endian<U>(data.data() + i * sizeof(U)));
    std::memcpy(&out[i], &bits, sizeof bits);
  }
  return out;
}

/// One float per integer of type S, the nearest.
template <class S>
std::vector<float> floats_from_integers(std::span<std::byte const> data) {
  using bits = std::make_unsigned_t<S>;
  return floats_from<bits>(data, [](bits x) { return bits_of(round_to_float(exact::from(static_cast<S>(x)))); });
}

/// One float per code of the 16-bit format F.
template <Format F>
std::vector<float> floats_from_wide(std::span<std::byte const> data) {
  return floats_from<std::uint16_t>(data, [](std::uint16_t x) { return bits_of(static_cast<float>(from_bits<F>(x))); });
}

/// One float per code of the small format F (at most 8 bits), packed densely with the low bits first.
template <Format F>
std::vector<float> floats_from_codes(std::span<std::byte const> data, std::size_t count) {
  float values[std::size_t{1} << F::bits];
  for (unsigned code = 0; code < std::size(values); ++code) {
    values[code] = static_cast<float>(from_bits<F>(code));
  }
  auto const* const bytes = reinterpret_cast<std::uint8_t const*>(data.data());
  std::vector<float> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = values[bit_order::low_first::get(bytes, i, F::bits)];
  }
  return out;
}

}  // namespace detail

namespace safetensors {

/// The elements of `t` as floats, in row-major order.
///
/// Meaning  BOOL: 0 and 1. Sub-byte types: the first element in the lowest bits; of F6 the format itself does not say it,
///          we read it as F4 (and as DLPack orders sub-byte types).
/// Errors   error_code::name for dtype::unknown and for C64, which has no one float; error_code::value for a BOOL byte
///          other than 0 and 1; error_code::shape and error_code::size where type, shape and data disagree (never in what
///          `read` returned).
/// Exact    every dtype but these is exact (F32 keeps even the bits of a NaN). F64, I32, U32, I64 and U64 are rounded once
///          to the nearest float, ties to even; a finite F64 beyond float's range becomes an infinity.
/// Cost     one pass, one allocation.
inline result<std::vector<float>> try_to_float(tensor const& t) {
  auto const failed = [&t](error_code code, std::size_t index, std::string const& what) {
    return error(code, "t", -1, index, "to_float: tensor " + detail::shown(t.name) + ": " + what);
  };
  if (t.type == dtype::unknown) {
    return failed(error_code::name, error::no_index,
                  "its dtype " + detail::shown(t.dtype_name) + " is none that this version of lowp knows");
  }
  result<std::uint64_t> const bytes = detail::bytes_of(t.type, t.shape);
  if (!bytes) {
    return failed(bytes.error().code(), bytes.error().index(), bytes.error().what());
  }
  if (*bytes != t.data.size()) {
    return failed(error_code::size, error::no_index,
                  detail::described(t.type, t.shape) + " takes " + std::to_string(*bytes) + " bytes, data has " +
                      std::to_string(t.data.size()));
  }
  switch (t.type) {
    case dtype::boolean:
      for (std::size_t i = 0; i < t.data.size(); ++i) {
        if (std::to_integer<unsigned>(t.data[i]) > 1) {
          return failed(error_code::value, i,
                        "element " + std::to_string(i) + " of BOOL is " +
                            std::to_string(std::to_integer<unsigned>(t.data[i])) + ", expected 0 or 1");
        }
      }
      return detail::floats_from_integers<std::uint8_t>(t.data);
    case dtype::f4:
      return detail::floats_from_codes<e2m1fn>(t.data, t.size());
    case dtype::f6_e2m3:
      return detail::floats_from_codes<e2m3fn>(t.data, t.size());
    case dtype::f6_e3m2:
      return detail::floats_from_codes<e3m2fn>(t.data, t.size());
    case dtype::u8:
      return detail::floats_from_integers<std::uint8_t>(t.data);
    case dtype::i8:
      return detail::floats_from_integers<std::int8_t>(t.data);
    case dtype::f8_e5m2:
      return detail::floats_from_codes<e5m2>(t.data, t.size());
    case dtype::f8_e4m3:
      return detail::floats_from_codes<e4m3fn>(t.data, t.size());
    case dtype::f8_e8m0:
      return detail::floats_from_codes<e8m0fnu>(t.data, t.size());
    case dtype::f8_e4m3fnuz:
      return detail::floats_from_codes<e4m3fnuz>(t.data, t.size());
    case dtype::f8_e5m2fnuz:
      return detail::floats_from_codes<e5m2fnuz>(t.data, t.size());
    case dtype::i16:
      return detail::floats_from_integers<std::int16_t>(t.data);
    case dtype::u16:
      return detail::floats_from_integers<std::uint16_t>(t.data);
    case dtype::f16:
      return detail::floats_from_wide<float16>(t.data);
    case dtype::bf16:
      return detail::floats_from_wide<bfloat16>(t.data);
    case dtype::i32:
      return detail::floats_from_integers<std::int32_t>(t.data);
    case dtype::u32:
      return detail::floats_from_integers<std::uint32_t>(t.data);
    case dtype::f32:
      return detail::floats_from<std::uint32_t>(t.data, [](std::uint32_t bits) { return bits; });
    case dtype::f64:
      return detail::floats_from<std::uint64_t>(t.data, [](std::uint64_t bits) {
        return detail::bits_of(detail::round_to_float(exact::from(std::bit_cast<double>(bits))));
      });
    case dtype::i64:
      return detail::floats_from_integers<std::int64_t>(t.data);
    case dtype::u64:
      return detail::floats_from_integers<std::uint64_t>(t.data);
    case dtype::c64:
    case dtype::unknown:
      break;
  }
  return failed(error_code::name, error::no_index, "C64 has two numbers an element; read data as pairs of F32");
}

/// try_to_float, but a failure is thrown.
inline std::vector<float> to_float(tensor const& t) { return try_to_float(t).value(); }

}  // namespace safetensors

}  // namespace lowp::inline LOWP_ABI
