// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <lowp/base/config.hpp>

namespace lowp::inline LOWP_ABI::safetensors {

/// What an element of a tensor in a safetensors file is.
///
/// Source   safetensors 0.7, enum Dtype: all its members, in its order. `unknown` is ours: a name of some later version.
enum class dtype : std::uint8_t {
  boolean,  ///< a byte, 0 or 1
  f4,       ///< e2m1fn, two a byte, the first in the low nibble
  f6_e2m3,  ///< e2m3fn, four in three bytes
  f6_e3m2,  ///< e3m2fn, four in three bytes
  u8,
  i8,
  f8_e5m2,      ///< e5m2
  f8_e4m3,      ///< e4m3fn
  f8_e8m0,      ///< e8m0fnu
  f8_e4m3fnuz,  ///< e4m3fnuz
  f8_e5m2fnuz,  ///< e5m2fnuz
  i16,
  u16,
  f16,   ///< float16
  bf16,  ///< bfloat16
  i32,
  u32,
  f32,
  c64,  ///< two F32: real part, imaginary part
  f64,
  i64,
  u64,
  unknown,
};

/// A dtype, its name as the file spells it, and the bits of one element.
struct dtype_facts {
  dtype type;
  std::string_view name;
  int bits;
};

inline constexpr dtype_facts known_dtypes[] = {
    {dtype::boolean, "BOOL", 8},
    {dtype::f4, "F4", 4},
    {dtype::f6_e2m3, "F6_E2M3", 6},
    {dtype::f6_e3m2, "F6_E3M2", 6},
    {dtype::u8, "U8", 8},
    {dtype::i8, "I8", 8},
    {dtype::f8_e5m2, "F8_E5M2", 8},
    {dtype::f8_e4m3, "F8_E4M3", 8},
    {dtype::f8_e8m0, "F8_E8M0", 8},
    {dtype::f8_e4m3fnuz, "F8_E4M3FNUZ", 8},
    {dtype::f8_e5m2fnuz, "F8_E5M2FNUZ", 8},
    {dtype::i16, "I16", 16},
    {dtype::u16, "U16", 16},
    {dtype::f16, "F16", 16},
    {dtype::bf16, "BF16", 16},
    {dtype::i32, "I32", 32},
    {dtype::u32, "U32", 32},
    {dtype::f32, "F32", 32},
    {dtype::c64, "C64", 64},
    {dtype::f64, "F64", 64},
    {dtype::i64, "I64", 64},
    {dtype::u64, "U64", 64},
};

/// Bits of one element; 0 for dtype::unknown.
constexpr int bits_of(dtype type) noexcept {
  for (dtype_facts const& row : known_dtypes) {
    if (row.type == type) {
      return row.bits;
    }
  }
  return 0;
}

/// The name as the file spells it; "?" for dtype::unknown.
constexpr std::string_view name_of(dtype type) noexcept {
  for (dtype_facts const& row : known_dtypes) {
    if (row.type == type) {
      return row.name;
    }
  }
  return "?";
}

/// The dtype with that name (upper case, as the file spells it), or dtype::unknown.
constexpr dtype dtype_named(std::string_view name) noexcept {
  for (dtype_facts const& row : known_dtypes) {
    if (row.name == name) {
      return row.type;
    }
  }
  return dtype::unknown;
}

}  // namespace lowp::inline LOWP_ABI::safetensors
